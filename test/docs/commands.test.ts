// The commands that pages show in blocks of `sh`. Most change the machine or run for minutes, so they are not run. Their
// syntax, scripts, flags and files are checked instead.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import { root } from "../package/pack.js";

const pages = ["", "docs", "docs/guide", "docs/frameworks", "examples"]
  .flatMap((folder) => readdirSync(join(root, folder)).map((file) => join(folder, file)))
  .filter((file) => file.endsWith(".md"));

const read = (file: string) => readFileSync(join(root, file), "utf8");
const blocks = pages.flatMap((page) =>
  [...read(page).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code], index) => ({
    title: `${page}, block ${index + 1}`,
    code: code!,
  })),
);
const commands = blocks.flatMap(({ title, code }) =>
  code
    .split("\n")
    .map((line) => line.replace(/ +#.*/, ""))
    .filter((line) => line !== "")
    .map((line) => ({ title: `${title}: ${line}`, line })),
);

const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

/** The flags of a command before a second `--`, which separates arguments for another program. */
const flagsOf = (parameters: string) =>
  [...parameters.split(/ -- /)[0]!.matchAll(/(?<=^| )--?[a-z][\w-]*/g)].map(([flag]) => flag);

const texts = new Map<string, string>();
/** The output of a program of Node that prints its help. */
function helpOf(program: string, flag: string): string {
  if (!texts.has(program)) {
    const { stdout } = executeSync(process.execPath, [program, flag], { cwd: root });
    texts.set(program, stdout);
  }
  return texts.get(program)!;
}

/** The folder of an installed package. */
const folderOf = (name: string) => dirname(createRequire(__filename).resolve(`${name}/package.json`));

/** The documentation of a command that pages run by `npx`. Not all may be run: prebuildify ignores `--help` and builds. */
const documentationOf: Record<string, () => string> = {
  vitest: () => helpOf(join(folderOf("vitest"), "vitest.mjs"), "--help"),
  tsc: () => helpOf(join(folderOf("typescript"), "bin/tsc"), "--all"),
  prebuildify: () => readFileSync(join(folderOf("prebuildify"), "README.md"), "utf8"),
  zmq: () => helpOf(join(root, "dist/command/main.mjs"), "--help"),
  // Comes with npm. No page passes it a flag.
  "node-gyp": () => "",
};

test("pages show commands in blocks of sh, where they are checked", () => {
  const indented = pages.filter((page) =>
    /^ {4}(?:npm run|npx) /m.test(read(page).replace(/^```[\s\S]*?^```$/gm, "")),
  );
  expect(indented).toEqual([]);
  expect(blocks.length).toBeGreaterThan(15);
});

test.each(blocks)("$title has the syntax of a shell", ({ code }) => {
  expect(executeSync("sh", ["-n"], { input: code })).toMatchObject({ status: 0, stderr: "" });
});

const matching = (pattern: RegExp) => commands.filter(({ line }) => pattern.test(line));

describe("npm run", () => {
  test.each(matching(/npm run /))("$title", ({ line }) => {
    const [, name, parameters] = /npm run ([\w:]+)(?: -- (.*))?/.exec(line)!;
    expect(scripts).toHaveProperty([name!]);
    for (const flag of flagsOf(parameters ?? "")) {
      expect(helpOf(join(root, scripts[name!]!.split(" ")[1]!), "--help")).toContain(flag);
    }
  });
});

describe("npx", () => {
  test.each(matching(/npx /))("$title", ({ line }) => {
    const [, name, parameters = ""] = /npx ([\w-]+)(.*)/.exec(line)!;
    const documentation = documentationOf[name!]!();
    for (const flag of flagsOf(parameters)) expect(documentation).toContain(flag);
  });
});

test.each(matching(/\b(?:test|scripts)\/[\w./-]+/))("the files of $title are there", ({ line }) => {
  for (const [file] of line.matchAll(/\b(?:test|scripts)\/[\w./-]+/g)) {
    expect(existsSync(join(root, file)), file).toBe(true);
  }
});
