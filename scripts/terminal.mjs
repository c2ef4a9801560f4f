// What every script shares: its flags with --help, one clear sentence when it cannot go on, and a line that moves.

import { parseArgs } from "node:util";

/** Prints one sentence that says what to do, and ends the process with exit code 1. */
export function fail(sentence) {
  console.error(sentence);
  process.exit(1);
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
