// Fairness towards the rest of the program: an awaited loop whose every operation is satisfied at once runs in
// microtasks, and timers and I/O would never get their turn. After a millisecond of that, or 2,048 operations, operations
// finish with the next turn of the event loop. One budget serves all sockets of a thread, since they share its loop.

import { setImmediate, now as time } from "../runtime/timers.js";

/** Milliseconds of one turn that operations may use up. */
const budget = 1;
/**
 * Operations of one turn at most: a fast machine does thousands of them in a millisecond. A turn costs about 6 µs, which
 * is 1 % of a loop over 2,048 small messages by inproc, and would be 5 % of one over zeromq's 512.
 */
const mostOperations = 2048;
/** The clock is read every so many operations: a reading costs about as much as a small message. */
const clockInterval = 16;

let operations = 0;
let deadline = 0;
let lastOperation = 0;
let next: Promise<void> | undefined;

function endTurn(): void {
  deadline = 0;
}

/** Counts one operation; true when this turn's budget is used up. */
export function turnIsOver(): boolean {
  return ++operations % clockInterval === 0 && clockSaysSo();
}

function clockSaysSo(): boolean {
  const now = time();
  if (deadline === 0) {
    deadline = now + budget;
    lastOperation = operations + mostOperations - clockInterval;
    // Unreferenced: a program that has nothing else to do may end.
    setImmediate(endTurn).unref();
    return false;
  }
  return now >= deadline || operations >= lastOperation;
}

/** Resolves in the next turn of the event loop, which is kept alive for it. */
export function nextTurn(): Promise<void> {
  if (next !== undefined) return next;
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  // Outside of the promise, and before it is kept: near the end of the stack it may throw.
  setImmediate(() => {
    next = undefined;
    endTurn();
    resolve();
  });
  next = promise;
  return promise;
}
