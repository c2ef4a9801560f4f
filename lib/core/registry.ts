// Maps public socket objects to their cores. A program may pass any object where a socket is expected.

import { illegalInvocation } from "../arguments/checks.js";
import type { Core } from "./open-socket.js";

const cores = new WeakMap<object, Core>();

/** Registers a socket. Its constructor calls this once. */
export function register(socket: object, core: Core): void {
  cores.set(socket, core);
}

/** Returns the core of a socket. Undefined for any other object, such as a prototype. */
export const findCore = (socket: object): Core | undefined => cores.get(socket);

/** Returns the core of a socket. Throws a `TypeError` for any other object. */
export function coreOf(socket: object): Core {
  const core = cores.get(socket);
  if (core === undefined) throw illegalInvocation();
  return core;
}
