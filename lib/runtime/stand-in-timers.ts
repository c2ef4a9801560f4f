// Timers for the case that a test runner replaced those of node:timers before the library was loaded. The real timers
// are private to Node, but the methods of `scheduler` of node:timers/promises use them. An error that a callback throws
// becomes an unhandled rejection, which Node treats as an uncaught exception by default.

import type * as timers from "node:timers";

type Timers = Pick<
  typeof timers,
  "clearInterval" | "clearTimeout" | "setImmediate" | "setInterval" | "setTimeout"
>;
interface Scheduler {
  wait(delay: number, options: { ref: boolean; signal: AbortSignal }): Promise<void>;
  yield(): Promise<void>;
}

/** A timer with the methods that the library uses. */
class StandIn {
  readonly #cleared = new AbortController();
  #keepsAlive = true;

  constructor(scheduler: Scheduler, callback: () => void, delay: number, repeats: boolean) {
    this.#run(scheduler, callback, delay, repeats);
  }

  async #run(scheduler: Scheduler, callback: () => void, delay: number, repeats: boolean): Promise<void> {
    // The caller may call `unref` first: the promise of `wait` reads `ref` only once, at its start.
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
  // Methods of the prototype, since node:test replaces `wait` of the object.
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
  // Cast, since these implement only the part of Node's types that the library uses.
  return {
    clearInterval: clear,
    clearTimeout: clear,
    setImmediate,
    setInterval: set(true),
    setTimeout: set(false),
  } as unknown as Timers;
}
