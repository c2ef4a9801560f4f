// Timers and the clock as they were when the library was loaded. Test runners replace the global ones, and a pending
// operation must not wait for a clock that a test has stopped.

import * as timers from "node:timers";

// Constants, since node:test's mocks replace the functions of the module itself.
export const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = timers;
export const { nextTick } = process;
const { queueMicrotask: microtask } = globalThis;

export { microtask as queueMicrotask };

/** Not the global `performance`: it takes Node 2 ms to make, and by the first call a test may have replaced it. */
let clock = (): number => {
  const { performance } = process.getBuiltinModule("node:perf_hooks");
  clock = performance.now.bind(performance);
  return clock();
};

/** Milliseconds by a clock that never goes back. */
export const now = (): number => clock();
