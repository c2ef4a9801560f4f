// Fairness towards the rest of the program: one that sends from the callback of its last send, or receives more than
// it can handle, would never let timers and other I/O have their turn of the event loop.

import { nextTick, setImmediate, now as time } from "../runtime/timers.js";

/** Milliseconds of one turn that callbacks and listeners may use up before they go on in the next one. */
const budget = 1;

let deadline = 0;
/** What has to wait for the next turn; whatever comes later waits behind it. */
let waiting: (() => void)[] | undefined;

function endTurn(): void {
  deadline = 0;
}

function beginTurn(): void {
  const callbacks = waiting as (() => void)[];
  waiting = undefined;
  for (const callback of callbacks) nextTick(callback);
}

/**
 * Calls back on the next tick, or in the next turn of the event loop when this one has lasted long enough; always in
 * the order of the calls.
 */
export function soon(callback: () => void): void {
  if (waiting !== undefined) {
    waiting.push(callback);
    return;
  }
  const now = time();
  if (deadline === 0) {
    deadline = now + budget;
    setImmediate(endTurn).unref();
  }
  if (now < deadline) {
    nextTick(callback);
  } else {
    waiting = [callback];
    setImmediate(beginTurn);
  }
}
