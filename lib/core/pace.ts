// Paces senders of large messages. libzmq queues a thousand messages per peer before a send waits. With messages of 1 MiB
// that is a gigabyte of memory, which the system has to map and clear. A sender that waits a few milliseconds reuses the
// memory of sent messages instead, which is twice as fast. The wait begins after libzmq has queued the message, so it
// affects neither the order of messages, nor the high-water mark, nor closing the socket.

import { binding } from "../binding/index.js";
import { setTimeout, now as time } from "../runtime/timers.js";
import { nextTurn } from "./fairness.js";

/** Milliseconds between two checks. */
const interval = 1;
/** The wait ends when libzmq holds this share of the bytes that it held at the beginning, so that it can go on sending. */
const share = 0.6;
/**
 * The most milliseconds of a wait. Loopback and fast networks need a tenth of this. The bytes may also belong to another
 * socket: one whose network is slow, or that has no peer. A send must not wait long for those.
 */
const longest = 50;
/** Milliseconds without a wait after a wait that was too short. Doubles up to `longestPause` while waits are in vain. */
const shortestPause = 1000;
const longestPause = 16_000;

let waiting: Promise<void> | undefined;
let pause = shortestPause;
let pauseEnd = 0;

/**
 * Resolves when libzmq has sent much of what it holds, after 50 ms at the latest. Resolves in the next turn for a send
 * whose `timeout` is shorter: -1 is none.
 */
export function paced(timeout: number): Promise<void> {
  if (timeout >= 0 && timeout < longest) return nextTurn();
  if (waiting !== undefined) return waiting;
  const start = time();
  if (start < pauseEnd) return nextTurn();
  const enough = binding.heldBytes() * share;
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  const check = () => {
    const tooMany = binding.heldBytes() > enough;
    if (tooMany && time() - start < longest) {
      setTimeout(check, interval);
      return;
    }
    if (tooMany) {
      pauseEnd = time() + pause;
      pause = Math.min(2 * pause, longestPause);
    } else {
      pause = shortestPause;
    }
    waiting = undefined;
    resolve();
  };
  // Called outside of the promise and before the promise is stored, since it may throw near the end of the stack.
  setTimeout(check, interval);
  waiting = promise;
  return promise;
}
