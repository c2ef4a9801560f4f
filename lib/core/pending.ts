// A pending operation. It settles exactly once: by an attempt that succeeds or fails, its timeout, its signal, or the
// closing of the socket.

import type { ZmqError } from "../binding/errors.js";
import { clearTimeout, setTimeout } from "../runtime/timers.js";
import { offAbort, onAbort } from "./abort.js";
import { turnOfOthers } from "./fairness.js";
import type { Core } from "./open-socket.js";
import type { Direction } from "./readiness.js";
import { busyReading, busyWriting, isOutOfTurn, unfinishedError } from "./state-errors.js";
import type { Waiter } from "./waiter.js";

/** @internal The result of an attempt that would block. */
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
  readonly #timeout: number;
  readonly #whenClosed: T | undefined;
  readonly #signal: AbortSignal | undefined;
  /** Registered with the core, and not settled. */
  #waiting = false;
  /** Whether the signal has called back. A signal that is not Node's own may do so during `addEventListener`. */
  #aborted = false;
  /** Set if the last attempt failed because the socket must first do the opposite of send and receive. */
  #outOfTurn: ZmqError | undefined;
  /** Has a result. The promise may settle in a later turn. */
  #finished = false;
  #timer: NodeJS.Timeout | undefined;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;

  /**
   * Starts to wait, after an attempt that would block or was out of turn. `timeout` is in milliseconds; below 0 there
   * is none. `call` is the name of the method, such as `receive()`. `whenClosed` is the result if the socket is closed
   * first, instead of an error. Never throws: an error rejects the promise, and nothing stays registered.
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
    this.#timeout = timeout;
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
      // `setTimeout` accepts an int32. Longer waits get no timer.
      if (timeout >= 0 && timeout < 2 ** 31) this.#timer = setTimeout(() => this.#end("ETIMEDOUT"), timeout);
      if (!this.#mayWait()) return;
      // Set first: near a stack overflow, `wait` may throw after it has registered the operation.
      this.#waiting = true;
      if (direction === "watching") core.watch(this);
      else core.wait(direction, this);
      // User code may have used the socket since the attempt, and consumed the wake-up.
      if (core.uses !== uses) core.touched();
    } catch (error) {
      this.#release();
      this.#reject(error);
    }
  }

  retry(): boolean {
    // The result of another operation may have run user code that settled this one.
    if (!this.#waiting) return true;
    try {
      const result = this.#attempt();
      this.#outOfTurn = undefined;
      if (result === wouldBlock) return false;
      this.#release();
      this.#finish(result);
    } catch (error) {
      if (isOutOfTurn(error)) {
        this.#outOfTurn = error;
        return false;
      }
      this.#release();
      // The attempt has processed libzmq's commands, and may have consumed the wake-up of the other direction.
      this.#core.touched();
      this.#fail(error);
    }
    return true;
  }

  close(): void {
    this.#end("ECANCELED", this.#whenClosed);
  }

  /** Adds the listener. False if the signal is aborted. Throws the errors of the signal's methods. */
  #listen(signal: AbortSignal): boolean {
    // These two lines run user code if the signal is not Node's own.
    onAbort(signal, this.#abort);
    if (signal.aborted && !this.#aborted) this.#abort();
    return !this.#aborted;
  }

  /**
   * Checks the state again: signals, and hooks of async_hooks that are called for the promise and the timer, may have
   * used or closed the socket.
   */
  #mayWait(): boolean {
    const core = this.#core;
    // A hook for the timer has aborted the signal, before the timer was known.
    if (this.#aborted) {
      this.#release();
      return false;
    }
    if (core.handle === 0) {
      this.#release();
      this.#giveUp("ECANCELED", this.#whenClosed);
      return false;
    }
    core.usable();
    const direction = this.#direction;
    if (direction !== "watching" && core[direction]?.call !== undefined) {
      throw direction === "sending" ? busyWriting(core) : busyReading(core);
    }
    return true;
  }

  /** Tries once more, then settles with `value`, or rejects if there is none. */
  #end(code: "ETIMEDOUT" | "ECANCELED", value?: T): void {
    if (this.retry()) return;
    // That attempt may have consumed the wake-up of the other direction, so schedule a retry for it.
    this.#core.touched();
    // In this order: if `#giveUp` throws near a stack overflow, a second `close` still finds the operation.
    this.#giveUp(code, value);
    this.#release();
  }

  #giveUp(code: "ETIMEDOUT" | "ECANCELED", value?: T): void {
    if (value !== undefined) this.#finish(value);
    else {
      const [call, direction, timeout, outOfTurn] = [
        this.call,
        this.#direction,
        this.#timeout,
        this.#outOfTurn,
      ];
      this.#fail(unfinishedError(this.#core, code, { call, direction, timeout, outOfTurn }));
    }
  }

  /** Resolves after the operations before this one. */
  #finish(value: T): void {
    const turn = this.#lastTurn();
    if (turn === undefined) this.#resolve(value);
    else void turn.then(() => this.#resolve(value));
  }

  /** Rejects after the operations before this one. */
  #fail(error: unknown): void {
    const turn = this.#lastTurn();
    if (turn === undefined) this.#reject(error);
    else void turn.then(() => this.#reject(error));
  }

  /** The turn in which to settle; undefined: now. From now on, the signal does not count. */
  #lastTurn(): Promise<void> | undefined {
    this.#finished = true;
    const direction = this.#direction;
    return direction === "watching" ? undefined : turnOfOthers(this.#core.orders[direction]);
  }

  readonly #abort = (): void => {
    if (this.#finished) return;
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
      if (this.#direction === "watching") this.#core.unwatch(this);
      else this.#core.done(this.#direction);
    }
    offAbort(this.#signal, this.#abort);
  }
}
