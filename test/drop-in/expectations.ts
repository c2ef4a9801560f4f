// Assertions of the suite about errors and warnings, and pairs of sockets.

import { constants } from "node:os";
import { expect } from "vitest";
import { freshEndpoint, type Transport } from "../helpers/transports.js";
import { type SocketName, zmq } from "./subject.js";

/** The texts of errors by code: those of zeromq, libzmq and the platform. */
const texts: Record<string, string> = {
  EAGAIN: "Operation was not possible or timed out",
  EBADF: "Socket is closed",
  EBUSY: "Socket is busy",
  EMFILE: "Too many open file descriptors",
  ENOENT: "No such endpoint",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  EFSM: "Operation cannot be accomplished in current state",
  EHOSTUNREACH: "Host unreachable",
  EINVAL: "Invalid argument",
  EMTHREAD: "No thread available",
  ENAMETOOLONG: "File name too long",
  ENOCOMPATPROTO: "The protocol is not compatible with the socket type",
  ENODEV: "No such device",
  ENOTSOCK: "Socket operation on non-socket",
  ENOTSUP: "Operation not supported",
  EPROTONOSUPPORT: "Protocol not supported",
};
const numbers: Record<string, number> = {
  ...constants.errno,
  EFSM: 156384763,
  ENOCOMPATPROTO: 156384764,
  EMTHREAD: 156384766,
};

export const reading = "Socket is busy reading; only one receive operation may be in progress at any time";
export const writing = "Socket is busy writing; only one send operation may be in progress at any time";
export const blocked = "Socket is blocked by a bind or unbind operation";

/** Passes for a plain error with exactly this code, its text and number, and an address only if one is given. */
export function expectFailure(
  error: unknown,
  code: string,
  { message = texts[code], begins = false, address }: Details = {},
): void {
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(TypeError);
  expect({ message: (error as Error).message, ...(error as object) }).toEqual({
    message: begins ? expect.stringMatching(new RegExp(`^${message}`)) : message,
    errno: numbers[code],
    code,
    ...(address !== undefined && { address }),
  });
}

/** Returns the error that a call throws synchronously. */
export function thrown(call: () => unknown): unknown {
  try {
    const result = call();
    // If the call returns a promise instead, its rejection does not matter here.
    if (result instanceof Promise) result.catch(() => {});
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** Returns the reason with which a call's promise rejects. The call itself must not throw. */
export async function rejected(call: () => unknown): Promise<unknown> {
  let promise: unknown;
  try {
    promise = call();
  } catch (error) {
    throw new Error("thrown instead of rejected", { cause: error });
  }
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("nothing was rejected");
}

interface Details {
  /** The error's own text, where it differs from the usual text of its code. */
  message?: string;
  /** The actual text may be longer. */
  begins?: boolean;
  address?: string;
}

/** Passes when a call throws this failure synchronously. */
export function expectThrown(call: () => unknown, code: string, details?: Details): void {
  expectFailure(thrown(call), code, details);
}

/** Passes when a call's promise rejects with this failure. */
export async function expectRejected(call: () => unknown, code: string, details?: Details): Promise<void> {
  expectFailure(await rejected(call), code, details);
}

/** Passes when a call throws a TypeError with exactly this text. */
export function expectTypeError(call: () => unknown, message: string): void {
  const error = thrown(call) as Error;
  expect([error.constructor, error.message]).toEqual([TypeError, message]);
}

/** Whether a promise has settled by the end of this turn of the event loop and a few more. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  await turns(5);
  return !settled;
}

/** Runs one turn of the event loop. */
export async function turns(count = 1): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** Returns the texts of the warnings that the process emits while `use` runs. */
export async function warningsOf(use: () => unknown): Promise<string[]> {
  const warnings: string[] = [];
  const listen = (warning: Error) => warnings.push(`${warning.name}: ${warning.message}`);
  process.on("warning", listen);
  try {
    await use();
    await turns(2);
  } finally {
    process.off("warning", listen);
  }
  return warnings;
}

/** Two sockets, the first one bound, the second one connected to it. Both are closed when the pair is disposed. */
export async function joined<A extends SocketName, B extends SocketName>(
  [bound, boundOptions]: [A, object?],
  [connected, connectedOptions]: [B, object?],
  transport: Transport = "inproc",
) {
  const first = new zmq[bound]({ linger: 0, ...boundOptions }) as InstanceType<(typeof zmq)[A]>;
  const second = new zmq[connected]({ linger: 0, ...connectedOptions }) as InstanceType<(typeof zmq)[B]>;
  await first.bind(freshEndpoint(transport));
  second.connect(first.lastEndpoint as string);
  return Object.assign([first, second] as const, {
    [Symbol.dispose]() {
      second.close();
      first.close();
    },
  });
}
