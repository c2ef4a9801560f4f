// One operation that waits: it settles exactly once, by an attempt that succeeds or fails, its time-out, its signal,
// or the closing of the socket.

import type { Core } from "./core.js";
import { errorOf } from "./errors.js";
import type { Direction, Waiter } from "./readiness.js";

/** Options of every operation that may wait. Wrong types throw a `TypeError` before anything is done. */
export interface OperationOptions {
  /**
   * Milliseconds to wait at most. 0 does not wait; -1 and `Infinity` wait without a limit, as do values above
   * 2,147,483,647 (24.8 days). Fractions are rounded up. `NaN`, other negative numbers and other types throw a
   * `TypeError`. Default: the socket's `sendTimeout` or `receiveTimeout`.
   */
  timeout?: number | undefined;
  /**
   * Aborts the operation: its promise rejects with the signal's reason. A signal that is aborted already rejects at
   * once. Anything but an `AbortSignal`, for instance an `AbortController`, throws a `TypeError`.
   */
  signal?: AbortSignal | undefined;
}

/** @internal The answer of an attempt that would block. */
export const wouldBlock = Symbol("would block");
/** @internal */
export type Attempt<T> = () => T | typeof wouldBlock;

/** @internal */
export class Pending<T> implements Waiter {
  readonly promise: Promise<T>;
  readonly #core: Core;
  readonly #direction: Direction;
  readonly #attempt: Attempt<T>;
  readonly #whenClosed: T | undefined;
  readonly #signal: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;

  /**
   * Waits from now on, after an attempt that would block. `timeout` in milliseconds, or below 0 for none. `whenClosed`: the result if the socket closes
   * first, instead of an error. Throws when the socket cannot be watched.
   */
  constructor(
    core: Core,
    direction: Direction,
    attempt: Attempt<T>,
    timeout: number,
    signal?: AbortSignal,
    whenClosed?: T,
  ) {
    this.#core = core;
    this.#direction = direction;
    this.#attempt = attempt;
    this.#signal = signal;
    this.#whenClosed = whenClosed;
    core.wait(direction, this);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // What libzmq counts in milliseconds, setTimeout takes too, but no more than an int32 of it.
    if (timeout >= 0 && timeout < 2 ** 31) this.#timer = setTimeout(() => this.#end("ETIMEDOUT"), timeout);
    signal?.addEventListener("abort", this.#abort);
  }

  retry(): boolean {
    try {
      const result = this.#attempt();
      if (result === wouldBlock) return false;
      this.#stop();
      this.#resolve(result);
    } catch (error) {
      this.#stop();
      this.#reject(error);
    }
    return true;
  }

  close(): void {
    this.#end("ECANCELED", this.#whenClosed);
  }

  /** Tries a last time, then settles with `value`, or rejects when there is none. */
  #end(code: "ETIMEDOUT" | "ECANCELED", value?: T): void {
    if (this.retry()) return;
    this.#stop();
    if (value === undefined) this.#reject(errorOf(this.#core.distinctErrors ? code : "EAGAIN"));
    else this.#resolve(value);
  }

  readonly #abort = (): void => {
    this.#stop();
    this.#reject(this.#signal?.reason);
  };

  #stop(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#core.done(this.#direction);
  }
}
