// Waits for a state that no event reports, such as the counts of a socket.

import { expect } from "vitest";

/** Repeats `look` until it returns what is expected. Fails with the difference after half a minute. */
export async function until(look: () => unknown, expected: unknown): Promise<void> {
  const end = performance.now() + 30_000;
  for (;;) {
    try {
      expect(look()).toMatchObject(expected as object);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise(setImmediate);
    }
  }
}
