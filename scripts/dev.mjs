// `npm run dev`: tests run again while you edit. A change of TypeScript runs the tests that import the file; a change of C++
// builds the addon first, and then runs all of them.

import { spawn } from "node:child_process";
import { watch } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseFlags } from "./terminal.mjs";

const { positionals: tests } = parseFlags({
  usage: "npm run dev [-- TEST FILE…]",
  options: {},
  positionals: true,
});

const root = fileURLToPath(new URL("../", import.meta.url));
const start = (command, ...parameters) => spawn(command, parameters, { cwd: root, stdio: "inherit" });

/** Milliseconds without a change before a build begins: editors write a file in several steps. */
const quiet = 200;
let building = false;
let timer;

function build() {
  if (building) {
    timer = setTimeout(build, quiet);
    return;
  }
  building = true;
  start(process.execPath, "scripts/build.mjs").on("exit", () => {
    building = false;
  });
}

for (const folder of ["native", "vendor/patches"]) {
  watch(`${root}${folder}`, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(build, quiet);
  });
}
// vitest watches the addon's file, besides all modules (vitest.unit.config.mts).
const vitest = start("npx", "vitest", "--config", "vitest.unit.config.mts", ...tests);
vitest.on("exit", (code) => process.exit(code ?? 1));
