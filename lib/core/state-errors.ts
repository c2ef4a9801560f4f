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

const missing: Record<Direction, string> = {
  sending: "every queue is full, or no peer is connected",
  receiving: "no message arrived",
  watching: "fewer subscribers are connected",
};

/** @internal Adds the call and the time to the error of a timeout, since its stack shows only timers. */
export function explainTimeout(
  error: ZmqError,
  call: string,
  direction: Direction,
  timeout: number,
): ZmqError {
  return error.explain(`${call} timed out after ${timeout} ms: ${missing[direction]}`);
}
