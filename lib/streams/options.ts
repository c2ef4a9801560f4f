// The options of all streams.

import { isObject, shown } from "../arguments/checks.js";
import { expectNoSignal, signalOf } from "../arguments/signal.js";
import type { MessageLike } from "../message/frames.js";

/** Options of a stream over a socket. */
export interface StreamOptions {
  /**
   * Whether each chunk is a message. With `false`, chunks are bytes: a readable stream yields the frames of each message
   * one after the other, without their boundaries, and a writable stream sends each chunk as a message of one frame.
   *
   * Default true.
   */
  objectMode?: boolean | undefined;
  /**
   * How much the stream buffers before it applies back-pressure: a number of messages, or of bytes without `objectMode`.
   * libzmq queues further messages, up to the high-water marks of the socket.
   *
   * Default: that of Node's streams: 16 messages, or 65536 bytes (16384 in Node 20). `stream.setDefaultHighWaterMark` sets it.
   *
   * @throws TypeError: the value is not a whole number from 0. A web stream accepts any number from 0, and throws a
   * `RangeError` otherwise.
   */
  highWaterMark?: number | undefined;
  /**
   * Destroys the stream when it is aborted. A stream of Node then fails with an `AbortError` whose `cause` is the reason
   * of the signal. A web stream fails with the reason. The socket stays open. Default: none.
   *
   * @throws TypeError: the value is not an `AbortSignal`.
   */
  signal?: AbortSignal | undefined;
  /**
   * A message that stands for the end of the data. A writable stream sends it after the last chunk. A readable stream
   * ends when it receives an equal message, and does not yield that message.
   *
   * Without `objectMode`, use `""`: the stream sends no empty chunks, so an empty message cannot be data. In
   * `objectMode`, choose a message that is never data: a writable stream fails if a chunk equals the end marker.
   *
   * Default: none. libzmq does not tell a receiver when the sender ends, so a readable stream then ends when its socket
   * is closed.
   *
   * @throws TypeError: the value cannot be sent.
   */
  endMarker?: MessageLike | MessageLike[] | undefined;
}

const names = ["objectMode", "highWaterMark", "signal", "endMarker"];

/** Throws a `TypeError` for an option that streams do not have. */
export function expectStreamOptions(options: unknown): void {
  if (!isObject(options)) throw new TypeError(`Options must be an object, got ${shown(options)}`);
  expectNoSignal(options);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`Streams have no option ${unknown}; their options are ${names.join(", ")}`);
  }
  signalOf((options as StreamOptions).signal);
}
