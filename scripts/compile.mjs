// Compiles the demo or the examples with the TypeScript compiler, when they or dist/ have changed.

import { createRequire } from "node:module";
import { Argument, command } from "./command_line.mjs";
import { shown, step } from "./step.mjs";
import { unlessUpToDate } from "./up_to_date.mjs";

const line = command("node scripts/compile.mjs", "Compiles programs to out/.")
  .addArgument(new Argument("<folder>").choices(["demo", "examples"]))
  .parse();
const [folder] = line.args;
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
unlessUpToDate(
  `out/${folder}-up-to-date.json`,
  {
    inputs: [folder, "dist", "tsconfig.json", `tsconfig.${folder}.json`, "test/multicast/lan.d.mts"],
    outputs: [`out/${folder}`],
  },
  () => step(`compiling ${folder}`, process.execPath, [compiler, "-p", `tsconfig.${folder}.json`], shown),
);
