// Events for loops and listeners. Each loop has a queue of its own with a limit, since peers cause the events.

import { EventEmitter } from "node:events";
import { LoopQueue } from "../core/loop-queue.js";
import { throwLater } from "../runtime/uncaught.js";
import type { AuthenticatorEvents, Decision } from "./types.js";

/** Decisions kept for a loop at most. When it does not read, the oldest are dropped. */
const mostKept = 10_000;

export class Feed {
  readonly emitter = new EventEmitter();
  readonly #loops = new Set<LoopQueue<Decision>>();
  #over = false;

  loop(): LoopQueue<Decision> {
    const loop = new LoopQueue<Decision>(mostKept, (changed) => {
      if (changed.over) this.#loops.delete(changed);
    });
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
      throwLater(error);
    }
  }

  end(): void {
    this.#over = true;
    for (const loop of this.#loops) loop.end();
  }
}
