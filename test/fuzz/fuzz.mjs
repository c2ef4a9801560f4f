// Plays random programs against the public interface, each process two hundred of them. What crashes it, hangs, leaves a promise
// unsettled or fails in words that are not the library's is made short, printed, and kept where a test replays it.
//
//   npm run fuzz -- --seconds 60
//   npm run fuzz -- --seed 7 --programs 500        the same programs again
//   npm run fuzz -- --operations 1000000           until so many operations have been performed
//   npm run fuzz -- --only transfers,getters       of the families of operations, only these; --without: all but these

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { command, listOf, wholeNumber } from "../../scripts/command_line.mjs";
import { progress } from "../helpers/progress.mjs";
import { families, programs } from "./operations.mjs";
import { isolated, play, shrink, signatureOf } from "./player.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const toFamilies = (text) => (text === "none" ? [] : listOf(families)(text));
const flags = command("npm run fuzz --", "Plays random programs against the public interface.")
  .option("--seconds <number>", "how long (default: 60)", wholeNumber())
  .option("--programs <number>", "how many at most (default: as many as there is time for)", wholeNumber())
  .option("--operations <number>", "how many at least, however long it takes", wholeNumber(0))
  .option("--only <families>", `the usual operations and these: ${families.join(",")}; or none`, toFamilies)
  .option("--without <families>", "families of operations to leave out", toFamilies)
  .option("--jobs <number>", "processes at a time, which mostly wait", wholeNumber(), 4)
  .option("--seed <number>", "the same programs for the same one (default: the time)", wholeNumber(0))
  .option("--keep <folder>", "where what was found goes", join(root, "test/hostile/regressions"))
  .option("--no-shrink", "say what was found at once, and go on")
  .parse()
  .opts();
const { operations: least = 0, programs: most = Number.POSITIVE_INFINITY, jobs, keep } = flags;
const seconds = flags.seconds ?? (flags.operations === undefined ? 60 : 86_400);
const seed = flags.seed ?? Date.now() % 1_000_000_000;
const batch = 200;
const used = (flags.only ?? families).filter((name) => !flags.without?.includes(name));

const start = performance.now();
const elapsed = () => (performance.now() - start) / 1000;
const found = new Map();
let played = 0;
let operations = 0;
let unsettled = 0;
/** Time spent on making programs short does not count. */
let shrinking = 0;

console.log(
  `seed ${seed}${isolated ? "" : "; no network of our own here, so only endpoints with a wildcard"}; families: ${used.join(", ")}`,
);
const bar = progress(
  seconds,
  "{value}/{total} s, {played} programs, {operations} operations, {found} found",
  {
    played: 0,
    operations: 0,
    found: 0,
  },
);

async function report(list, fault) {
  const signature = signatureOf(fault);
  found.set(signature, (found.get(signature) ?? 0) + 1);
  if (found.get(signature) > 1) return;
  const before = elapsed();
  console.error(`\n${signature}\n${fault.text.trim().split("\n").slice(0, 40).join("\n")}`);
  const short = flags.shrink ? await shrink(list, fault) : undefined;
  shrinking += elapsed() - before;
  const name = signature
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/^-|-$/g, "");
  const folder = short ? keep : join(root, "out/fuzz/found");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  const kept = { found: signature, program: short ?? list[fault.program] };
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  const how = short ? "A program that does it" : "It did not happen again; the program that was being played";
  console.error(`${how}, in ${file}:\n${kept.program.map((one) => `  ${JSON.stringify(one)}`).join("\n")}\n`);
}

const goesOn = () => elapsed() - shrinking < seconds && played < most && (least === 0 || operations < least);

/** Reports are made one after the other. */
let reporting = Promise.resolve();
let batches = 0;

/** Plays batch after batch. */
async function work() {
  while (goesOn()) {
    // A seed for each batch, so that one that goes wrong changes nothing for those after it.
    const number = batches++;
    const size = Math.min(batch, most - number * batch);
    if (size <= 0) return;
    let rest = programs(seed + number * 7919, size, used);
    while (rest.length > 0) {
      const outcome = await play(rest);
      played += outcome.played;
      operations += outcome.operations;
      unsettled += outcome.unsettled;
      bar.update(Math.round(elapsed() - shrinking), { played, operations, found: found.size });
      if (outcome.fault === undefined) break;
      const list = rest;
      reporting = reporting.then(() => report(list, outcome.fault));
      await reporting;
      played++;
      if (!goesOn()) break;
      rest = rest.slice(outcome.fault.program + 1);
    }
  }
}
await Promise.all(Array.from({ length: jobs }, work));
bar.end();

const took = Math.max(1, Math.round(elapsed()));
console.log(
  `${played} programs, ${operations} operations in ${took} s, ${found.size === 0 ? "nothing" : found.size} found; ` +
    `${Math.round(operations / took)} operations a second, ${unsettled} unsettled promises`,
);
for (const [signature, times] of found) console.log(`  ${times} × ${signature}`);
process.exitCode = found.size > 0 ? 1 : 0;
