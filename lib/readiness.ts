// Who waits for a socket, and when they try again. The rule of libzmq's edge-triggered descriptor lives here alone:
// a wake-up says only that commands are pending, and any call on the socket may take the wake-up of whoever waits
// for the other direction. So whoever waits is looked after once per turn of the event loop in which the socket was
// used for anything else.

import { binding, type Handle } from "./binding.js";
import { ZMQ_POLLIN, ZMQ_POLLOUT } from "./constants.js";
import { check } from "./errors.js";

/** An operation that waits. */
export interface Waiter {
  /** Tries again; true when it waits no longer. The attempt ends with libzmq's own "not now". */
  retry(): boolean;
  /** The socket closes: tries a last time, then gives up. */
  close(): void;
}

export type Direction = "sending" | "receiving";

/** Sockets that somebody waits for, held here so that they are not collected meanwhile. */
const waiting = new Map<Handle, Readiness>();
binding.onReady((handle) => waiting.get(handle)?.wake());

export class Readiness {
  /** 0 once the socket is closed. */
  handle: Handle;
  /** The send that waits, if any. */
  sending: Waiter | undefined;
  /** The receive that waits, if any. */
  receiving: Waiter | undefined;
  #looking = false;

  constructor(handle: Handle) {
    this.handle = handle;
  }

  /** From now on `waiter` is retried whenever the socket may have become ready. Throws when it cannot be watched. */
  wait(direction: Direction, waiter: Waiter): void {
    check(binding.hold(this.handle, true));
    this.touched();
    waiting.set(this.handle, this);
    this[direction] = waiter;
  }

  done(direction: Direction): void {
    this[direction] = undefined;
    if (this.sending !== undefined || this.receiving !== undefined) return;
    waiting.delete(this.handle);
    binding.hold(this.handle, false);
  }

  /** To be called after any use of the socket other than a retry: it may have taken a waiter's wake-up. */
  touched(): void {
    if (this.#looking || (this.sending === undefined && this.receiving === undefined)) return;
    this.#looking = true;
    setImmediate(() => {
      this.#looking = false;
      this.wake();
    });
  }

  /** Retries whoever waits, until libzmq has said "not now" to all of them at one moment. */
  wake(): void {
    for (;;) {
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
      if (received || sent) continue;
      this.touched();
      return;
    }
  }
}
