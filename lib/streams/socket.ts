// Checks the socket of a stream.

import { isObject, shown } from "../arguments/checks.js";
import { receiveOnly, sendOnly, typeName } from "../core/identity.js";

/** The types of sockets that lack a method, and what it is for. */
const needs = {
  receiveMany: { never: sendOnly, verb: "receive" },
  sendMany: { never: receiveOnly, verb: "send" },
};

/**
 * Throws a `TypeError` unless the value has the method and its type can do that. Not a check of the class, so that a program
 * can pass sockets of another copy of the library, and doubles in its tests.
 */
export function expectSocket(socket: unknown, method: "receiveMany" | "sendMany"): void {
  if (!isObject(socket) || typeof Reflect.get(socket, method) !== "function") {
    throw new TypeError(`socket must be a socket of zmq-native, got ${shown(socket)}`);
  }
  const { never, verb } = needs[method];
  const name = nameOf(socket);
  if (never.includes(name)) throw new TypeError(`socket must be able to ${verb}, got a ${name} socket`);
}

/** Empty for a closed socket, whose first operation fails, and for a double without a type. */
function nameOf(socket: object): string {
  try {
    const type = Reflect.get(socket, "type");
    return typeof type === "number" ? typeName(type) : "";
  } catch {
    return "";
  }
}
