// Timers for a library that is loaded while a test runner has replaced those of node:timers. Node keeps the real ones to
// itself; the methods of the `scheduler` of node:timers/promises still use them. An error that a callback throws becomes
// an unhandled rejection, which Node handles as an uncaught exception by default.

import type * as timers from "node:timers";

type Timers = Pick<
  typeof timers,
  "clearInterval" | "clearTimeout" | "setImmediate" | "setInterval" | "setTimeout"
>;
interface Scheduler {
  wait(delay: number, options: { ref: boolean; signal: AbortSignal }): Promise<void>;
  yield(): Promise<void>;
}

/** A timer, with what the library uses of Node's. */
class StandIn {
  readonly #cleared = new AbortController();
  #keepsAlive = true;

  constructor(scheduler: Scheduler, callback: () => void, delay: number, repeats: boolean) {
    this.#run(scheduler, callback, delay, repeats);
  }

  async #run(scheduler: Scheduler, callback: () => void, delay: number, repeats: boolean): Promise<void> {
    // The caller may unref the timer first: Node's promise of a timer takes `ref` at its start only.
    await undefined;
    const { signal } = this.#cleared;
    do {
      await scheduler.wait(delay, { ref: this.#keepsAlive, signal }).catch(() => {});
      if (signal.aborted) return;
      callback();
    } while (repeats);
  }

  unref(): this {
    this.#keepsAlive = false;
    return this;
  }

  clear(): void {
    this.#cleared.abort();
  }
}

export function standIns(): Timers {
  const module = process.getBuiltinModule("node:timers/promises");
  // Of the prototype: node:test replaces `wait` of the object.
  const methods = Object.getPrototypeOf(module.scheduler) as Scheduler;
  const scheduler: Scheduler = {
    wait: methods.wait.bind(module.scheduler),
    yield: methods.yield.bind(module.scheduler),
  };
  const clear = (timer?: unknown): void => {
    if (timer instanceof StandIn) timer.clear();
  };
  const set =
    (repeats: boolean) =>
    (callback: () => void, delay = 1): StandIn =>
      new StandIn(scheduler, callback, delay, repeats);
  const setImmediate = (callback: () => void): { unref(): void } => {
    scheduler.yield().then(callback);
    return { unref() {} };
  };
  // The library calls them with a callback and a delay, and uses `unref` of what they return: not all that Node's type has.
  return {
    clearInterval: clear,
    clearTimeout: clear,
    setImmediate,
    setInterval: set(true),
    setTimeout: set(false),
  } as unknown as Timers;
}
