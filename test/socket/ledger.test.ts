// Random programs: every count of every socket is that of the test's own ledger. LEDGER_OPERATIONS sets the number of
// operations of all programs together, and LEDGER_SEED repeats a run.

import { afterAll, describe, expect, test } from "vitest";
import { networks, programs, Random, seen } from "../helpers/ledger.js";

const operations = Number(
  process.env.LEDGER_OPERATIONS ?? (process.env.ZMQ_NATIVE_SOAK ? 1_000_000 : 16_000),
);
const seed = Number(process.env.LEDGER_SEED ?? Math.floor(Math.random() * 2 ** 31));

const names = Object.keys(programs) as (keyof typeof programs)[];
/** Operations of each kind of program over each transport, and of one program. */
const share = operations / names.length / networks.length;
const longest = 500;

let [done, audits] = [0, 0];
afterAll(() => {
  if (process.env.LEDGER_OPERATIONS) console.log(`${done} operations, ${audits} audits, seed ${seed}`);
});

/** Those that the programs can cause. The others are in statistics.test.ts. */
const reasons = [
  ...["conflated", "filtered", "highWaterMark", "lingerExpired", "noPeer", "noRoute", "overflow", "peerGone"],
  ...["replaced", "tooLarge", "unread"],
];

describe.each(networks)("over %s", (network) => {
  test.each(names)(
    "%s: every count is that of the ledger",
    async (name) => {
      for (let count = 0, round = 0; count < share; round++) {
        const random = new Random(seed + round * 8191);
        const program = await programs[name](network, random, round);
        try {
          for (let step = 0; step < longest; step++, count++, done++) {
            await program.step();
            if (random.below(150) === 0) {
              await program.audit();
              audits++;
            }
          }
          await program.audit();
          audits++;
        } catch (error) {
          (error as Error).message =
            `seed ${seed}, round ${round}, operation ${count}: ${(error as Error).message}`;
          throw error;
        } finally {
          program.close();
        }
      }
    },
    Math.max(120_000, share * 20),
  );
});

test("the programs have dropped messages for each reason", () => {
  expect([...seen].sort()).toEqual(reasons);
});
