// Receiving: fetches messages in batches as they come and hands each to the program, unless it is paused. What was
// fetched before a pause waits here, in order; meanwhile nothing more is taken from libzmq.

import { clearInterval, setImmediate, setInterval } from "../runtime/timers.js";
import { Delivery } from "./delivery.js";
import type { AnySocket, Turn } from "./types.js";

/** Milliseconds between wake-ups that do nothing: the longest that a timer can take. */
const seldom = 2 ** 31 - 1;

const paused = Symbol("paused");

export interface InboxEvents {
  /** A message is delivered, with others of its batch. */
  message(frames: Buffer[]): void;
  /** Messages are here that will be delivered; sockets that take turns may send. */
  arrived(): void;
  /** Receiving failed, and has ended. */
  failed(error: Error): void;
}

export class Inbox {
  readonly #socket: AnySocket;
  readonly #events: InboxEvents;
  readonly #delivery: Delivery<Buffer[]>;
  /** An open socket that receives keeps the process alive, also while it is paused or it is not its turn. */
  readonly #alive = setInterval(() => this, seldom);
  readonly #takesTurns: boolean;
  #isTurn: boolean;
  #fetching = false;
  #closed = false;
  /** Aborted by a pause, and then undefined until its end. */
  #running: AbortController | undefined = new AbortController();

  /** `first`: what the socket does first, if it sends and receives in turn. */
  constructor(socket: AnySocket, first: Turn | undefined, events: InboxEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#takesTurns = first !== undefined;
    this.#isTurn = first !== "send";
    // As version 5: a message never comes before a setImmediate that the program queued when it sent the request.
    this.#delivery = new Delivery(events.message, setImmediate, () => this.fetch());
    this.fetch();
  }

  /** Messages are here that libzmq no longer counts. */
  get holdsMessages(): boolean {
    return !this.#delivery.empty;
  }

  /** Fetches the next batch, unless that is under way, or it is not the time. */
  fetch(): void {
    if (this.#fetching || this.#closed || this.#running === undefined) return;
    if (!this.#isTurn || !this.#delivery.empty) return;
    let batch: Promise<Buffer[][]>;
    try {
      // Without a time-out: `ZMQ_RCVTIMEO` is for programs that wait for a message, and here nobody does.
      batch = this.#socket.receiveMany({ timeout: -1, signal: this.#running.signal });
    } catch {
      // A bind is under way: this is called again when it is done.
      return;
    }
    this.#fetching = true;
    batch.then(this.#arrived, this.#failed);
  }

  /** The socket has sent a message. */
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

  /** Whether the open socket keeps the process alive. */
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
    // After the messages: the listener of a reply is called before the callback of the next request.
    setImmediate(() => this.#events.arrived());
  };

  readonly #failed = (reason: unknown): void => {
    this.#fetching = false;
    if (this.#closed) return;
    // After a pause that has ended already, go on.
    if (reason === paused) this.fetch();
    else this.#events.failed(reason as Error);
  };
}
