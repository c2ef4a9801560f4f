// Receiving. Fetches messages in batches and delivers each to the program. During a pause, fetched messages wait here and
// no more are fetched from libzmq.

import { clearInterval, setImmediate, setInterval } from "../runtime/timers.js";
import { Delivery } from "./delivery.js";
import type { AnySocket, Turn } from "./types.js";

/** The interval of a timer that only keeps the process alive: the longest possible. */
const seldom = 2 ** 31 - 1;

const paused = Symbol("paused");

export interface InboxEvents {
  /** Delivers a message. */
  message(frames: Buffer[]): void;
  /** Messages have been fetched. A socket that alternates may now send. */
  arrived(): void;
  /** Receiving has failed and ended. */
  failed(error: Error): void;
}

export class Inbox {
  readonly #socket: AnySocket;
  readonly #events: InboxEvents;
  readonly #delivery: Delivery<Buffer[]>;
  /** Keeps the process alive while the socket is open, also when it is paused or has to send first. */
  readonly #alive = setInterval(() => this, seldom);
  readonly #takesTurns: boolean;
  #isTurn: boolean;
  #fetching = false;
  #closed = false;
  /** Aborted by `pause`, then undefined until `resume`. */
  #running: AbortController | undefined = new AbortController();

  /** `first`: the first operation of a socket that alternates between send and receive. */
  constructor(socket: AnySocket, first: Turn | undefined, events: InboxEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#takesTurns = first !== undefined;
    this.#isTurn = first !== "send";
    // As in zeromq 5, a message never arrives before a setImmediate that the program queued when it sent the request.
    this.#delivery = new Delivery(events.message, setImmediate, () => this.fetch());
    this.fetch();
  }

  /** Whether there are fetched messages, which libzmq no longer counts. */
  get holdsMessages(): boolean {
    return !this.#delivery.empty;
  }

  /** Fetches the next batch, unless a fetch is pending, messages are waiting, or the socket has to send first. */
  fetch(): void {
    if (this.#fetching || this.#closed || this.#running === undefined) return;
    if (!this.#isTurn || !this.#delivery.empty) return;
    let batch: Promise<Buffer[][]>;
    try {
      // No timeout: `ZMQ_RCVTIMEO` is meant for programs that wait for a message.
      batch = this.#socket.receiveMany({ timeout: -1, signal: this.#running.signal });
    } catch {
      // A bind is pending. `fetch` is called again when it has ended.
      return;
    }
    this.#fetching = true;
    batch.then(this.#arrived, this.#failed);
  }

  /** Called after the socket has sent a message. */
  sent(): void {
    if (!this.#takesTurns) return;
    this.#isTurn = true;
    this.fetch();
  }

  pause(): void {
    this.#delivery.hold();
    this.#running?.abort(paused);
    this.#running = undefined;
  }

  resume(): void {
    if (this.#running !== undefined || this.#closed) return;
    this.#running = new AbortController();
    this.#delivery.release();
    this.fetch();
  }

  /** Sets whether the open socket keeps the process alive. */
  set referenced(on: boolean) {
    if (on) this.#alive.ref();
    else this.#alive.unref();
  }

  close(): void {
    this.#closed = true;
    this.#delivery.hold();
    this.#delivery.clear();
    clearInterval(this.#alive);
  }

  readonly #arrived = (messages: Buffer[][]): void => {
    this.#fetching = false;
    if (this.#closed) return;
    this.#delivery.addAll(messages);
    if (!this.#takesTurns) return;
    this.#isTurn = false;
    // After the delivery: the listener of a reply is called before the callback of the next request.
    setImmediate(() => this.#events.arrived());
  };

  readonly #failed = (reason: unknown): void => {
    this.#fetching = false;
    if (this.#closed) return;
    // The pause has ended already.
    if (reason === paused) this.fetch();
    else this.#events.failed(reason as Error);
  };
}
