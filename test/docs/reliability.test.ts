// docs/reliability.md: each scenario has a test of its number in the file that the page names.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../package/pack.js";

test("each scenario of docs/reliability.md has a test of its number in the file that it names", () => {
  const page = readFileSync(join(root, "docs/reliability.md"), "utf8");
  const rows = [...page.matchAll(/^\| (\d+) \|.*\| ([\w/, ]+) \|$/gm)];
  expect(rows.map(([, number]) => Number(number))).toEqual(rows.map((_, index) => index + 1));
  expect(rows.length).toBeGreaterThan(30);
  for (const [, number, files] of rows) {
    for (const file of files!.split(", ")) {
      const source = readFileSync(join(root, "test", `${file}.test.ts`), "utf8");
      expect(source, `scenario ${number} in ${file}`).toMatch(
        new RegExp(`scenarios? (?:\\d+ and )?${number}\\b`),
      );
    }
  }
});
