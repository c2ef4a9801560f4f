// Finds the cores of public socket objects. A program may pass any object where a socket is expected.

import { illegalInvocation } from "../arguments/checks.js";
import type { Core } from "./open-socket.js";

/** Reads the core of a socket. Undefined for any other object, such as a prototype. */
type Reader = (socket: object) => Core | undefined;

let read: Reader = () => undefined;

/**
 * Sets the reader. `Socket` calls this once: the core is in its private field. A WeakMap in this module would keep each
 * closed socket until the next full garbage collection, because cores refer to their sockets.
 */
export function readCoresBy(reader: Reader): void {
  read = reader;
}

/** Returns the core of a socket. Undefined for any other object, such as a prototype. */
export const findCore: Reader = (socket) => read(socket);

/** Returns the core of a socket. Throws a `TypeError` for any other object. */
export function coreOf(socket: object): Core {
  const core = read(socket);
  if (core === undefined) throw illegalInvocation();
  return core;
}
