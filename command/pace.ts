// The pace of sending, by `--rate` or `--interval`.

import { setTimeout } from "node:timers/promises";

/**
 * Returns a function that resolves when the next message is due. The times are computed from the start, so that a late
 * message does not delay all that follow.
 *
 * @param interval Milliseconds between two messages; undefined: as fast as possible.
 */
export function openPace(interval: number | undefined, signal: AbortSignal): () => Promise<void> {
  if (interval === undefined) return async () => {};
  const start = performance.now();
  let count = 0;
  return async () => {
    const wait = start + count++ * interval - performance.now();
    // Node's timers are exact to a millisecond: at higher rates, messages go out in groups.
    if (wait >= 1) await setTimeout(wait, undefined, { signal });
  };
}
