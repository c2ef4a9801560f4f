// The pace of sending, by `--rate` or `--interval`, and by the times of a recording.

import { setTimeout } from "node:timers/promises";

/** The longest time that Node's timers can wait, in milliseconds. */
export const longest = 2 ** 31 - 1;

/** Waits until a time of `performance.now()`. Node's timers are exact to a millisecond. Rejects with the reason of the signal. */
export async function waitUntil(time: number, signal: AbortSignal): Promise<void> {
  for (let wait = time - performance.now(); wait >= 1; wait = time - performance.now()) {
    await setTimeout(Math.min(wait, longest), undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/**
 * Returns a function that resolves when the next message is due. The times are computed from the start, so that a late
 * message does not delay all that follow. At high rates, messages go out in groups.
 *
 * @param interval Milliseconds between two messages; undefined: as fast as possible.
 */
export function openPace(interval: number | undefined, signal: AbortSignal): () => Promise<void> {
  if (interval === undefined) return async () => {};
  const start = performance.now();
  let count = 0;
  return () => waitUntil(start + count++ * interval, signal);
}
