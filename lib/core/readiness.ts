// Who waits for a socket, and when they try again. The rule of libzmq's edge-triggered descriptor lives here alone:
// a wake-up says only that commands are pending, and any call on the socket may take the wake-up of whoever waits
// for the other direction. So whoever waits is looked after once per turn of the event loop in which the socket was
// used for anything else.

import { ZMQ_POLLIN, ZMQ_POLLOUT } from "../binding/constants.js";
import { check } from "../binding/errors.js";
import { binding, type Handle } from "../binding/index.js";
import { clearTimeout, setImmediate, setTimeout } from "../runtime/timers.js";

/** An operation that waits. */
export interface Waiter {
  /** The method that waits, for the error of a second one: `receive()`. */
  readonly call?: string;
  /** An object that must not be garbage-collected while this operation is pending. */
  readonly holds?: object | undefined;
  /** Tries again; true when it waits no longer. The attempt ends with libzmq's own "not now". */
  retry(): boolean;
  /** The socket closes: tries a last time, then gives up. */
  close(): void;
}

/** What is waited for: room, a message, or a change in what libzmq knows of peers. */
export type Direction = "sending" | "receiving" | "watching";

/** Sockets with pending operations. This map keeps them from being garbage-collected. */
const waiting = new Map<Handle, Readiness>();
check(binding.onReady((handle) => waiting.get(handle)?.wake()));

/** Rounds of attempts in both directions before a socket that claims to be ready is left alone for a while. */
const rounds = 2;
/** Milliseconds until the first retry without a wake-up; each is twice as late as the one before… */
const firstPause = 1;
/** …and none is later than this. */
const longestPause = 100;

export class Readiness {
  /** 0 before the socket is open, and once it is closed. */
  handle: Handle = 0;
  /** The send that waits, if any. */
  sending: Waiter | undefined;
  /** The receive that waits, if any. */
  receiving: Waiter | undefined;
  /** Whoever watches, if any; its attempt takes nothing in from libzmq by itself. */
  watching: Waiter | undefined;
  /**
   * A receive has just heard from libzmq that there is no more, and the socket was not used since: its next wake-up is
   * certain to come, so whoever wants to wait need not ask first.
   */
  emptied = false;
  /** Counts uses, so that an operation sees whether user code has used the socket. */
  uses = 0;
  /** Which of those who wait keep the process alive. */
  readonly #alive: Record<Direction, boolean> = { sending: false, receiving: false, watching: false };
  #referenced = true;
  #looking = false;
  #pause = firstPause;
  #later: NodeJS.Timeout | undefined;

  /**
   * From now on `waiter` is retried whenever the socket may have become ready; `alive`: and the process lives as long.
   * It must have tried before: libzmq tells a reader of new messages only after it has found none. Throws when the socket cannot be watched.
   */
  wait(direction: Direction, waiter: Waiter, alive = true): void {
    const aliveAnyway = this.#keepsAlive(direction);
    const again = check(binding.hold(this.handle, true, this.#referenced && (alive || aliveAnyway))) === 1;
    const awaited = this.#awaited;
    this.#alive[direction] = alive;
    waiting.set(this.handle, this);
    this[direction] = waiter;
    this.emptied = false;
    // Last, since it may run hooks of async_hooks.
    if (again || awaited) this.touched();
  }

  done(direction: Direction): void {
    this[direction] = undefined;
    if (this.#later !== undefined) {
      clearTimeout(this.#later);
      this.#later = undefined;
    }
    this.#pause = firstPause;
    const alive = this.#alive[direction];
    this.#alive[direction] = false;
    if (this.#awaited) {
      // The operations that are left may not keep the process alive.
      if (alive && !this.#keepsAlive(direction) && binding.hold(this.handle, true, false) === 1)
        this.touched();
      return;
    }
    waiting.delete(this.handle);
    binding.hold(this.handle, false, false);
  }

  /** The socket is closed: nobody waits any more, whatever they did about it. */
  forget(): void {
    waiting.delete(this.handle);
    this.sending = undefined;
    this.receiving = undefined;
    this.watching = undefined;
    clearTimeout(this.#later);
  }

  /** Sets whether pending operations keep the process alive, now and later, as `ref` and `unref` of a timer do. */
  set referenced(on: boolean) {
    this.#referenced = on;
    if (!this.#awaited) return;
    const { sending, receiving, watching } = this.#alive;
    const alive = on && (sending || receiving || watching);
    if (binding.hold(this.handle, true, alive) === 1) this.touched();
  }

  /** Whether an operation in another direction keeps the process alive. */
  #keepsAlive(but: Direction): boolean {
    const alive = this.#alive;
    return (
      (but !== "sending" && alive.sending) ||
      (but !== "receiving" && alive.receiving) ||
      (but !== "watching" && alive.watching)
    );
  }

  /**
   * To be called after any use of the socket other than a retry: it may have taken a waiter's wake-up. Only a receive
   * passes on what it found out about `emptied`.
   */
  touched(emptied = false): void {
    this.uses++;
    this.emptied = emptied;
    if (this.#awaited) this.#wakeSoon();
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
      // It throws near the end of the stack.
      this.#looking = comes;
    }
  }

  get #awaited(): boolean {
    return this.sending !== undefined || this.receiving !== undefined || this.watching !== undefined;
  }

  /** Retries whoever waits. */
  wake(): void {
    // Looking at the events below may take the wake-up that `emptied` promises.
    this.emptied = false;
    if (this.watching !== undefined) binding.events(this.handle);
    this.#retry();
    // Last, since the attempts of the others take in what it watches for.
    this.watching?.retry();
  }

  /** Retries a send and a receive, until libzmq has said "not now" to both at one moment. */
  #retry(): void {
    for (let fruitless = 0; fruitless < rounds; fruitless++) {
      const { sending, receiving } = this;
      if (sending === undefined || receiving === undefined) {
        (receiving ?? sending)?.retry();
        return;
      }
      // The attempt of one may take the wake-up of the other, so both are asked about together.
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
   * libzmq calls some sockets writable that are not: a Router whose addressed peer is full while another has room, an
   * XPublisher with `noDrop`. Room at the peer causes a wake-up like any other, so retries at fixed intervals are not
   * needed. But the last attempt in one direction may have taken a wake-up that arrived microseconds after the last
   * attempt in the other, and this cannot be seen in the events of such a socket. A few retries at growing intervals
   * find what was missed: ten a second at most, where one each millisecond took 7 % of a core.
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
