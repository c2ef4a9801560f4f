// npm run bench:compare: this tree against a revision of it, in interleaved rounds. Exit code 1 when this tree is slower
// than the bound allows.

import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";
import { command, share, wholeNumber } from "../scripts/command_line.mjs";
import { countFor, nodeEnds, sizeName, toolEnds } from "./ends.mjs";
import { ratio, spread } from "./format.mjs";
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
  .parse();
const { bound, rounds } = line.opts();

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
];

for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => {
    killAll();
    process.exit(130);
  });
const results = await run(scenarios, {
  rounds,
  scale: 0.5,
  onProgress: (what) => process.stdout.isTTY && process.stdout.write(`\r\x1b[K${what}`),
});
if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");

let slower = 0;
for (const { name, cases } of scenarios) {
  for (const one of cases) {
    const [before, now] = Object.keys(sides).map((side) =>
      results.find((row) => row.scenario === name && row.case === one.name && row.contender === side),
    );
    const change = ratioOf(now, before, "rate");
    if (change === undefined) {
      console.log(`${name} ${one.name}: failed: ${[...before.failures, ...now.failures][0]}`);
      slower++;
      continue;
    }
    const verdict = change.median < 1 - bound ? "SLOWER" : "";
    if (verdict) slower++;
    const rate = spread(figureOf(now, "rate"));
    console.log(`${name} ${one.name}: ${spread(change, ratio)} of ${commit}'s; now ${rate} /s ${verdict}`);
  }
}
console.log(
  `${slower} of ${scenarios.flatMap(({ cases }) => cases).length} slower by more than ${bound * 100} %`,
);
process.exitCode = slower > 0 ? 1 : 0;
