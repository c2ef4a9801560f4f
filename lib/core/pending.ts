// One operation that waits: it settles exactly once, by an attempt that succeeds or fails, its time-out, its signal,
// or the closing of the socket.

import { errorOf, type ZmqError } from "../binding/errors.js";
import { clearTimeout, queueMicrotask, setTimeout } from "../runtime/timers.js";
import type { Core } from "./open-socket.js";
import type { Direction, Waiter } from "./readiness.js";
import { busyReading, busyWriting, isOutOfTurn } from "./state-errors.js";

/** @internal The answer of an attempt that would block. */
export const wouldBlock = Symbol("would block");
/** @internal */
export type Attempt<T> = () => T | typeof wouldBlock;

/** @internal */
export class Pending<T> implements Waiter {
  readonly promise: Promise<T>;
  readonly call: string;
  readonly #core: Core;
  readonly #direction: Direction;
  readonly #attempt: Attempt<T>;
  readonly #whenClosed: T | undefined;
  readonly #signal: AbortSignal | undefined;
  /** Registered with the core, and not settled. */
  #waiting = false;
  /** The signal has called back. One of the user's own may do so while it is listened to. */
  #aborted = false;
  /** The last attempt failed because it is not this socket's turn. A send or receive of the program's changes that. */
  #outOfTurn: ZmqError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;

  /**
   * Waits from now on, after an attempt that would block or was out of turn. `timeout` in milliseconds, or below 0 for
   * none. `call`: the method that waits, such as `receive()`. `whenClosed`: the result if the socket closes first,
   * instead of an error. Never throws: whatever keeps it from waiting rejects the promise, and leaves nothing
   * registered.
   */
  constructor(
    core: Core,
    direction: Direction,
    attempt: Attempt<T>,
    timeout: number,
    call: string,
    signal?: AbortSignal,
    whenClosed?: T,
  ) {
    this.#core = core;
    this.#direction = direction;
    this.#attempt = attempt;
    this.call = call;
    this.#signal = signal;
    this.#whenClosed = whenClosed;
    const { uses } = core;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    try {
      if (signal !== undefined && !this.#listen(signal)) return;
      // What libzmq counts in milliseconds, setTimeout takes too, but no more than an int32 of it.
      if (timeout >= 0 && timeout < 2 ** 31) this.#timer = setTimeout(() => this.#end("ETIMEDOUT"), timeout);
      if (!this.#mayWait()) return;
      // Before, since what throws near the end of the stack may do so after it has been registered.
      this.#waiting = true;
      core.wait(direction, this);
      // User code may have used the socket since the attempt, and taken its wake-up.
      if (core.uses !== uses) core.touched();
    } catch (error) {
      this.#release();
      this.#reject(error);
    }
  }

  retry(): boolean {
    try {
      const result = this.#attempt();
      this.#outOfTurn = undefined;
      if (result === wouldBlock) return false;
      this.#release();
      this.#resolve(result);
    } catch (error) {
      if (isOutOfTurn(error)) {
        this.#outOfTurn = error;
        return false;
      }
      this.#release();
      // It has processed libzmq's commands, and may have taken the wake-up of the other direction.
      this.#core.touched();
      this.#reject(error);
    }
    return true;
  }

  close(): void {
    this.#end("ECANCELED", this.#whenClosed);
  }

  /** Listens for an abort. False when the wait is over already; throws what the signal throws. */
  #listen(signal: AbortSignal): boolean {
    // A signal may be the user's own: these two run user code.
    signal.addEventListener("abort", this.#abort);
    if (signal.aborted && !this.#aborted) this.#abort();
    return !this.#aborted;
  }

  /**
   * Checks the state once more: signals, and hooks of async_hooks that hear of the promise and the timer, may have used
   * or closed the socket since it was found free.
   */
  #mayWait(): boolean {
    const core = this.#core;
    if (core.handle === 0) {
      this.#release();
      this.#giveUp("ECANCELED", this.#whenClosed);
      return false;
    }
    core.usable();
    if (core[this.#direction] instanceof Pending) {
      throw this.#direction === "sending" ? busyWriting(core) : busyReading(core);
    }
    return true;
  }

  /** Tries a last time, then settles with `value`, or rejects when there is none. */
  #end(code: "ETIMEDOUT" | "ECANCELED", value?: T): void {
    if (this.retry()) return;
    // Nobody else looks after the other direction now, whose wake-up that attempt may have taken.
    this.#core.touched();
    // In this order: if it throws near the end of the stack, a second `close` still finds who waits.
    this.#giveUp(code, value);
    this.#release();
  }

  #giveUp(code: "ETIMEDOUT" | "ECANCELED", value?: T): void {
    if (value !== undefined) this.#resolve(value);
    else if (!this.#core.distinctErrors) this.#reject(this.#outOfTurn ?? errorOf("EAGAIN"));
    else {
      const detail = this.#outOfTurn?.detail;
      this.#reject(detail === undefined ? errorOf(code) : errorOf(code).explain(detail));
    }
  }

  readonly #abort = (): void => {
    this.#aborted = true;
    this.#release();
    try {
      this.#reject(this.#signal?.reason);
    } catch (error) {
      this.#reject(error);
    }
  };

  #release(): void {
    clearTimeout(this.#timer);
    if (this.#waiting) {
      this.#waiting = false;
      this.#core.done(this.#direction);
    }
    const signal = this.#signal;
    // In a microtask, since the signal's code must not run among the retries of a wake-up.
    if (signal !== undefined) queueMicrotask(() => signal.removeEventListener("abort", this.#abort));
  }
}
