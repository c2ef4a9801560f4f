// The pending operations of a socket, and when they are retried. libzmq's descriptor is edge-triggered: a wake-up
// signals pending commands only, and any call on the socket may consume the wake-up of an operation in the other
// direction. After any other use of the socket, its pending operations are therefore retried in the next turn of the
// event loop, once for all uses in a turn. Only this file deals with that rule.

import { ZMQ_POLLIN, ZMQ_POLLOUT } from "../binding/constants.js";
import { check } from "../binding/errors.js";
import { binding, type Handle } from "../binding/index.js";
import { clearTimeout, setImmediate, setTimeout } from "../runtime/timers.js";
import { throwLater } from "../runtime/uncaught.js";
import type { Waiter } from "./waiter.js";
import { Watchers } from "./watchers.js";

/** The condition that an operation waits for: room in a queue, a message, or a change of the peers. */
export type Direction = "sending" | "receiving" | "watching";
/** The directions with one operation at a time. */
export type Operation = Exclude<Direction, "watching">;

/** Sockets with pending operations. This map keeps them from being garbage-collected. */
const waiting = new Map<Handle, Readiness>();
check(
  binding.onReady((...handles) => {
    // Looked up each time: a resolved promise may run a `then` getter, which can close any socket.
    for (let index = 0; index < handles.length; index++) {
      try {
        waiting.get(handles[index]!)?.wake();
      } catch (error) {
        // The wake-ups of the others must not be lost: thread-safe sockets get no second one.
        throwLater(error);
      }
    }
  }),
);

/** The number of fruitless rounds after which a socket that reports readiness is retried later. */
const rounds = 2;
/** The pause before the first retry without a wake-up, in milliseconds. Each further pause is twice as long… */
const firstPause = 1;
/** …up to this. */
const longestPause = 100;

export class Readiness {
  /** 0 before the socket is opened and after it is closed. */
  handle: Handle = 0;
  /** The pending send. */
  sending: Waiter | undefined;
  /** The pending receive. */
  receiving: Waiter | undefined;
  /** The pending operations that watch peers. Their attempts do not process libzmq's commands. Undefined without any. */
  watching: Watchers | undefined;
  /**
   * Whether a receive has just found no message and the socket was not used since. The next message then causes a
   * wake-up, so an operation may wait without trying first.
   */
  emptied = false;
  /** Counts uses of the socket, so that an operation can detect that user code used it. */
  uses = 0;
  /** Which of the pending operations keep the process alive. */
  readonly #alive: Record<Direction, boolean> = { sending: false, receiving: false, watching: false };
  #referenced = true;
  #looking = false;
  #pause = firstPause;
  #later: NodeJS.Timeout | undefined;

  /**
   * Retries `waiter` each time the socket may have become ready. With `alive`, also keeps the process alive while it is
   * pending. The caller must have attempted the operation before: libzmq signals new messages only after a receive has
   * found none. Throws if the socket cannot be watched.
   */
  wait(direction: Operation, waiter: Waiter, alive = true): void {
    const again = this.#hold(alive || this.#keepsAlive(direction));
    const awaited = this.#isAwaited();
    this.#alive[direction] = alive;
    waiting.set(this.handle, this);
    this[direction] = waiter;
    this.emptied = false;
    // Last, since `touched` may run hooks of async_hooks.
    if (again || awaited) this.touched();
  }

  done(direction: Operation): void {
    const alive = this.#keepsAlive();
    this[direction] = undefined;
    this.#alive[direction] = false;
    // `flush` waits for the end of pending sends.
    if (direction === "sending" && this.watching !== undefined) this.#wakeSoon();
    this.#release(alive);
  }

  /** As `wait`, for one more operation that watches peers. */
  watch(waiter: Waiter, alive = true): void {
    // In this order: near a stack overflow, nothing may stay held without a waiter.
    const watching = this.watching ?? new Watchers();
    const awaited = this.#isAwaited();
    watching.add(waiter, alive);
    let again = false;
    try {
      again = this.#hold(alive || this.#keepsAlive());
    } catch (error) {
      watching.remove(waiter);
      throw error;
    }
    this.watching = watching;
    this.#alive.watching = watching.keepAlive;
    waiting.set(this.handle, this);
    this.emptied = false;
    if (again || awaited) this.touched();
  }

