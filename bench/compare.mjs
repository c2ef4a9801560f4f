// npm run bench:compare: this tree against a revision of it, in interleaved rounds. Exit code 1 when this tree is slower
// than the bound allows.

import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";
import { command, share, wholeNumber } from "../scripts/command_line.mjs";
import { busyMachine } from "./busy.mjs";
import { countPaths, countsMissing } from "./counts.mjs";
import { countFor, nodeEnds, sizeName, toolEnds } from "./ends.mjs";
import { ratio, short, spread } from "./format.mjs";
import { root } from "./paths.mjs";
import { run } from "./runner.mjs";
import { killAll } from "./stage.mjs";
import { figureOf, ratioOf } from "./statistics.mjs";

const line = command(
  "npm run bench:compare --",
  "Measures this tree beside a git revision of it. Both must be built by the same machine, and are.",
)
  .argument("[revision]", "what to compare with", "HEAD")
  // Over seven rounds the medians of a tree against itself stay within 8 %; beyond 10 % something has changed.
  .option("--bound <share>", "how much slower this tree may be before the exit code is 1", share, 0.1)
  .option("--rounds <count>", "how often each side is measured", wholeNumber(), 7)
  .option("--only <text>", "only rows whose name contains the text")
  .option("--counts", "count instructions and system calls instead, by valgrind and strace: takes 15 minutes")
  // Counts of one tree differ by less than 1 %, because V8 compiles at other moments.
  .option("--count-bound <share>", "how many more this tree may need before the exit code is 1", share, 0.03)
  .parse();
const { bound, rounds, only = "", counts, countBound } = line.opts();

function need(program, parameters, options) {
  const { failed, stdout, stderr } = execaSync(program, parameters, { cwd: root, reject: false, ...options });
  if (!failed) return stdout.trim();
  console.error(`${program} ${parameters.join(" ")} failed:\n${stdout}${stderr}`);
  process.exit(2);
}

/** The revision, checked out and built in a folder of its own, once. */
function build(revision) {
  const commit = need("git", ["rev-parse", "--short", `${revision}^{commit}`]);
  const folder = join(root, "out/bench", commit);
  if (!existsSync(folder)) need("git", ["worktree", "add", "--detach", "--force", folder, commit]);
  const modules = join(folder, "node_modules");
  if (!existsSync(modules)) symlinkSync(join(root, "node_modules"), modules);
  console.log(`building ${commit}`);
  const env = { ZMQ_NATIVE_SOURCES: join(root, "vendor/sources") };
  need(process.execPath, ["scripts/build.mjs"], { cwd: folder, env });
  need("npm", ["run", "--silent", "build:lib"], { cwd: folder });
  return { commit, folder };
}

const { commit, folder } = build(line.processedArgs[0]);
const sides = { [commit]: folder, "this tree": root };

const stream = (receiver, sender, size) => async (stage, scale) => {
  const flow = { size, count: countFor(size, scale) };
  const receiving = receiver.receive(stage, flow);
  sender.send(stage, flow, await receiving.endpoint);
  return receiving.result;
};
const latency = (library) => async (stage) => {
  const answering = stage.node("latency.mjs", { library, role: "answer" });
  const options = { library, role: "ask", endpoint: await answering.endpoint, size: 64, count: 10_000 };
  const { mean } = await stage.node("latency.mjs", options).result;
  return { rate: 1e6 / mean };
};
const scenario = (name, cases) => ({
  name,
  cases: cases.map(([label, measure]) => ({
    name: label,
    contenders: Object.entries(sides).map(([side, library]) => ({ name: side, measure: measure(library) })),
  })),
});
const bySize = (make) => [64, 1024].map((size) => [sizeName(size), (library) => make(library, size)]);

const scenarios = [
  scenario(
    "for await",
    bySize((library, size) => stream(nodeEnds(library, "message"), toolEnds, size)),
  ),
  scenario(
    "batches",
    bySize((library, size) => stream(nodeEnds(library, "batch"), toolEnds, size)),
  ),
  scenario(
    "await send",
    bySize((library, size) => stream(toolEnds, nodeEnds(library, "message"), size)),
  ),
  scenario(
    "sendMany",
    bySize((library, size) => stream(toolEnds, nodeEnds(library, "batch"), size)),
  ),
  scenario("REQ/REP", [["64 B", latency]]),
]
  .map(({ name, cases }) => ({ name, cases: cases.filter((one) => `${name} ${one.name}`.includes(only)) }))
  .filter(({ cases }) => cases.length > 0);

for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => {
    killAll();
    process.exit(130);
  });
/** Compares the rates; returns whether this tree is within the bound. */
async function compareRates() {
  const busy = await busyMachine();
  if (busy) console.warn(busy);
  const results = await run(scenarios, {
    rounds,
    scale: 0.5,
    onProgress: (what) => process.stdout.isTTY && process.stdout.write(`\r\x1b[K${what}`),
  });
  if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
  const names = Object.keys(sides);
  let slower = 0;
  for (const row of results.filter(({ contender }) => contender === names[1])) {
    const before = results.find(
      (other) => other.scenario === row.scenario && other.case === row.case && other.contender === names[0],
    );
    const change = ratioOf(row, before, "rate");
    if (change === undefined) {
      console.log(`${row.scenario} ${row.case}: failed: ${[...before.failures, ...row.failures][0]}`);
      slower++;
      continue;
    }
    const verdict = change.median < 1 - bound ? "SLOWER" : "";
    if (verdict) slower++;
    const rate = spread(figureOf(row, "rate"), short);
    console.log(
      `${row.scenario} ${row.case}: ${spread(change, ratio)} of ${commit}'s; now ${rate} /s ${verdict}`,
    );
  }
  console.log(`${slower} of ${results.length / 2} slower by more than ${bound * 100} %`);
  // A machine that was quiet at first may not be any more.
  if (busy ?? (await busyMachine())) console.warn("The machine is busy: nothing is judged.");
  else return slower === 0;
  return true;
}

/** Compares the counts; returns whether this tree is within the bound. */
async function compareCounts() {
  const missing = countsMissing();
  if (missing) {
    console.error(`The counts need valgrind and strace: ${missing}.`);
    return false;
  }
  let more = 0;
  await countPaths(Object.values(sides), only, ({ what, path, values: [before, now] }) => {
    const verdict = now > before * (1 + countBound) ? "MORE" : "";
    if (verdict) more++;
    const change = (now / before).toFixed(3);
    console.log(
      `${path}, ${what}: ${now.toFixed(1)}, ${change} of ${commit}'s ${before.toFixed(1)} ${verdict}`,
    );
  });
  console.log(`${more} need more than ${countBound * 100} % more`);
  return more === 0;
}

const within = counts ? await compareCounts() : await compareRates();
process.exitCode = within ? 0 : 1;
