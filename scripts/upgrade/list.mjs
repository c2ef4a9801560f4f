// Prints the patch series as a Markdown table: `npm run vendor -- --list`.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pins } from "../vendor/pins.mjs";
import { fieldsOf, patchFolder, seriesOf, testsOf } from "../vendor/series.mjs";

/** Counts the added and removed lines of a patch. */
function changesOf(text) {
  const lines = text.split("\n");
  const count = (sign) =>
    lines.filter((line) => line.startsWith(sign) && !line.startsWith(sign.repeat(3))).length;
  return `+${count("+")} -${count("-")}`;
}

/** Prints one row per patch, in the order of the series. */
export function listPatches() {
  console.log("| library | group | patch | lines | origin | test |\n|---|---|---|---|---|---|");
  for (const [library] of pins) {
    for (const patch of seriesOf(library)) {
      const text = readFileSync(join(patchFolder(library), patch), "utf8");
      const { Origin, Test } = fieldsOf(text);
      const [group, name] = patch.replace(/\.patch$/, "").split("/");
      const tests = testsOf(Test).map(({ file, reason }) => file ?? `none: ${reason}`);
      const cells = [library, group, name, changesOf(text), Origin, [...new Set(tests)].join(", ")];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}
