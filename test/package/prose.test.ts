// The prose linter of `npm run check`: which sentences it rejects, in pages and in comments of sources.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import { root } from "./pack.js";

const folder = mkdtempSync(join(tmpdir(), "prose-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The findings in a file, as `line text`, and the exit code. */
function lint(name: string, content: string): { status: number | null; findings: string[] } {
  const file = join(folder, name);
  writeFileSync(file, content);
  const script = join(root, "scripts/prose.mjs");
  const { status, stdout } = executeSync(process.execPath, [script, file], { cwd: root });
  const findings = stdout.split("\n").filter((line) => line !== "");
  return { status, findings: findings.map((line) => line.slice(file.length + 1)) };
}

const long = `This sentence ${"goes on and on and ".repeat(12)}ends.`;

describe("prose linter", () => {
  test("accepts plain sentences, questions, code and quotations", () => {
    const text =
      "# What is a socket?\n\nA socket sends messages. `has it` is code.\n\n```ts\n// What goes here\n```\n\n> What is quoted\n";
    expect(lint("good.md", text)).toEqual({ status: 0, findings: [] });
  });

  test("rejects riddles, translated words, private terms, British spelling and long sentences in a page", () => {
    const lines = [
      "What is sent arrives.",
      "It is to be sent.",
      "Sockets are never collected.",
      "A behaviour.",
      "It waits for ever.",
      "- Whoever connects",
      long,
    ];
    const { status, findings } = lint("bad.md", `${lines.join("\n\n")}\n`);
    expect(status).toBe(1);
    expect(findings.map((finding) => Number.parseInt(finding, 10))).toEqual([1, 3, 5, 7, 9, 11, 13]);
  });

  test("reads the comments of a source, with their lines, and nothing else of it", () => {
    const source = [
      "// What is first.",
      'const text = "What is a string.";',
      "/**",
      " * Sends a message.",
      " *",
      " * @throws ZmqError Whoever fails.",
      " * @throws ZmqError `EBUSY`: What is busy.",
      " * @example",
      " * ```ts",
      " * const code = 1; // What is code",
      " * ```",
      " */",
      "send(); /* What is inline. */",
    ];
    const { status, findings } = lint("source.ts", source.join("\n"));
    expect(status).toBe(1);
    expect(findings.map((finding) => Number.parseInt(finding, 10))).toEqual([1, 7]);
  });
});
