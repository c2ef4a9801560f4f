// Sending: at once when libzmq takes the message; what it does not take waits in a queue without a limit, copied, so
// that what the program does to a Buffer meanwhile reaches nobody.

import { constants } from "node:os";
import type { WireFrame, WireMessage } from "../binding/index.js";
import { type MessageLike, ZmqError } from "../index.js";
import { snapshot, toWire } from "../message/frames.js";
import { Delivery } from "./delivery.js";
import { soon } from "./turn.js";
import type { AnySocket } from "./types.js";

/** What `send` takes: a frame, or a list of frames. */
export type Payload = MessageLike | readonly MessageLike[];

/** Called when libzmq has the message, or with the reason why it never will. */
export type SendCallback = (error?: Error) => void;

/** @internal */
export interface OutboxEvents {
  /** A message is in libzmq. */
  sent(): void;
  /** A message was not sent, and nobody waits to be called back. */
  failed(error: Error): void;
}

/** A message that waits. */
interface Entry {
  readonly message: WireMessage;
  readonly callbacks: readonly SendCallback[];
}

interface Outcome {
  readonly callback: SendCallback | undefined;
  readonly error: Error | undefined;
}

/** Messages handed over in one call at most. */
const mostAtOnce = 512;

const noCallbacks: readonly SendCallback[] = [];

const { EAGAIN, EBADF, ECANCELED, ENOTSUP } = constants.errno;

/** A bind is under way, or it is not this socket's turn to send: in the end the message can be sent. */
function passes(error: unknown): boolean {
  return error instanceof ZmqError && (error.code === "EBUSY" || error.code === "EFSM");
}

/** A message that further calls go on with; copied, since it may be long until the last of them. */
interface Parts {
  readonly frames: WireFrame[];
  readonly callbacks: SendCallback[];
  /** Why a part of it cannot be sent, and so the whole. */
  failure: Error | undefined;
}

/** Reads what is to be sent, once; its getters and conversions run here. Version 5 sends the word for `undefined`. */
const read = (payload: unknown): WireMessage => toWire(payload === undefined ? "undefined" : payload);

/** @internal */
export class Outbox {
  readonly #socket: AnySocket;
  readonly #sends: boolean;
  readonly #events: OutboxEvents;
  readonly #outcomes: Delivery<Outcome>;
  /** Frames of the message that the next call goes on with. */
  #parts: Parts | undefined;
  /** Those from `#head` on wait. */
  #queue: Entry[] = [];
  #head = 0;
  #pumping = false;
  /** Something has changed since the pump last tried. */
  #changed = false;
  #closed = false;
  /** Aborted by a pause, and then undefined until its end. */
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

  /** `more`: the message goes on with the next call. */
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

  /** Sends what waits, as far as that is possible now, and the rest when it is. */
  flush(): void {
    this.#changed = true;
    if (!this.#pumping && this.#waiting > 0) void this.#pump();
  }

  pause(): void {
    // An error of this class is told how many messages went before it.
    this.#running?.abort(new ZmqError(ECANCELED));
    this.#running = undefined;
  }

  resume(): void {
    if (this.#running !== undefined || this.#closed) return;
    this.#running = new AbortController();
    this.flush();
  }

  /** What waits is given up, but for a last attempt that the closing socket makes. */
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
    if (this.#running !== undefined && this.#waiting === 0 && this.#tryNow(message)) {
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
        // Whoever ends the bind or the turn flushes.
        if (!this.#changed) break;
      } else if (failure !== undefined && failure !== signal.reason && !this.#closed) {
        for (const { callbacks } of this.#take(1)) this.#settle(callbacks, failure as Error);
      }
    }
    this.#pumping = false;
    if (this.#closed) this.#abandon();
  }

  /** What can be sent in one go without keeping anybody waiting who wants to know that his message was sent. */
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

  /** Without a callback it is an event; but not once the socket is closed, when nothing could be done about it. */
  #settle(callbacks: readonly SendCallback[], error: Error): void {
    for (const callback of callbacks) this.#outcomes.add({ callback, error });
    if (callbacks.length === 0 && !this.#closed) this.#outcomes.add({ callback: undefined, error });
  }

  #abandon(): void {
    for (const { callbacks } of this.#take(this.#waiting)) this.#settle(callbacks, new ZmqError(EAGAIN));
  }
}
