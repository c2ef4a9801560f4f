// Sending. Messages that libzmq cannot queue now are copied into an unlimited queue, so that the program may change its
// Buffers.

import { constants } from "node:os";
import type { WireFrame, WireMessage } from "../binding/index.js";
import { type MessageLike, ZmqError } from "../index.js";
import { snapshot, toWire } from "../message/frames.js";
import { soon } from "./callback-budget.js";
import { Delivery } from "./delivery.js";
import type { AnySocket } from "./types.js";

/** A message: one frame, or an array of frames. */
export type Payload = MessageLike | readonly MessageLike[];

/** Called when libzmq has queued the message, or with an error if it never will. */
export type SendCallback = (error?: Error) => void;

/** @internal */
export interface OutboxEvents {
  /** libzmq has queued a message. */
  sent(): void;
  /** A message without a callback could not be sent. */
  failed(error: Error): void;
}

/** A queued message. */
interface Entry {
  readonly message: WireMessage;
  readonly callbacks: readonly SendCallback[];
}

interface Outcome {
  readonly callback: SendCallback | undefined;
  readonly error: Error | undefined;
}

/** The most messages that are sent in one call. */
const mostAtOnce = 512;

const noCallbacks: readonly SendCallback[] = [];

const { EAGAIN, EBADF, ECANCELED, ENOTSUP } = constants.errno;

/** Whether the error is temporary: a bind is pending, or the socket has to receive first. */
function passes(error: unknown): boolean {
  return error instanceof ZmqError && (error.code === "EBUSY" || error.code === "EFSM");
}

/** A message that later calls complete. Copied, since the last call may come much later. */
interface Parts {
  readonly frames: WireFrame[];
  readonly callbacks: SendCallback[];
  /** The error of a part, because of which the whole message cannot be sent. */
  failure: Error | undefined;
}

/** Converts a payload once, which may run user code. zeromq 5 sends `undefined` as text. */
const read = (payload: unknown): WireMessage => toWire(payload === undefined ? "undefined" : payload);

/** @internal */
export class Outbox {
  readonly #socket: AnySocket;
  readonly #sends: boolean;
  readonly #events: OutboxEvents;
  readonly #outcomes: Delivery<Outcome>;
  /** The frames so far of a message that the next call continues. */
  #parts: Parts | undefined;
  /** The entries from index `#head` on have not been sent. */
  #queue: Entry[] = [];
  #head = 0;
  #pumping = false;
  /** `flush` was called since the last attempt: the socket may be able to send now. */
  #changed = false;
  #closed = false;
  /** Aborted by `pause`, then undefined until `resume`. */
  #running: AbortController | undefined = new AbortController();