  unwatch(waiter: Waiter): void {
    const { watching } = this;
    if (watching === undefined) return;
    const alive = this.#keepsAlive();
    watching.remove(waiter);
    this.#alive.watching = watching.keepAlive;
    if (watching.empty) this.watching = undefined;
    this.#release(alive);
  }

  /** Has libzmq's descriptor watched. Returns whether the socket must be looked at once more. */
  #hold(alive: boolean): boolean {
    return check(binding.hold(this.handle, true, this.#referenced && alive)) === 1;
  }

  /** An operation has ended. `alive`: the operations before that kept the process alive. */
  #release(alive: boolean): void {
    if (this.#later !== undefined) {
      clearTimeout(this.#later);
      this.#later = undefined;
    }
    this.#pause = firstPause;
    if (this.#isAwaited()) {
      // The remaining operations may not keep the process alive.
      if (alive && !this.#keepsAlive() && binding.hold(this.handle, true, false) === 1) this.touched();
      return;
    }
    waiting.delete(this.handle);
    binding.hold(this.handle, false, false);
  }

  /** Drops all pending operations of a closed socket. */
  forget(): void {
    waiting.delete(this.handle);
    this.sending = undefined;
    this.receiving = undefined;
    this.watching = undefined;
    clearTimeout(this.#later);
  }

  /** Sets whether pending operations keep the process alive, now and later, like `ref` and `unref` of a timer. */
  set referenced(on: boolean) {
    this.#referenced = on;
    if (!this.#isAwaited()) return;
    if (binding.hold(this.handle, true, on && this.#keepsAlive()) === 1) this.touched();
  }

  /** Whether a pending operation keeps the process alive, in another direction than `but`. */
  #keepsAlive(but?: Operation): boolean {
    const alive = this.#alive;
    return (but !== "sending" && alive.sending) || (but !== "receiving" && alive.receiving) || alive.watching;
  }

  /**
   * Must be called after any use of the socket other than a retry, since it may have consumed the wake-up of a pending
   * operation. Only a receive passes `emptied`.
   */
  touched(emptied = false): void {
    this.uses++;
    this.emptied = emptied;
    if (this.#isAwaited()) this.#wakeSoon();
  }

  #wakeSoon(): void {
    if (this.#looking) return;
    this.#looking = true;
    let comes = false;
    try {
      setImmediate(() => {
        this.#looking = false;
        this.wake();
      });
      comes = true;
    } finally {
      // `setImmediate` throws near a stack overflow.
      this.#looking = comes;
    }
  }

  /** Not a getter: V8 calls a private getter through its runtime. */
  #isAwaited(): boolean {
    return this.sending !== undefined || this.receiving !== undefined || this.watching !== undefined;
  }

  /** Retries the pending operations. */
  wake(): void {
    // Reading the events below may consume the wake-up that `emptied` relies on.
    this.emptied = false;
    if (this.watching !== undefined) binding.events(this.handle);
    this.#retry();
    // Last, since the other attempts process the commands that may change the peers.
    this.watching?.retry();
  }

  /** Retries a send and a receive, until libzmq reports that neither is possible. */
  #retry(): void {
    for (let fruitless = 0; fruitless < rounds; fruitless++) {
      const { sending, receiving } = this;
      if (sending === undefined || receiving === undefined) {
        (receiving ?? sending)?.retry();
        return;
      }
      // The attempt of one may consume the wake-up of the other, so both are checked together.
      const events = binding.events(this.handle);
      const failed = events < 0;
      const readable = failed || (events & ZMQ_POLLIN) !== 0;
      const writable = failed || (events & ZMQ_POLLOUT) !== 0;
      if (!readable && !writable) return;
      const received = readable && receiving.retry();
      const sent = writable && sending.retry();
      if (received || sent) fruitless = -1;
    }
    this.#retryLater();
  }

  /**
   * libzmq reports some sockets as writable that are not: a Router whose addressed peer is full while another has room,
   * an XPublisher with `noDrop`. Room at the peer causes a wake-up, so polling is not needed. But the last attempt in
   * one direction may have consumed a wake-up that arrived microseconds after the last attempt in the other, and the
   * events of such a socket do not show it. A few retries at growing intervals recover from that: at most ten per
   * second. A retry every millisecond took 7 % of a core.
   */
  #retryLater(): void {
    if (this.#later !== undefined) return;
    this.#later = setTimeout(() => {
      this.#later = undefined;
      this.wake();
    }, this.#pause).unref();
    this.#pause = Math.min(this.#pause * 2, longestPause);
  }
}
