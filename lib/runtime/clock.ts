// Node's clock. Test runners replace it; a pending operation must not depend on a clock that a test has stopped.

/**
 * Not the global `performance`: creating it takes Node 2 ms, and a test may have replaced it. sinon sets `now` of the
 * object in node:perf_hooks, but not of its prototype.
 */
let clock = (): number => {
  const { performance } = process.getBuiltinModule("node:perf_hooks");
  const { now } = Object.getPrototypeOf(performance) as { now?: typeof performance.now };
  clock = (now ?? performance.now).bind(performance);
  return clock();
};

/** Monotonic time in milliseconds. */
export const now = (): number => clock();
