// Timers and the clock as they were when the library was loaded. Test runners replace the global ones, and a pending
// operation must not wait for a clock that a test has stopped.

import * as timers from "node:timers";

export const { setImmediate, setTimeout, clearTimeout } = timers;
export const { nextTick } = process;
export const now: () => number = performance.now.bind(performance);
const { queueMicrotask: microtask } = globalThis;

export { microtask as queueMicrotask };
