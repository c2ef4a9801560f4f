// Whether other programs use the processors: then rates vary, and a run does not judge.

import { cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";

/** Programs of a desktop or a server at rest use less than this share of the processors. */
const atRest = 0.1;

function used() {
  const sum = { idle: 0, all: 0 };
  for (const { times } of cpus()) {
    sum.idle += times.idle;
    for (const time of Object.values(times)) sum.all += time;
  }
  return sum;
}

/**
 * Measures for two seconds, in which this program does nothing. Returns why a run must not judge; undefined if the
 * machine is quiet.
 */
export async function busyMachine() {
  const before = used();
  await wait(2000);
  const after = used();
  const share = 1 - (after.idle - before.idle) / (after.all - before.all);
  if (share < atRest) return undefined;
  return `other programs use ${Math.round(share * 100)} % of this machine's processors: the ratios are not judged`;
}
