// Checks the socket of a stream.

import { isObject, shown } from "../arguments/checks.js";

/**
 * Throws a `TypeError` unless the value has the method. Not a check of the class, so that a program can pass sockets of
 * another copy of the library, and doubles in its tests.
 */
export function expectSocket(socket: unknown, method: "receiveMany" | "sendMany"): void {
  if (isObject(socket) && typeof Reflect.get(socket, method) === "function") return;
  throw new TypeError(`socket must be a socket of zmq-native, got ${shown(socket)}`);
}