  constructor(socket: AnySocket, sends: boolean, events: OutboxEvents) {
    this.#socket = socket;
    this.#sends = sends;
    this.#events = events;
    this.#outcomes = new Delivery(({ callback, error }) => {
      if (callback === undefined) events.failed(error as Error);
      else if (error === undefined) callback();
      else callback(error);
    }, soon);
  }

  /** Sends a message. With `more`, the next call continues it. */
  send(payload: Payload, more: boolean, callback: SendCallback | undefined): void {
    let message: WireMessage | undefined;
    let failure: Error | undefined;
    try {
      message = read(payload);
    } catch (error) {
      failure = error as Error;
    }
    let callbacks = callback === undefined ? noCallbacks : [callback];
    if (more || this.#parts !== undefined) {
      this.#parts ??= { frames: [], callbacks: [], failure: undefined };
      const parts = this.#parts;
      if (message !== undefined) parts.frames.push(...([snapshot(message)].flat() as WireFrame[]));
      parts.failure ??= failure;
      parts.callbacks.push(...callbacks);
      if (more) return;
      ({ frames: message, callbacks, failure } = parts);
      this.#parts = undefined;
    }
    try {
      if (message === undefined || failure !== undefined) throw failure;
      this.#hand(message, callbacks);
    } catch (error) {
      this.#settle(callbacks, error as Error);
    }
  }

  /** Sends queued messages: now as far as possible, the rest later. */
  flush(): void {
    this.#changed = true;
    if (!this.#pumping && this.#waiting > 0) void this.#pump();
  }

  pause(): void {
    // `sendMany` sets `sent` on errors of this class.
    this.#running?.abort(new ZmqError(ECANCELED));
    this.#running = undefined;
  }

  resume(): void {
    if (this.#running !== undefined || this.#closed) return;
    this.#running = new AbortController();
    this.flush();
  }

  /** Gives up the queued messages, after a last attempt that the closing socket makes. */
  close(): void {
    this.#closed = true;
    this.#settle(this.#parts?.callbacks ?? noCallbacks, new ZmqError(EAGAIN));
    this.#parts = undefined;
    if (!this.#pumping) this.#abandon();
  }

  get #waiting(): number {
    return this.#queue.length - this.#head;
  }

  #hand(message: WireMessage, callbacks: readonly SendCallback[]): void {
    if (this.#closed) throw new ZmqError(EBADF);
    if (!this.#sends) throw new ZmqError(ENOTSUP, "Cannot send on this socket type.");
    // A message without frames is not sent, so it need not wait: `sendMany` would refuse the batch.
    const isEmpty = Array.isArray(message) && message.length === 0;
    if (isEmpty || (this.#running !== undefined && this.#waiting === 0 && this.#tryNow(message))) {
      this.#sent(callbacks);
      return;
    }
    this.#queue.push({ message: snapshot(message), callbacks });
    if (this.#waiting === 1) this.flush();
  }

  #tryNow(message: WireMessage): boolean {
    try {
      return this.#socket.trySend(message);
    } catch (error) {
      if (passes(error)) return false;
      throw error;
    }
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#waiting > 0 && this.#running !== undefined && !this.#closed) {
      this.#changed = false;
      const { signal } = this.#running;
      const batch = this.#nextBatch();
      let sent = batch.length;
      let failure: unknown;
      try {
        await this.#socket.sendMany(
          batch.map(({ message }) => message),
          { signal },
        );
      } catch (error) {
        failure = error;
        sent = error instanceof ZmqError ? (error.sent ?? 0) : 0;
      }
      for (const { callbacks } of this.#take(sent)) this.#sent(callbacks);
      if (passes(failure)) {
        // The end of the bind, or a message that lets the socket send again, calls `flush`.
        if (!this.#changed) break;
      } else if (failure !== undefined && failure !== signal.reason && !this.#closed) {
        for (const { callbacks } of this.#take(1)) this.#settle(callbacks, failure as Error);
      }
    }
    this.#pumping = false;
    if (this.#closed) this.#abandon();
  }

  /** The next messages for one call. Ends with the first that has a callback, so that the callback is not delayed. */
  #nextBatch(): Entry[] {
    const batch = this.#queue.slice(this.#head, this.#head + mostAtOnce);
    const end = batch.findIndex(({ callbacks }) => callbacks.length > 0);
    return end < 0 ? batch : batch.slice(0, end + 1);
  }

  #take(count: number): Entry[] {
    const entries = this.#queue.slice(this.#head, this.#head + count);
    this.#head += count;
    if (this.#head * 2 >= this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    return entries;
  }

  #sent(callbacks: readonly SendCallback[]): void {
    for (const callback of callbacks) this.#outcomes.add({ callback, error: undefined });
    this.#events.sent();
  }

  /** Reports an error to the callbacks, or emits `error` if there are none and the socket is open. */
  #settle(callbacks: readonly SendCallback[], error: Error): void {
    for (const callback of callbacks) this.#outcomes.add({ callback, error });
    if (callbacks.length === 0 && !this.#closed) this.#outcomes.add({ callback: undefined, error });
  }

  #abandon(): void {
    for (const { callbacks } of this.#take(this.#waiting)) this.#settle(callbacks, new ZmqError(EAGAIN));
  }
}
