// Node's timers; the clock is in clock.ts. Test runners replace the global ones and the members of node:timers, process and
// node:perf_hooks. A pending operation must not depend on a clock that a test has stopped, so they are read once, when
// the library is loaded. If a runner has replaced them by then (`fakeTimers.enableGlobally` of jest, or an import after
// sinon's `useFakeTimers`), the library uses stand-ins.

import * as timers from "node:timers";
import { promisify } from "node:util";
import { runtime } from "./features.js";
import { standIns } from "./stand-in-timers.js";

/**
 * Whether a timer is a fake. Node defines `util.promisify.custom` of it by a getter, sinon by a value, node:test not at
 * all.
 */
const isFake = (timer: object): boolean =>
  runtime.startsWith("Node ") && Object.getOwnPropertyDescriptor(timer, promisify.custom)?.get === undefined;

export const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } =
  isFake(timers.setTimeout) || isFake(timers.setImmediate) ? standIns() : timers;

const settled = Promise.resolve();

/** Not the global function, which a test may replace at any time. */
export const queueMicrotask = (task: () => void): void => {
  settled.then(task);
};

/**
 * sinon and libraries based on it set `clock` on the functions that they replace. node:test does not replace this one.
 */
export const nextTick: (task: () => void) => void =
  "clock" in process.nextTick ? queueMicrotask : process.nextTick;

export { now } from "./clock.js";
