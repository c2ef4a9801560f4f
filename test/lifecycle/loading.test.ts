// A worker may be terminated at any moment: while it loads the package, while it first uses it, and in the middle of
// every operation. In a terminating thread each Node-API call fails, and no failure may abort the process.
// test/runtimes/runtimes.test.ts has the same for Bun and Deno.

import { describe, test } from "vitest";
import { slowness } from "../helpers/program.js";
import { doors, expectTerminations, operations } from "../helpers/terminations.js";

const full = Boolean(process.env.ZMQ_NATIVE_SOAK);
/** The soak has 2,000 of each. The first milliseconds matter, so loading has more than the operations after it. */
const rounds = (few: number) => (full ? 2000 : few);
const limit = (full ? 600_000 : 100_000) * slowness;
const node = [process.execPath];

describe("a worker is terminated while it loads", () => {
  test.each(doors)("%s", { timeout: limit }, (door) =>
    expectTerminations(node, door, rounds(100), 12 * slowness, limit),
  );
});

describe("a worker is terminated while it", () => {
  test.each(operations)("%s", { timeout: limit }, (operation) =>
    expectTerminations(node, operation, rounds(25), 60 * slowness, limit),
  );
});
