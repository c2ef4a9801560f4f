// A pending operation in a queue: its promise, its timer, and the listener of its signal. operation-queue.ts decides
// which operation is next, and which are dropped.

import type { ZmqError } from "../binding/errors.js";
import { clearTimeout, setTimeout } from "../runtime/timers.js";
import { offAbort, onAbort } from "./abort.js";
import { laterTurn, type Order } from "./fairness.js";
import type { Attempt } from "./pending.js";

/** @internal An operation that would block, or that others have to precede. */
export interface Operation<T> {
  readonly attempt: Attempt<T>;
  /** Milliseconds from now on; below 0 there is no limit. */
  readonly timeout: number;
  /** The name of the method, such as `send()`. */
  readonly call: string;
  readonly signal: AbortSignal | undefined;
  /** The result if the socket is closed first, instead of an error. */
  readonly whenClosed?: T | undefined;
  /** The topic, for `latestByTopic`. */
  readonly topic?: string | undefined;
  /** Whether the operation takes over the socket when it succeeds, until `resume`. It is never dropped for others. */
  readonly takesOver?: boolean;
}

/** `setTimeout` accepts an int32. Longer waits get no timer. */
const longestTimer = 2 ** 31 - 1;

const ignore = () => {};

/** The errors of losses that the settings of a queue plan. */
const planned = new WeakSet<object>();

/** @internal Whether the error of an operation is a planned loss, which the program need not handle. */
export const isPlanned = (error: unknown): boolean => planned.has(error as object);

/** @internal A queued operation: an element of a doubly linked list, since operations leave the queue in any order. */
export class QueueEntry<T = unknown> {
  readonly operation: Operation<T>;
  readonly promise: Promise<T>;
  previous: QueueEntry | undefined;
  next: QueueEntry | undefined;
  queued = false;
  readonly #abort: (entry: QueueEntry) => void;
  #aborted = false;
  /** Has a result. The promise may settle in a later turn. */
  #finished = false;
  #timer: NodeJS.Timeout | undefined;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;

  constructor(operation: Operation<T>, abort: (entry: QueueEntry) => void) {
    this.operation = operation;
    this.#abort = abort;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Adds the listener. False if the signal is aborted. Runs user code if the signal is not Node's own. */
  listen(): boolean {
    const { signal } = this.operation;
    if (signal === undefined) return true;
    onAbort(signal, this.#onAbort);
    if (signal.aborted && !this.#aborted) this.#onAbort();
    return !this.#aborted;
  }

  /** Starts the timer. `expire` is called at the end of the timeout, or after `ttl` milliseconds. */
  start(ttl: number | undefined, expire: (entry: QueueEntry, ofQueue: boolean) => void): void {
    const { timeout } = this.operation;
    const ofQueue = ttl !== undefined && (timeout < 0 || ttl < timeout);
    const delay = ofQueue ? ttl : timeout;
    if (delay >= 0 && delay <= longestTimer) {
      this.#timer = setTimeout(() => expire(this as QueueEntry, ofQueue), delay);
      // A hook of async_hooks for the timer has aborted the signal.
      if (this.#aborted) clearTimeout(this.#timer);
    }
  }

  resolve(value: T): void {
    this.#release();
    this.#resolve(value);
  }

  /** Settles in `turn`, or at once. From now on, neither the timeout nor the signal counts. */
  finish(turn: Promise<void> | undefined, settle: () => void): void {
    this.#finished = true;
    this.#release();
    if (turn === undefined) settle();
    else void turn.then(settle);
  }

  reject(reason: unknown): void {
    this.#release();
    this.#reject(reason);
  }

  /**
   * Rejects since the queue has no place. Counts as an operation: a loop that tries again must not starve the event loop,
   * which may bring what the queue waits for.
   */
  refuse(reason: ZmqError, order: Order): void {
    // Not `this`, which holds the message: the turn may be far away.
    const reject = this.#reject;
    try {
      this.finish(laterTurn(order), () => reject(reason));
    } catch {
      // Near a stack overflow.
      this.reject(reason);
    }
  }

  /** Rejects for a planned loss, which the program need not handle. */
  drop(reason: ZmqError, order: Order): void {
    if (!this.operation.takesOver) {
      planned.add(reason);
      this.promise.then(undefined, ignore);
    }
    this.refuse(reason, order);
  }

  readonly #onAbort = (): void => {
    if (this.#finished) return;
    this.#aborted = true;
    this.#abort(this as QueueEntry);
    try {
      this.reject(this.operation.signal?.reason);
    } catch (error) {
      this.#reject(error);
    }
  };

  #release(): void {
    clearTimeout(this.#timer);
    offAbort(this.operation.signal, this.#onAbort);
  }
}
