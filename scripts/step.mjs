// The steps of a script: programs that must succeed before it goes on. The published package does not have this file:
// see scripts/terminal.mjs.

import { fileURLToPath } from "node:url";
import { execaSync } from "execa";
import { fail } from "./terminal.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Shows the output of a step at once. */
export const shown = { stdin: "inherit", stdout: "inherit", stderr: "inherit", all: false };

/**
 * Runs a program in the project's folder, and ends this process with a sentence if the program fails. Prints the end of
 * its output only then. `options` are those of execa.
 */
export function step(title, command, args, options) {
  const settings = { cwd: root, stdin: "ignore", all: true, maxBuffer: 2 ** 28, ...options, reject: false };
  const { failed, all, cause } = execaSync(command, args, settings);
  if (!failed) return;
  if (cause?.code === "ENOENT") fail(`${title} needs ${command}, which could not be run: install it.`);
  if (all) console.error(all.split("\n").slice(-60).join("\n"));
  fail(`${title} failed: the lines above say why.`);
}
