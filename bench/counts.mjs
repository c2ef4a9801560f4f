// Counts that do not vary with the speed of the machine: instructions, by valgrind's callgrind, and system calls, by
// strace. Each is the difference of two runs, so that the start of the program is left out.

import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa, execaSync } from "execa";
import { root } from "./paths.mjs";

const program = join(root, "bench/peers/count.mjs");

/** Instructions are counted over inproc, where nothing depends on when another thread runs. */
const instructionPaths = [
  "await send",
  "await send, three frames",
  "sendMany",
  "receive",
  "receive, three frames",
  "for await",
  "batches",
  "REQ/REP",
];
/**
 * V8 compiles code at other moments in each run, which costs up to 20 million instructions. Divided by the operations
 * between the two counts, that must be little beside what one operation costs: a message of a batch costs least.
 */
const instructionCounts = {
  sendMany: [200_000, 1_200_000],
  batches: [200_000, 1_200_000],
  "REQ/REP": [4000, 20_000],
};
/** A round trip takes the same system calls each time; a stream takes fewer, the faster it is. */
const callPaths = ["REQ/REP"];

const isMissing = (tool) => execaSync(tool, ["--version"], { reject: false }).failed;

/** Why counts cannot be taken; undefined if they can. */
export function countsMissing() {
  const missing = ["valgrind", "strace"].filter(isMissing);
  return missing.length > 0 ? `install ${missing.join(" and ")}` : undefined;
}

/** Runs the program below a tool; `--single-threaded` keeps V8's other threads from doing a part of the work. */
const run = (tool, flags, options) =>
  execa(tool, [...flags, process.execPath, "--single-threaded", program, JSON.stringify(options)]);

async function instructions(library, path, count, queued) {
  const flags = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
  const options = { library, path, transport: "inproc", count, queued };
  const { stderr } = await run("valgrind", flags, options);
  return Number(/Collected : (\d+)/.exec(stderr)[1]);
}

/** The calls of all threads: libzmq's reads, writes, polls and wake-ups of both ends. */
async function calls(library, path, count) {
  const file = join(tmpdir(), `zmq-native-calls-${process.pid}-${Math.random()}`);
  try {
    await run("strace", ["-f", "-c", "-o", file], { library, path, transport: "tcp", count });
    return Number(/(\d+)\s+(?:\d+\s+)?total$/m.exec(readFileSync(file, "utf8"))[1]);
  } finally {
    rmSync(file, { force: true });
  }
}

async function difference(measure, library, path, [few, many]) {
  const [low, high] = await Promise.all([few, many].map((count) => measure(library, path, count, many)));
  return (high - low) / (many - few);
}

/**
 * Counts what each hot path whose name contains `only` costs in each library. Calls `found` with
 * `{ what, path, values }` for each; `values` has a count per operation for each library.
 */
export async function countPaths(libraries, only, found) {
  const kinds = [
    ["system calls", calls, callPaths, { "REQ/REP": [2000, 6000] }],
    ["instructions", instructions, instructionPaths, instructionCounts],
  ];
  for (const [what, measure, paths, own] of kinds) {
    for (const path of paths.filter((one) => one.includes(only))) {
      const counts = own[path] ?? [100_000, 400_000];
      const values = [];
      for (const library of libraries) values.push(await difference(measure, library, path, counts));
      found({ what, path, values });
    }
  }
}
