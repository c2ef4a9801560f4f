// The pages of docs/frameworks: each shows the files of examples/integrations, and its programs print the output on the page.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { testPage } from "../helpers/pages.js";
import { root } from "../package/pack.js";
import { compile, packages, programs, sources } from "./integrations.js";

beforeAll(compile, 300_000);

const pages = readdirSync(join(root, "docs/frameworks")).map((file) => `docs/frameworks/${file}`);
const installed = Object.fromEntries(packages.map((name) => [name, sources]));

for (const page of pages) {
  testPage(page, { packages: installed, compiled: { from: sources, to: programs } });
}

const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".mts") && !file.startsWith("node_modules"),
);

test("the pages show each file, of less than a hundred lines, and run each program", () => {
  const text = pages.map((page) => readFileSync(join(root, page), "utf8")).join("\n");
  for (const file of files) {
    expect(text).toContain(`\n// ${file}\n`);
    expect(readFileSync(join(sources, file), "utf8").split("\n").length, file).toBeLessThanOrEqual(100);
    if (file.endsWith("main.mts")) expect(text).toContain(`\n$ node ${file.replace(".mts", ".mjs")}\n`);
  }
});
