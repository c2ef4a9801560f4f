// Fuzzes what a raw peer may send, with libFuzzer: bytes that reach new code of libzmq are kept and varied further.
//
//   npm run fuzz:raw -- --seconds 60 --target tcp-null
//   npm run fuzz:raw -- --seconds 600 --keep          every target in turn; new inputs go to test/fuzz/corpus
//
// What crashes, hangs or takes too long is in out/fuzz/found; `npm run fuzz:raw -- --target X --input FILE` plays it.

import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa, execaSync } from "execa";
import { command, Option, wholeNumber } from "../../scripts/command_line.mjs";
import { step } from "../../scripts/step.mjs";
import { fail, jobs } from "../../scripts/terminal.mjs";
import { progress } from "../helpers/progress.mjs";
import { seeds, words } from "./seeds.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const targets = Object.keys(seeds);
const flags = command("npm run fuzz:raw --", "Fuzzes what a raw peer may send, with libFuzzer.")
  .option("--seconds <number>", "how long, all targets together", wholeNumber(), 60)
  .addOption(new Option("--target <name>", "one target (default: all, one after the other)").choices(targets))
  .option("--seed <number>", "of libFuzzer's random numbers (default: another one each time)", wholeNumber())
  .option("--keep", "put the smallest corpus that reaches the same code into test/fuzz/corpus")
  .option("--input <file>", "only play this file")
  .parse()
  .opts();
const { seconds, seed = (Date.now() % 1_000_000) + 1 } = flags;
/** Inputs of one target that are kept in the repository at most, the shortest ones, and their bytes each. */
const mostKept = 40;
const longestKept = 4096;

const out = join(root, "out/fuzz");
const found = join(out, "found");
/** NORM has a harness of its own. */
const harnessOf = (target) => join(out, target.startsWith("norm-") ? "norm_peer" : "raw");

function build() {
  const compilers = ["-DCMAKE_C_COMPILER=clang", "-DCMAKE_CXX_COMPILER=clang++", "-DCMAKE_BUILD_TYPE=Debug"];
  if (execaSync("clang", ["--version"], { reject: false }).failed) {
    fail("clang is needed and could not be run: on Debian, `apt-get install clang cmake ninja-build`.");
  }
  step("fetching the sources", process.execPath, ["scripts/vendor.mjs"]);
  step("configuring the harness", "cmake", ["-S", "test/fuzz", "-B", out, ...compilers]);
  const names = ["raw", "norm_peer"];
  step("building the harness", "cmake", ["--build", out, "--target", ...names, "--parallel", jobs]);
}

const settings = {
  // A peer may announce any length: what is too much is an error that libzmq has to live with.
  ASAN_OPTIONS: "allocator_may_return_null=1:max_allocation_size_mb=256:detect_leaks=1",
  UBSAN_OPTIONS: "print_stacktrace=1",
};

/** Runs the harness; answers its exit code and the last lines of what it said. Calls `onLine` with each line. */
async function play(target, args, onLine = () => {}) {
  const child = execa(harnessOf(target), [`--target=${target}`, ...args], {
    env: settings,
    stdio: ["ignore", "ignore", "pipe"],
    buffer: false,
    reject: false,
  });
  const lines = [];
  for await (const line of child.iterable({ from: "stderr" })) {
    onLine(line);
    lines.push(line);
    if (lines.length > 60) lines.shift();
  }
  return { code: (await child).exitCode, lines };
}

/** The corpus that a run works on: what is kept, or else good conversations. */
function corpusOf(target) {
  const folder = join(out, "corpus", target);
  const kept = join(root, "test/fuzz/corpus", target);
  mkdirSync(folder, { recursive: true });
  mkdirSync(kept, { recursive: true });
  for (const [index, seed] of seeds[target].entries()) writeFileSync(join(folder, `seed-${index}`), seed);
  return { folder, kept };
}

/** The fewest inputs that reach what all do; the shortest of them are put into the repository. */
async function keep(target, { folder, kept }) {
  const smallest = join(out, "smallest", target);
  rmSync(smallest, { recursive: true, force: true });
  mkdirSync(smallest, { recursive: true });
  await play(target, ["-set_cover_merge=1", smallest, kept, folder]);
  const files = readdirSync(smallest)
    .map((name) => ({ name, size: statSync(join(smallest, name)).size }))
    .filter(({ size }) => size <= longestKept)
    .sort((a, b) => a.size - b.size)
    .slice(0, mostKept);
  if (files.length === 0) return;
  // What was found once stays.
  for (const name of readdirSync(kept)) if (!name.startsWith("found-")) rmSync(join(kept, name));
  for (const { name } of files) copyFileSync(join(smallest, name), join(kept, name.slice(0, 12)));
}

build();
if (flags.input !== undefined) {
  if (flags.target === undefined) fail("--input needs a --target.");
  const { code, lines } = await play(flags.target, [flags.input]);
  console.log(lines.join("\n"));
  process.exit(code);
}

mkdirSync(found, { recursive: true });
const dictionary = join(out, "words.dict");
const escaped = (word) =>
  [...Buffer.from(word)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
writeFileSync(dictionary, words.map((word) => `"${escaped(word)}"\n`).join(""));

const chosen = flags.target === undefined ? targets : [flags.target];
const each = Math.max(1, Math.floor(seconds / chosen.length));
const bar = progress(
  each * chosen.length,
  "{value}/{total} s, {target}: {executions} inputs, {covered} edges, {faults} found",
  {
    target: chosen[0],
    executions: 0,
    covered: 0,
    faults: 0,
  },
);
const counts = [];
let faults = 0;
for (const [index, target] of chosen.entries()) {
  const corpus = corpusOf(target);
  const count = { target, executions: 0, covered: 0, faults: 0 };
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  let before = 0;
  while (elapsed() < each) {
    const args = [
      `-max_total_time=${Math.ceil(each - elapsed())}`,
      "-max_len=4096",
      "-print_final_stats=1",
      "-rss_limit_mb=2048",
      "-malloc_limit_mb=0",
      `-artifact_prefix=${found}/${target}-`,
      `-seed=${seed + before}`,
      `-dict=${dictionary}`,
      corpus.folder,
      corpus.kept,
    ];
    const { code, lines } = await play(target, args, (line) => {
      const [, executions] =
        /^#(\d+)\s/.exec(line) ?? /^stat::number_of_executed_units: (\d+)/.exec(line) ?? [];
      if (executions === undefined) return;
      count.executions = before + Number(executions);
      count.covered = Number(/cov: (\d+)/.exec(line)?.[1] ?? count.covered);
      const fields = { target, executions: count.executions, covered: count.covered, faults };
      bar.update(Math.round(index * each + elapsed()), fields);
    });
    before = count.executions;
    if (code === 0) break;
    faults++;
    count.faults++;
    console.error(`\n${target}:\n${lines.join("\n")}`);
    // What fails at once would fail again and again.
    if (count.faults === 5) break;
  }
  if (flags.keep) await keep(target, corpus);
  counts.push(count);
}
bar.end();

for (const { target, executions, covered, faults } of counts) {
  console.log(
    `${target.padEnd(14)} ${String(executions).padStart(9)} inputs, ${covered} edges, ${faults || "nothing"} found`,
  );
}
process.exitCode = faults > 0 ? 1 : 0;
