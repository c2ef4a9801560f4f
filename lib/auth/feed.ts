// Events for loops and listeners. Each loop has a queue of its own with a limit, since peers cause the events.

import { EventEmitter } from "node:events";
import { nextTick } from "../runtime/timers.js";
import type { AuthenticatorEvents, Decision } from "./types.js";

/** Decisions kept for a loop at most. When it does not read, the oldest are dropped. */
const mostKept = 10_000;

const finished = Object.freeze({ done: true }) as IteratorReturnResult<undefined>;

type Settle = (result: IteratorResult<Decision, undefined>) => void;

class Loop implements AsyncIterableIterator<Decision, undefined> {
  readonly #unread: Decision[] = [];
  readonly #readers: Settle[] = [];
  readonly #ended: (loop: Loop) => void;
  #over = false;

  constructor(ended: (loop: Loop) => void) {
    this.#ended = ended;
  }

  push(decision: Decision): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) reader({ value: decision, done: false });
    else if (this.#unread.push(decision) > mostKept) this.#unread.shift();
  }

  /** Decisions that were not read are still delivered. */
  end(): void {
    this.#over = true;
    for (const reader of this.#readers.splice(0)) reader(finished);
  }

  next(): Promise<IteratorResult<Decision, undefined>> {
    const value = this.#unread.shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#over) return Promise.resolve(finished);
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#unread.length = 0;
    this.end();
    this.#ended(this);
    return Promise.resolve(finished);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

export class Feed {
  readonly emitter = new EventEmitter();
  readonly #loops = new Set<Loop>();
  #over = false;

  loop(): Loop {
    const loop = new Loop((ended) => this.#loops.delete(ended));
    if (this.#over) loop.end();
    else this.#loops.add(loop);
    return loop;
  }

  decided(decision: Decision): void {
    for (const loop of this.#loops) loop.push(decision);
    this.emit("decision", decision);
  }

  /** Calls the listeners. An exception of one is uncaught, and does not reach the handler of requests. */
  emit<E extends keyof AuthenticatorEvents>(type: E, event: AuthenticatorEvents[E]): void {
    try {
      this.emitter.emit(type, event);
    } catch (error) {
      nextTick(() => {
        throw error;
      });
    }
  }

  end(): void {
    this.#over = true;
    for (const loop of this.#loops) loop.end();
    this.#loops.clear();
  }
}
