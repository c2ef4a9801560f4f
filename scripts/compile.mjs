// Compiles the demo, the examples or the integrations with the TypeScript compiler, when they or dist/ have changed.

import { existsSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Argument, command } from "./command_line.mjs";
import { installPackages } from "./packages.mjs";
import { shown, step } from "./step.mjs";
import { unlessUpToDate } from "./up_to_date.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const line = command("node scripts/compile.mjs", "Compiles programs to out/.")
  .addArgument(new Argument("<folder>").choices(["demo", "examples", "integrations"]))
  .parse();
const [folder] = line.args;

/** The sources and the settings of the compiler, by folder of out/. */
const { sources, project } = {
  demo: { sources: "demo", project: "tsconfig.demo.json" },
  examples: { sources: "examples", project: "tsconfig.examples.json" },
  integrations: { sources: "examples/integrations", project: "examples/integrations/tsconfig.json" },
}[folder];

if (folder === "integrations") installPackages(join(root, sources));

const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const out = `out/${folder}`;
unlessUpToDate(
  `${out}-up-to-date.json`,
  {
    inputs: [sources, "dist", "tsconfig.json", "tsconfig.examples.json", project, "test/multicast/lan.d.mts"],
    outputs: [out],
  },
  () => {
    step(`compiling ${folder}`, process.execPath, [compiler, "-p", project], shown);
    // The compiled programs find the packages of their sources.
    const modules = join(root, out, "node_modules");
    if (folder === "integrations" && !existsSync(modules)) {
      symlinkSync(join(root, sources, "node_modules"), modules, "junction");
    }
  },
);
