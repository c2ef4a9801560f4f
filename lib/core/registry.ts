// Which open socket stands behind a public object. Other parts of the library are given sockets by programs, which may
// pass anything else instead.

import type { Core } from "./open-socket.js";

const cores = new WeakMap<object, Core>();

/** To be called once, by the constructor of a socket. */
export function register(socket: object, core: Core): void {
  cores.set(socket, core);
}

/** The core of a socket; undefined for any other object, such as a prototype. */
export const findCore = (socket: object): Core | undefined => cores.get(socket);

/** As `findCore`. Throws a `TypeError` for what is no socket. */
export function coreOf(socket: object): Core {
  const core = cores.get(socket);
  if (core === undefined) throw new TypeError("Illegal invocation: not a socket");
  return core;
}
