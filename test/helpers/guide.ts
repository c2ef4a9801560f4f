// The guide's word: what a chapter says that an example prints is what the example prints. A chapter holds blocks like
//
//     ```console
//     $ npm run example -- request-reply
//     server: got "Hello"
//     ```
//
// each of which is a test. What follows a ~ was measured, and is another number each time. GUIDE=write replaces what a
// chapter says by what was printed.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa, execaSync } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { slowness } from "./program.js";

export const root = join(__dirname, "../..");
const compiled = join(root, "out/examples");

const block = /^```console\n\$ npm run example -- (\S+)\n([\s\S]*?)^```$/gm;

/** A chapter's blocks: which example, and what it prints. */
export function blocksOf(chapter: string): { name: string; output: string }[] {
  const text = readFileSync(join(root, "docs/guide", `${chapter}.md`), "utf8");
  return [...text.matchAll(block)].map(([, name, output]) => ({ name: name!, output: output! }));
}

/** The names of a chapter's examples. */
export function examplesOf(chapter: string): string[] {
  const files = readdirSync(join(root, "examples", chapter));
  return files.filter((file) => file.endsWith(".mts")).map((file) => file.replace(".mts", ""));
}

export const chapters = readdirSync(join(root, "examples")).filter((name) => /^\d/.test(name));

/** Compiles the examples, if they have changed since. */
export function compileExamples(): void {
  execaSync(process.execPath, [join(root, "scripts/compile.mjs"), "examples"]);
}

/** The compiled program of an example. */
export const programOf = (chapter: string, name: string) => join(compiled, chapter, `${name}.mjs`);

/** Runs an example as a user does, without a terminal. */
const runExample = (chapter: string, name: string) =>
  execa(process.execPath, [programOf(chapter, name)], {
    stdin: "ignore",
    stripFinalNewline: false,
    timeout: 25_000 * slowness,
    killSignal: "SIGKILL",
    env: { NODE_NO_WARNINGS: "1" },
    reject: false,
  });

const measured = /~[\d.]+/g;

/** Puts into a chapter what its example has printed. */
function write(chapter: string, name: string, stdout: string): void {
  const path = join(root, "docs/guide", `${chapter}.md`);
  const text = readFileSync(path, "utf8");
  const updated = text.replace(block, (whole, named: string, output: string) =>
    named === name && output.replace(measured, "~") !== stdout.replace(measured, "~")
      ? `\`\`\`console\n$ npm run example -- ${name}\n${stdout}\`\`\``
      : whole,
  );
  writeFileSync(path, updated);
}

/**
 * Tests that each example of a chapter prints what the chapter says, ends by itself, and well. `figures` says what must
 * hold for the measured numbers of an example, in the order in which they are printed.
 */
export function testChapter(
  chapter: string,
  figures: Record<string, (...numbers: number[]) => void> = {},
): void {
  beforeAll(compileExamples, 60_000);

  describe(chapter, () => {
    const outputs = new Map(blocksOf(chapter).map(({ name, output }) => [name, output]));
    test.each(examplesOf(chapter))("%s", async (name) => {
      const { exitCode, signal, stdout, stderr } = await runExample(chapter, name);
      expect({ exitCode, signal, stderr }).toEqual({ exitCode: 0, signal: undefined, stderr: "" });
      if (process.env.GUIDE === "write") return write(chapter, name, stdout);
      expect(stdout.replace(measured, "~")).toBe(outputs.get(name)?.replace(measured, "~"));
      figures[name]?.(...(stdout.match(measured) ?? []).map((text) => Number(text.slice(1))));
    });
  });
}
