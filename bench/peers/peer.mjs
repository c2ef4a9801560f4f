// The common part of all Node peers: options, library, and messages to the runner.

import { createRequire } from "node:module";

/** The options that the runner passes to this peer. */
export const options = JSON.parse(process.argv[2] ?? "{}");

/** The library under measurement: zmq-native, zeromq, or a built tree of either by its path. */
export const zmq = options.library && createRequire(import.meta.url)(options.library);

/** Tells the runner something: `{ endpoint }` when bound, `{ result }` at the end. */
export function tell(message) {
  return new Promise((resolve) => process.send(message, resolve));
}

/** Tells the result and ends at once, whatever is still open: some libraries cannot end by themselves. */
export async function finish(result) {
  await tell({ result });
  process.exit();
}

/** A stopwatch of wall time, CPU time and page faults, from now on: seconds and a count. */
export function stopwatch() {
  const { minorPageFault } = process.resourceUsage();
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  return () => {
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const { user, system } = process.cpuUsage(cpu);
    const faults = process.resourceUsage().minorPageFault - minorPageFault;
    return { seconds, cpuSeconds: (user + system) / 1e6, faults };
  };
}

/** `values` sorted, and the one below which the part `share` of them lies. */
export function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
