// The guide as a whole: its programs compile, its links resolve, and `npm run example` runs its programs.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseSync } from "rolldown/utils";
import { beforeAll, describe, expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import {
  chapters,
  compileExamples,
  examplesOf,
  installedFolder,
  packagesOf,
  programsOf,
  root,
} from "../helpers/guide.js";

beforeAll(compileExamples, 60_000);

const firstPage = readFileSync(join(root, "docs/guide/README.md"), "utf8");

test("the guide's command for older versions of Node compiles each program to JavaScript", () => {
  const folder = installedFolder([...chapters.flatMap(packagesOf), "@types/node"]);
  try {
    const programs = chapters.flatMap((chapter) => [...programsOf(chapter)]);
    for (const [name, code] of programs) writeFileSync(join(folder, `${name}.mts`), code);
    const flags = /^npx tsc (.+) lazy-pirate\.mts$/m.exec(firstPage)![1]!.split(" ");
    const compiler = createRequire(__filename).resolve("typescript/bin/tsc");
    const files = programs.map(([name]) => `${name}.mts`);
    const { status, stdout } = executeSync(process.execPath, [compiler, ...flags, ...files], {
      cwd: folder,
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    const compiled = readdirSync(folder).filter((file) => file.endsWith(".mjs"));
    expect(compiled.sort()).toEqual(programs.map(([name]) => `${name}.mjs`).sort());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);

test("the first page lists the programs that are JavaScript without changes", () => {
  const [, list] = /save them as `\.mjs`:\n\n([\s\S]*?)\n\n/.exec(firstPage)!;
  const listed = [...list!.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!);
  const javascript = chapters
    .flatMap((chapter) => [...programsOf(chapter)])
    .filter(([, code]) => parseSync("program.mjs", code).errors.length === 0)
    .map(([name]) => name);
  expect(listed.sort()).toEqual(javascript.sort());
});

test.each(chapters)("%s has a diagram", (chapter) => {
  expect(readFileSync(join(root, "docs/guide", `${chapter}.md`), "utf8")).toContain("```mermaid");
});

/** The anchors of a page: its headings, as GitHub and the site name them. */
function anchorsOf(path: string): string[] {
  const headings = readFileSync(path, "utf8").matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the pages", () => {
  const pages = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file));
  test.each(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", ...pages])(
    "%s: every link leads to an existing file and heading",
    (page) => {
      const text = readFileSync(join(root, page), "utf8").replace(/```[\s\S]*?```/g, "");
      const broken = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)]
        .map(([, link]) => link!)
        .filter((link) => {
          const [file, anchor] = link.split("#") as [string, string?];
          const path = file === "" ? join(root, page) : join(root, dirname(page), file);
          if (!existsSync(path)) return true;
          return anchor !== undefined && path.endsWith(".md") && !anchorsOf(path).includes(anchor);
        });
      expect(broken).toEqual([]);
    },
  );

  test("name only tests that exist", () => {
    const named = pages.flatMap((page) => [
      ...readFileSync(join(root, page), "utf8").matchAll(/`(test\/[\w/.-]+\.ts)`/g),
    ]);
    expect(named.length).toBeGreaterThan(15);
    expect(named.map(([, file]) => file!).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

describe("npm run example", () => {
  const run = (...parameters: string[]) =>
    executeSync(process.execPath, [join(root, "out/examples/run.mjs"), ...parameters]);

  test("lists the examples, each with a sentence", () => {
    for (const parameters of [[], ["--help"]]) {
      const { status, stdout } = run(...parameters);
      expect(status).toBe(0);
      for (const name of chapters.flatMap(examplesOf)) {
        expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z].{20,}[.:]$`, "m"));
      }
    }
  });

  test("runs an example by name, with arguments", () => {
    expect(run("version")).toMatchObject({ status: 0, stdout: expect.stringContaining("libzmq 4.") });
    expect(run("beacon", "nonsense")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("nonsense"),
    });
  });

  test("reports an unknown example by name", () => {
    expect(run("nonsense")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no example "nonsense"'),
    });
  });
});
