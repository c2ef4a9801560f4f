// The queue of one `for await` loop over events that peers cause. It has a limit, since the loop may not read.

import { offAbort, onAbort } from "./abort.js";

const finished = Object.freeze({ done: true }) as IteratorReturnResult<undefined>;

/** The getter of a signal that is not Node's own runs user code, which may throw. */
function reasonOf(signal: AbortSignal | undefined): unknown {
  try {
    return signal?.reason;
  } catch (error) {
    return error;
  }
}

interface Reader<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(reason: unknown): void;
}

export class LoopQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #unread: T[] = [];
  readonly #readers: Reader<T>[] = [];
  readonly #most: number;
  readonly #changed: (queue: LoopQueue<T>) => void;
  #signal: AbortSignal | undefined;
  #over = false;
  #aborted = false;

  /**
   * Keeps `most` unread events, then drops the oldest. Calls `changed` when a reader begins or stops to wait, and when
   * the queue ends. With `signal`, a reader rejects with `signal.reason` once it is aborted.
   */
  constructor(most: number, changed: (queue: LoopQueue<T>) => void, signal?: AbortSignal) {
    this.#most = most;
    this.#changed = changed;
    this.#signal = signal;
    if (signal === undefined) return;
    // These lines run user code if the signal is not Node's own.
    onAbort(signal, this.#abort);
    try {
      if (signal.aborted) this.#abort();
    } catch (error) {
      offAbort(signal, this.#abort);
      throw error;
    }
  }

  /** Whether a reader waits. */
  get awaited(): boolean {
    return this.#readers.length > 0;
  }

  get over(): boolean {
    return this.#over;
  }

  push(event: T): void {
    if (this.#over) return;
    const reader = this.#readers.shift();
    if (reader === undefined) {
      if (this.#unread.push(event) > this.#most) this.#unread.shift();
      return;
    }
    reader.resolve({ value: event, done: false });
    this.#changed(this);
  }

  /** Unread events are still delivered. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    for (const reader of this.#readers.splice(0)) reader.resolve(finished);
    offAbort(this.#signal, this.#abort);
    this.#changed(this);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#unread.length > 0) return Promise.resolve({ value: this.#unread.shift() as T, done: false });
    if (this.#aborted) {
      // Once: after the error, the loop has ended.
      this.#aborted = false;
      return Promise.reject(reasonOf(this.#signal));
    }
    if (this.#over) return Promise.resolve(finished);
    return new Promise((resolve, reject) => {
      // Hooks of async_hooks run before this, and may have ended the loop or caused an event.
      if (this.#over || this.#unread.length > 0) {
        resolve(this.next());
        return;
      }
      this.#readers.push({ resolve, reject });
      this.#changed(this);
    });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#unread.length = 0;
    this.#aborted = false;
    this.end();
    return Promise.resolve(finished);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #abort = (): void => {
    if (this.#over) return;
    this.#unread.length = 0;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#aborted = true;
    else reader.reject(reasonOf(this.#signal));
    this.end();
  };
}
