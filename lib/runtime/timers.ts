// Node's timers and clock. Test runners replace the global ones, and also the members of node:timers, process and
// node:perf_hooks. A pending operation must not wait for a clock that a test has stopped, so they are read once, when the
// library is loaded. A runner may have replaced them by then (`fakeTimers.enableGlobally` of jest, or an import after
// sinon's `useFakeTimers`): the library then has stand-ins.

import * as timers from "node:timers";
import { promisify } from "node:util";
import { runtime } from "./features.js";
import { standIns } from "./stand-in-timers.js";

/** Node defines `util.promisify.custom` of these functions by a getter. sinon's have a value, those of node:test nothing. */
const isFake = (timer: object): boolean =>
  runtime.startsWith("Node ") && Object.getOwnPropertyDescriptor(timer, promisify.custom)?.get === undefined;

export const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } =
  isFake(timers.setTimeout) || isFake(timers.setImmediate) ? standIns() : timers;

const settled = Promise.resolve();

/** Not the global one, which may be a fake at any time. */
export const queueMicrotask = (task: () => void): void => {
  settled.then(task);
};

/** sinon, and what is made of it, sets `clock` of the functions that it replaces; node:test does not replace this one. */
export const nextTick: (task: () => void) => void =
  "clock" in process.nextTick ? queueMicrotask : process.nextTick;

/**
 * Not the global `performance`: Node takes 2 ms to make it, and a test may have replaced it by the first call. sinon sets
 * `now` of the one of node:perf_hooks, but not of its prototype.
 */
let clock = (): number => {
  const { performance } = process.getBuiltinModule("node:perf_hooks");
  const { now } = Object.getPrototypeOf(performance) as { now?: typeof performance.now };
  clock = (now ?? performance.now).bind(performance);
  return clock();
};

/** Milliseconds by a clock that never goes back. */
export const now = (): number => clock();
