// One listener for each AbortSignal, whatever the number of pending operations that it can abort.
//
// With a listener for each operation, Node 20 warns of a leak from the 11th on (MaxListenersExceededWarning). The limit belongs to the
// program, which may look for leaks of its own. Node also compares a new listener with all others of the signal.

import { queueMicrotask } from "../runtime/timers.js";
import { throwLater } from "../runtime/uncaught.js";

type Callback = () => void;

/** Like an EventTarget, goes on to the next callback after an error. */
function call(callback: Callback): void {
  try {
    callback();
  } catch (error) {
    throwLater(error);
  }
}

class SharedListener {
  readonly #signal: AbortSignal;
  /** The oldest callback. Most signals have one operation, for which a set would cost more than the rest. */
  #first: Callback | undefined;
  #others: Set<Callback> | undefined;
  /**
   * The listener that the signal has. Each registration has a function of its own: the signal's methods may run user code,
   * which begins an operation with the same signal during a removal.
   */
  #registered: Callback | undefined;
  /** Whether the listener has been called, so that a signal that is not Node's own may have forgotten it. */
  #called = false;
  /** Whether `#stop` will run. */
  #stops = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(callback: Callback): void {
    if (this.#isEmpty()) {
      this.#first = callback;
    } else {
      this.#others ??= new Set();
      this.#others.add(callback);
    }
    if (this.#registered !== undefined && !this.#called) return;
    const listener = () => this.#onAbort(listener);
    try {
      this.#signal.addEventListener("abort", listener);
    } catch (error) {
      this.remove(callback);
      throw error;
    }
    const before = this.#registered;
    // Set late: operations that begin during the call must not rely on it, since it may throw.
    this.#registered = listener;
    this.#called = false;
    if (before !== undefined) this.#signal.removeEventListener("abort", before);
  }

  remove(callback: Callback): void {
    if (this.#first === callback) this.#first = undefined;
    else this.#others?.delete(callback);
    if (this.#stops || !this.#isEmpty()) return;
    // In a microtask, since user code of the signal must not run between the retries of a wake-up.
    queueMicrotask(this.#stop);
    // Set late: near a stack overflow the call throws, and a later operation has to try again.
    this.#stops = true;
  }

  #isEmpty(): boolean {
    return this.#first === undefined && (this.#others === undefined || this.#others.size === 0);
  }

  readonly #stop = (): void => {
    this.#stops = false;
    const listener = this.#registered;
    if (listener === undefined || !this.#isEmpty()) return;
    this.#registered = undefined;
    this.#called = false;
    this.#signal.removeEventListener("abort", listener);
  };

  #onAbort(listener: Callback): void {
    if (listener === this.#registered) this.#called = true;
    // A copy: the end of an operation may run user code, which may end others or begin new ones.
    const others = this.#others === undefined ? [] : [...this.#others];
    if (this.#first !== undefined) call(this.#first);
    for (const callback of others) if (this.#others?.has(callback)) call(callback);
  }
}

const listeners = new WeakMap<AbortSignal, SharedListener>();

/**
 * @internal Calls `callback` when the signal is aborted. Runs user code if the signal is not Node's own: the callback may be called at
 * once. Throws the errors of `addEventListener`.
 */
export function onAbort(signal: AbortSignal, callback: Callback): void {
  let listener = listeners.get(signal);
  if (listener === undefined) {
    listener = new SharedListener(signal);
    listeners.set(signal, listener);
  }
  listener.add(callback);
}

/** @internal Ends `onAbort`. Runs no user code before the next microtask. */
export function offAbort(signal: AbortSignal | undefined, callback: Callback): void {
  if (signal !== undefined) listeners.get(signal)?.remove(callback);
}
