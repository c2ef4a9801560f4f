// What every script shares: its flags with --help, programs that it runs, and one clear sentence when it cannot go on.

import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));

/** How many compilers run at once: without a number, make starts all that there are files. */
export const jobs = process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? String(availableParallelism());

/** Prints one sentence that says what to do, and ends the process with exit code 1. */
export function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/**
 * Runs a program to its end, in the project's folder unless `cwd` names another. It says nothing unless it fails: then
 * the end of what it said, and a sentence; or, with `shown`, all at once. `what`: what it is for; `install`: how to get it.
 */
export function run(command, args, { what, install, shown = false, ...options } = {}) {
  const stdio = shown ? "inherit" : "pipe";
  const settings = { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28, stdio, ...options };
  const { status, error, stdout, stderr } = spawnSync(command, args, settings);
  if (error) fail(`${command} is needed and could not be run: ${install ?? "install it"}.`);
  if (status === 0) return;
  if (!shown) console.error(`${stdout}${stderr}`.split("\n").slice(-60).join("\n"));
  fail(`${what ?? (command === process.execPath ? args[0] : command)} failed: the lines above say why.`);
}

/**
 * Parses the command line by `util.parseArgs`; each option's `help` makes the text of --help. With `positionals`, what
 * is no option is in the result by that name.
 */
export function parseFlags({ usage, options, args, positionals = false }) {
  const known = { ...options, help: { type: "boolean", short: "h", help: "print this text" } };
  let values;
  try {
    const parsed = parseArgs({ options: known, args, allowPositionals: positionals });
    values = positionals ? { ...parsed.values, positionals: parsed.positionals } : parsed.values;
  } catch (error) {
    fail(`${error.message}\nusage: ${usage}`);
  }
  if (values.help) {
    const rows = Object.entries(known).map(([name, { help }]) => `  --${name.padEnd(12)} ${help}`);
    console.log(`usage: ${usage}\n\n${rows.join("\n")}`);
    process.exit(0);
  }
  return values;
}

/** The whole number that an option was given, or `otherwise`; ends the process if it is none, or below `least`. */
export function wholeNumber(name, text, otherwise, least = 1) {
  if (text === undefined) return otherwise;
  if (!/^\d+$/.test(text) || Number(text) < least)
    fail(`--${name} must be a whole number from ${least} up, got ${text}.`);
  return Number(text);
}
