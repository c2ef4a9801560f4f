// piscina/main.mts
// The same tasks for the pool over inproc and for Piscina.

import { Piscina } from "piscina";
import { Pool } from "./pool.mjs";

const inproc = new Pool(new URL("./worker.mjs", import.meta.url), 2);
const piscina = new Piscina({
  filename: new URL("./work.mjs", import.meta.url).href,
  minThreads: 2,
  maxThreads: 2,
});
const pools = {
  inproc: (number: number) => inproc.run(number),
  Piscina: (number: number) => piscina.run(number) as Promise<number>,
};

for (const [name, run] of Object.entries(pools)) {
  console.log(`${name}: ${(await Promise.all([10, 20, 25].map(run))).join(" ")}`);
  console.log(`${name}: ${await run(-1).catch((error: Error) => error.message)}`);
}

/** Tasks per second, with 100 in flight. */
async function rate(run: (number: number) => Promise<unknown>, number: number, count: number) {
  const start = performance.now();
  let left = count;
  const feed = async () => {
    while (left-- > 0) await run(number);
  };
  await Promise.all(Array.from({ length: 100 }, feed));
  return Math.round(count / ((performance.now() - start) / 1_000));
}
for (const [tasks, number, count] of [
  ["small", 1, 10_000],
  ["large", 20, 1_000],
] as const) {
  // The first run compiles.
  for (const run of Object.values(pools)) await rate(run, number, count / 4);
  for (const [name, run] of Object.entries(pools)) {
    console.log(`${tasks} tasks, ${name}: ~${await rate(run, number, count)} per second`);
  }
}

console.log(await inproc.run(45, 200).catch((error: Error) => error.message));
console.log(await inproc.run(99).catch((error: Error) => error.message));
console.log(`after a crash: ${await inproc.run(20)}`);
await inproc.close();
await piscina.destroy();
