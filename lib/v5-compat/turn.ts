// Limits the time that callbacks take in one turn of the event loop. Otherwise a program that sends from the callback of
// its last send would starve timers and other I/O.

import { nextTick, setImmediate, now as time } from "../runtime/timers.js";

/** Milliseconds that callbacks and listeners may take in one turn. The rest run in the next turn. */
const budget = 1;

let deadline = 0;
/** Callbacks that wait for the next turn. Later ones queue behind them. */
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
 * Calls back in the next tick, or in the next turn of the event loop if the budget of this one is used up. Keeps the order
 * of the calls.
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
