// Functions for all scripts: running programs, and ending with one clear sentence.
//
// The published package has this file and what builds the addon from source (`files` in package.json), and no packages
// of development. So these files start programs by `execute`; everything else uses execa.

import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** How many compilers run at once: without a number, make starts all that there are files. */
export const jobs = process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? String(availableParallelism());

/** Prints one sentence that says what to do, and ends the process with exit code 1. */
export function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Runs a program to its end, in the project's folder unless `cwd` names another. Returns what node:child_process does. */
export const execute = (command, args, options) =>
  spawnSync(command, args, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28, ...options });

/**
 * As `execute`, but ends this process with a sentence if the program fails. The program says nothing unless it fails: then
 * the end of what it said; or, with `shown`, all at once. `what`: what it is for; `install`: how to get it.
 */
export function run(command, args, { what, install, shown = false, ...options } = {}) {
  const stdio = shown ? "inherit" : "pipe";
  const { status, error, stdout, stderr } = execute(command, args, { stdio, ...options });
  if (error) fail(`${command} is needed and could not be run: ${install ?? "install it"}.`);
  if (status === 0) return;
  if (!shown) console.error(`${stdout}${stderr}`.split("\n").slice(-60).join("\n"));
  fail(`${what ?? (command === process.execPath ? args[0] : command)} failed: the lines above say why.`);
}
