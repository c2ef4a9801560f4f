// docs/what-users-ask-for.md: each answer has a page or program, and a test file that exists.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../package/pack.js";

test("each answered request names a page and test files that exist", () => {
  const page = readFileSync(join(root, "docs/what-users-ask-for.md"), "utf8");
  const [, answered] = page.split(/^## /m);
  const rows = [...answered!.matchAll(/^\| (?!request|---)(.+) \|$/gm)].map(([, row]) => row!.split(" | "));
  expect(rows.length).toBeGreaterThan(15);
  for (const [request, answer, pages, tests] of rows) {
    expect(answer, request).toMatch(/`|default/);
    expect(pages, request).toMatch(/\]\(\S+\.md(?:#\S+)?\)/);
    const files = [...tests!.matchAll(/`([\w/-]+)`/g)].map(([, file]) => `test/${file}.test.ts`);
    expect(files.length, request).toBeGreaterThan(0);
    for (const file of files) expect(existsSync(join(root, file)), file).toBe(true);
  }
});
