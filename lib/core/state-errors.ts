// Errors about the state of a socket: another operation is pending, it is not this socket's turn, or nothing happened
// in time. Programs written for zeromq compare the messages, so the remedy is in `detail`.

import { errnos, ZMQ_REP } from "../binding/constants.js";
import { errorOf, ZmqError } from "../binding/errors.js";
import type { Core } from "./open-socket.js";
import type { Direction } from "./readiness.js";

/** @internal The result of native code if a Request or Reply must first do the opposite of send and receive. */
export const notItsTurn = -errnos.EFSM!;

const remedies = {
  request: {
    sending:
      "the last request has no reply yet: receive() the reply first, or set `relaxed: true` (best with `correlate: true`) to send again without it",
    receiving: "no request is pending: call send() first",
  },
  reply: {
    sending: "there is no request to answer: call receive() first",
    receiving: "the last request has no reply yet: call send() first",
  },
};

/** @internal The error for a negative result of native code. */
export function failureOf({ type }: Core, direction: "sending" | "receiving", result: number): ZmqError {
  const error = new ZmqError(-result);
  if (result !== notItsTurn) return error;
  return error.explain(
    type === ZMQ_REP
      ? `this Reply: ${remedies.reply[direction]}`
      : `this Request: ${remedies.request[direction]}`,
  );
}

/** @internal Whether an attempt failed because it is not this socket's turn. */
export const isOutOfTurn = (error: unknown): error is ZmqError =>
  error instanceof ZmqError && error.errno === errnos.EFSM;

const pending = (call: string) =>
  `${call} is pending: await it first, or end it with its { timeout } or { signal }`;

/** @internal */
export function busyReading({ receiving }: Core): ZmqError {
  return errorOf(
    "EBUSY",
    "Socket is busy reading; only one receive operation may be in progress at any time",
  ).explain(pending(receiving?.call ?? "receive()"));
}

/** @internal */
export function busyWriting({ sending, sendingMany }: Core): ZmqError {
  return errorOf(
    "EBUSY",
    "Socket is busy writing; only one send operation may be in progress at any time",
  ).explain(pending(sendingMany ? "sendMany()" : (sending?.call ?? "send()")));
}

/** The `detail` of a timeout, by direction or by call. */
const missing = {
  sending: "every queue is full, or no peer is connected",
  receiving: "no message arrived",
  "flush()": "not all messages have been handed to the network",
  "waitForSubscribers()": "fewer subscribers are connected",
  "waitForPeers()": "fewer peers are connected",
};
const missingFor = (call: string, direction: Direction): string =>
  missing[(call in missing ? call : direction) as keyof typeof missing];

/** @internal An operation that ends without a result. */
export interface Unfinished {
  /** The name of the method, such as `receive()`. */
  readonly call: string;
  readonly direction: Direction;
  /** In milliseconds. */
  readonly timeout: number;
  /** Set if the last attempt failed because the socket must first do the opposite of send and receive. */
  readonly outOfTurn: ZmqError | undefined;
}

/**
 * @internal The error of an operation after its timeout or the closing of the socket. For a timeout it names the call and
 * the time, since its stack shows only timers.
 */
export function unfinishedError(
  { distinctErrors }: Core,
  code: "ETIMEDOUT" | "ECANCELED",
  { call, direction, timeout, outOfTurn }: Unfinished,
): ZmqError {
  if (outOfTurn !== undefined && !distinctErrors) return outOfTurn;
  const error = errorOf(distinctErrors ? code : "EAGAIN");
  if (outOfTurn?.detail !== undefined) return error.explain(outOfTurn.detail);
  if (code === "ECANCELED") return error.explain(`${call} ended because the socket was closed`);
  return error.explain(`${call} timed out after ${timeout} ms: ${missingFor(call, direction)}`);
}
