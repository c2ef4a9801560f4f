// `npm run dev`: tests run again while you edit. A change of TypeScript runs the tests that import the file; a change of C++
// builds the addon first, and then runs all of them.

import { watch } from "node:fs";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { command } from "./command_line.mjs";

const { args: tests } = command("npm run dev --", "Runs the affected tests whenever a file changes.")
  .argument("[tests...]", "only these test files")
  .parse();

const root = fileURLToPath(new URL("../", import.meta.url));
const start = (program, ...parameters) =>
  execa(program, parameters, { cwd: root, stdio: "inherit", reject: false });

/** Milliseconds without a change before a build begins: editors write a file in several steps. */
const quiet = 200;
let building = false;
let timer;

async function build() {
  if (building) {
    timer = setTimeout(build, quiet);
    return;
  }
  building = true;
  await start(process.execPath, "scripts/build.mjs");
  building = false;
}

for (const folder of ["native", "vendor/patches"]) {
  watch(`${root}${folder}`, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(build, quiet);
  });
}
// vitest watches the addon's file, besides all modules (vitest.unit.config.mts).
const { exitCode } = await start("npx", "vitest", "--config", "vitest.unit.config.mts", ...tests);
process.exit(exitCode ?? 1);
