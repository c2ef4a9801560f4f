// Paces senders of large messages. libzmq queues a thousand messages per peer before a send waits. With messages of 1 MiB
// that is a gigabyte of memory, which the system has to map and clear. A sender that waits a few milliseconds reuses the
// memory of sent messages instead, which is twice as fast. The wait begins after libzmq has queued the message, so it
// affects neither the order of messages, nor the high-water mark, nor closing the socket.

import { binding, type Handle } from "../binding/index.js";
import { setTimeout, now as time } from "../runtime/timers.js";
import { nextTurn } from "./fairness.js";

/** Milliseconds between two checks. */
const interval = 1;
/** The wait ends when libzmq holds this share of the bytes that it held at the beginning, so that it can go on sending. */
const share = 0.6;
/** Milliseconds after which a wait ends if libzmq has sent nothing: there is no peer, or it does not read. */
const patience = 50;
/** The most milliseconds of a wait. Only slow networks need more, and they do not gain from waits. */
const longest = 200;
/**
 * After a wait in which libzmq sent too little, sends do not wait for this many milliseconds. Doubles after each such
 * wait, up to `longestPause`.
 */
const shortestPause = 1000;
const longestPause = 16_000;

/** The pace of one socket. */
export class Pace {
  readonly #handle: Handle;
  #waiting: Promise<void> | undefined;
  #pause = shortestPause;
  #pauseEnd = 0;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  /**
   * Resolves when libzmq has sent much of what it holds for the socket, after 200 ms at the latest. For a send whose
   * `timeout` is shorter, resolves in the next turn. -1 means no limit.
   */
  wait(timeout: number): Promise<void> {
    if (timeout >= 0 && timeout < longest) return nextTurn();
    if (this.#waiting !== undefined) return this.#waiting;
    const start = time();
    if (start < this.#pauseEnd) return nextTurn();
    let progress = start;
    let held = binding.heldBytes(this.#handle);
    const enough = held * share;
    let resolve!: () => void;
    const promise = new Promise<void>((settle) => {
      resolve = settle;
    });
    const check = () => {
      const at = time();
      // A closed socket has an error here, which is negative.
      const left = binding.heldBytes(this.#handle);
      if (left < held) progress = at;
      held = left;
      const tooMany = left > enough;
      if (tooMany && at - progress < patience && at - start < longest) {
        setTimeout(check, interval);
        return;
      }
      this.#pauseEnd = tooMany ? at + this.#pause : 0;
      this.#pause = tooMany ? Math.min(2 * this.#pause, longestPause) : shortestPause;
      this.#waiting = undefined;
      resolve();
    };
    // Called outside of the promise and before the promise is stored, since it may throw near a stack overflow.
    setTimeout(check, interval);
    this.#waiting = promise;
    return promise;
  }
}
