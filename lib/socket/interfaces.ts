// What sockets that send can do, and what those that receive can: types only. How it is done is in sender.ts and
// receiver.ts.

import type { OperationOptions } from "../arguments/operation-options.js";
import type { Message, MessageLike } from "../message/frames.js";
import type { Values } from "../options/kinds.js";
import type { receiveOptions, sendOptions } from "../options/table.js";
import type { BatchOptions, MetadataOptions, Received, SocketIterator } from "./receiver.js";

/** Sockets that send, as the package that this one stands in for knows them. `M`: what they send, `O`: what else must be said. */
export interface Writable<
  M extends MessageLike | MessageLike[] = MessageLike | MessageLike[],
  O extends object[] = [],
> extends Values<typeof sendOptions> {
  /**
   * Sends a message, an array being one of several frames: all of it or nothing. When libzmq takes it, which is when
   * the promise resolves, it is queued, not delivered. At most one send may wait at a time.
   *
   * On a Request or Reply whose turn it is to receive, waits until the program has received.
   *
   * @throws ZmqError rejects with `EAGAIN` after `sendTimeout`, or when the socket closes before there was room; with
   * `EFSM` if it was not this socket's turn until then; with `EHOSTUNREACH` when no such peer is there.
   * @throws ZmqError at once: `EBUSY` while another send waits, `EBADF` when the socket is closed. `zmq_msg_send`
   * @throws TypeError at once, for a message that cannot be sent or wrong options.
   */
  send(message: M, ...options: O): Promise<void>;
}

/** What the library's own sockets that send can do besides. */
export interface WritableSocket<
  M extends MessageLike | MessageLike[] = MessageLike | MessageLike[],
  O extends object[] = [],
> extends Writable<M, O> {
  /** As {@link Writable.send}, with a time-out or a signal of its own, which come last. */
  send(message: M, ...options: O | [...O, OperationOptions]): Promise<void>;
  /**
   * Sends a message if that is possible without waiting; false: nothing of it was sent. Throws as `send` rejects with
   * `timeout: 0`: `EFSM` on a Request or Reply whose turn it is to receive.
   */
  trySend(message: M, ...options: O): boolean;
  /**
   * Sends messages in order, waiting as needed: the fast way to send many. Reads all messages before it sends the
   * first. No other send may begin until the promise settles, and the bytes of the messages must not change until then.
   * Where `send` needs options, each message is `[message, options]`.
   *
   * A rejection tells by `sent` how many of the messages libzmq has taken. After an abort, the rejection is the signal's
   * reason itself, and `sendMany` sets `sent` on it. If the reason is not an object, or is frozen, it stays as it is. If
   * one reason aborts several calls, `sent` is undefined: give each call a signal of its own to tell their counts.
   *
   * @throws TypeError at once, for a message that cannot be sent or wrong options; nothing is sent then.
   * @throws ZmqError as `send`; but on a Request or Reply whose turn it is to receive, rejects with `EFSM` without
   * waiting, since each further message would need a receive before it.
   */
  sendMany(messages: Iterable<O extends [] ? M : [M, ...O]>, options?: OperationOptions): Promise<void>;
}

/** Sockets that receive, as the package that this one stands in for knows them. `M`: the frames of a message. */
export interface Readable<M extends object[] = Message[]> extends Values<typeof receiveOptions> {
  /**
   * Receives a message: one Buffer for each of its frames. Small frames share memory (32 KiB at most are kept alive
   * by one of them); copy what is to be kept long. At most one receive may wait at a time.
   *
   * On a Request or Reply whose turn it is to send, waits until the program has sent, then for the message.
   *
   * @throws ZmqError rejects with `EAGAIN` after `receiveTimeout`, or when the socket closes; with `EFSM` if it was not
   * this socket's turn until then.
   * @throws ZmqError at once: `EBUSY` while another receive waits, `EBADF` when the socket is closed. `zmq_msg_recv`
   */
  receive(): Promise<M>;
  /**
   * Loops over messages, one at a time; ends when the socket is closed. Breaking out leaves the socket open, and what
   * the loop fetched ahead (32 messages, or a 16th of the high-water mark if that is less) goes to the next receive.
   */
  [Symbol.asyncIterator](): AsyncIterator<M, undefined>;
}

/** What the library's own sockets that receive can do besides. */
export interface ReadableSocket<M extends object[] = Message[]> extends Readable<M> {
  /** As {@link Readable.receive}, with a time-out or a signal of its own. */
  receive(options?: OperationOptions): Promise<M>;
  /** Receives a message if one is there; undefined if none is. Throws `EFSM` on a Request or Reply whose turn it is to send. */
  tryReceive(): M | undefined;
  /** Waits for a message, then receives all that are there, up to `max`. */
  receiveMany(options?: BatchOptions): Promise<M[]>;
  /**
   * As `receive`, with what libzmq knows of the message besides: its sender's address, for instance. What a loop had
   * fetched ahead comes first, without that. `zmq_msg_gets`
   */
  receiveWithMetadata(options?: MetadataOptions): Promise<Received<M>>;
  /** Loops over messages with their metadata, as `receiveWithMetadata` gets them. */
  messagesWithMetadata(options?: MetadataOptions): SocketIterator<Received<M>>;
  /** Loops over batches: the fast way to receive many. Ends when the socket is closed. */
  batches(options?: BatchOptions): SocketIterator<M[]>;
  /** As {@link Readable}'s, and itself iterable. */
  [Symbol.asyncIterator](): SocketIterator<M>;
}
