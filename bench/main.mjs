// npm run bench: measures, prints, and writes what it found.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { SingleBar } from "cli-progress";
import { command, listOf, wholeNumber } from "../scripts/command_line.mjs";
import { Lan } from "../test/multicast/lan.mjs";
import { judge } from "./aims.mjs";
import { descriptorsMissing } from "./descriptors.mjs";
import { stock } from "./ends.mjs";
import { root } from "./paths.mjs";
import { missingStreams, stockLibrary } from "./programs.mjs";
import { writeReport } from "./report.mjs";
import { countMeasurements, run } from "./runner.mjs";
import { scenarios } from "./scenarios/all.mjs";
import { killAll, pythonMissing } from "./stage.mjs";
import { aimsTable, scenarioTables } from "./table.mjs";

const names = scenarios.map(({ name }) => name);

const options = command(
  "npm run bench --",
  "Measures zmq-native beside zeromq, libzmq in C and Python, raw net and MessagePort.",
)
  .option("--only <names>", `some scenarios: ${names.join(",")}`, listOf(names))
  .option(
    "--rounds <count>",
    "how often each contender is measured (default: 5, and fewer in scenarios that take long; 2 with --quick)",
    wholeNumber(),
  )
  .option("--quick", "a look at the most important cases, in about two minutes")
  .option("--json <file>", "where to write the figures", join(root, "out/bench/results.json"))
  .option(
    "--resume",
    "keep the figures that are in the --json file, and measure the scenarios that are missing",
  )
  .option("--report [file]", "write the report page too (default: bench/report/index.html)")
  .option("--from <file>", "measure nothing: take the figures of an earlier run")
  .option("--list", "say what there is to measure")
  .addHelpText(
    "after",
    `
A run of everything takes about 50 minutes on two cores without other load. Figures are written after each scenario. It
needs \`npm run build\`. \`scripts/setup npm run bench\` also installs what the other contenders need; a contender or scenario that
cannot take part is named and left out.

Examples:
  npm run bench -- --report                               everything, and bench/report/index.html
  npm run bench -- --only receive,latency --rounds 9
  npm run bench -- --resume                               go on after a run that was interrupted
  npm run bench -- --from out/bench/results.json --report  the page again, without measuring`,
  )
  .parse()
  .opts();

if (options.list) {
  for (const { name, title, about } of scenarios) console.log(`${name}: ${title}. ${about}`);
  process.exit();
}

/** Of a scenario with many cases, the one of 64 bytes; without what is measured only to be drawn. */
function quick(scenario) {
  const cases = scenario.cases.filter(({ name }) => name === "64 B");
  return cases.length > 0 ? { ...scenario, cases } : { ...scenario, cases: scenario.cases.slice(0, 1) };
}

/** Why a scenario's `needs` are not met; undefined if they are. */
const missingNeeds = {
  lan: () => Lan.missing(),
  descriptors: descriptorsMissing,
};

function machine() {
  const [{ model }] = cpus();
  return {
    processor: `${cpus().length} × ${model}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    system: `${process.platform} ${process.arch}`,
  };
}

/** Prints how long the run took, and the scenarios that took longest. */
function printDuration(results) {
  const minutes = {};
  for (const { scenario, seconds } of results) {
    minutes[scenario] = (minutes[scenario] ?? 0) + seconds / 60;
  }
  const sorted = Object.entries(minutes).sort(([, a], [, b]) => b - a);
  const total = sorted.reduce((sum, [, taken]) => sum + taken, 0);
  const longest = sorted.slice(0, 8).map(([name, taken]) => `${name} ${taken.toFixed(1)}`);
  console.log(`\nThe run took ${total.toFixed(1)} minutes: ${longest.join(", ")}`);
}

const read = (file) => JSON.parse(readFileSync(file, "utf8"));

async function measure() {
  const absent = new Set();
  const leaveOut = (contender, why) => {
    console.warn(`${contender} does not take part: ${why}`);
    absent.add(contender);
  };
  const missing = pythonMissing();
  if (missing) leaveOut("pyzmq", missing);
  if (!stockLibrary) leaveOut(stock, "the system has no libzmq.so.5");
  for (const [contender, why] of missingStreams()) leaveOut(contender, why);
  const drawnOnly = [
    "multicast",
    "loss",
    "sockets",
    "peers",
    "threads",
    "retained",
    "stalled",
    "rest",
    "burst",
    "connections",
  ];
  const earlier = options.resume && existsSync(options.json) ? read(options.json).results : [];
  let chosen = scenarios.filter(
    ({ name }) => (options.only?.includes(name) ?? true) && !earlier.some((row) => row.scenario === name),
  );
  chosen = chosen.filter(({ title, needs }) => {
    const missing = needs && missingNeeds[needs]();
    if (missing) console.warn(`"${title}" is left out: ${missing}`);
    return !missing;
  });
  if (options.quick) {
    chosen = chosen.filter(({ name }) => options.only || !drawnOnly.includes(name)).map(quick);
  }
  if (absent.size > 0) {
    chosen = chosen.map((scenario) => ({
      ...scenario,
      cases: scenario.cases.map((one) => ({
        ...one,
        contenders: one.contenders.filter(({ name }) => !absent.has(name)),
      })),
    }));
  }
  const rounds = options.rounds ?? (options.quick ? 2 : 5);
  const all = options.rounds !== undefined;
  const bar = new SingleBar({
    format: "{bar} {value}/{total} {eta_formatted} left | {what}",
    barsize: 20,
    noTTYOutput: false,
  });
  for (const signal of ["SIGINT", "SIGTERM"])
    process.on(signal, () => {
      bar.stop();
      killAll();
      process.exit(130);
    });
  bar.start(countMeasurements(chosen, { rounds, all }), 0, { what: "" });
  mkdirSync(dirname(options.json), { recursive: true });
  const found = (results) => ({
    machine: machine(),
    rounds,
    scenarios: scenarios
      .map(({ name }) => name)
      .filter((name) => results.some((row) => row.scenario === name)),
    results,
  });
  let results = earlier;
  await run(chosen, {
    rounds,
    all,
    scale: options.quick ? 0.3 : 0.4,
    onProgress: (what) => bar.increment(1, { what }),
    // A run takes long: what it has measured is kept if it is interrupted.
    onScenario(name, measured) {
      results = [...earlier, ...measured];
      writeFileSync(options.json, JSON.stringify(found(results), undefined, 1));
      const failed = measured.filter((row) => row.scenario === name && row.rounds.length === 0);
      for (const { case: of, contender, failures } of failed)
        console.error(`\n${name}, ${of}, ${contender}: ${failures[0]}`);
      if (!process.stderr.isTTY) console.error(`${new Date().toISOString()} ${name} is measured`);
    },
  });
  bar.stop();
  printDuration(results);
  return found(results);
}

const found = options.from ? read(options.from) : await measure();
const { results } = found;
const measured = scenarios
  .map((scenario) => ({
    ...scenario,
    cases: scenario.cases.filter((one) =>
      results.some((row) => row.scenario === scenario.name && row.case === one.name),
    ),
  }))
  .filter(({ cases }) => cases.length > 0);
for (const table of scenarioTables(measured, results)) console.log(`\n${table}`);
const judged = judge(results);
if (judged.length > 0) console.log(`\n${aimsTable(judged)}`);
if (options.report) {
  const file = options.report === true ? join(root, "bench/report/index.html") : options.report;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, writeReport(measured, found, judged));
  // The page can be made again from them, by --from.
  writeFileSync(join(dirname(file), "results.json"), JSON.stringify(found));
  console.log(`\nThe report is in ${file}.`);
}
