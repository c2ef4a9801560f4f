// examples/multicast, run as a user runs it.

import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { capability } from "zmq-native";
import { executeSync } from "../helpers/execute.js";
import { compileExamples, root } from "../helpers/guide.js";
import { Lan } from "../helpers/lan.js";
import { freshGroup } from "../helpers/pgm.js";

const missing = capability.pgm ? undefined : "this build of libzmq has no pgm";
const noNetwork = missing ?? Lan.missing();
for (const why of new Set([missing, noNetwork])) if (why) console.warn(`SKIPPED: ${why}`);

beforeAll(compileExamples, 60_000);

/** The rows of the table that it ends with: quotes, missing, gaps. */
async function feed(...options: string[]) {
  const { port } = await freshGroup();
  const program = join(root, "out/examples/multicast/market-data.mjs");
  const parameters = [program, "--port", `${port}`, "--seconds", "2", "--quotes", "2000", ...options];
  const { status, stdout, stderr } = executeSync(process.execPath, parameters, {
    timeout: 25_000,
  });
  const rows = [...stdout.matchAll(/(exchange|trader \d) *│ *(\d+) *│ *(\d*) *│ *(\d*)/g)];
  return { status, stderr, rows: rows.map(([, name, ...numbers]) => [name, ...numbers.map(Number)]) };
}

describe.skipIf(missing)("a market-data feed", () => {
  test("on loopback every trader gets everything", async () => {
    const { status, stderr, rows } = await feed();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(rows).toEqual([
      ["exchange", 4000, 0, 0],
      ["trader 1", 4000, 0, 0],
      ["trader 2", 4000, 0, 0],
    ]);
  });

  test.skipIf(noNetwork)("what cannot be repaired is counted", async () => {
    const { rows } = await feed("--loss", "20", "--recovery", "1", "--traders", "1");
    const [name, received, lost, gaps] = rows[1] as [string, number, number, number];
    expect(name).toBe("trader 1");
    expect(gaps).toBeGreaterThan(0);
    // Those before the first one heard, and after the last, are in no gap.
    expect(received + lost).toBeLessThanOrEqual(4000);
    expect(received + lost).toBeGreaterThan(3000);
  });

  test("a wrong option is told", async () => {
    const { status, stderr } = await feed("--loss", "120");
    expect(status).toBe(1);
    expect(stderr).toMatch(/Give a number from 0 to 100/);
  });
});
