// The guide as a whole: nothing is left out, and nothing leads nowhere.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { blocksOf, chapters, compileExamples, examplesOf, root } from "../helpers/guide.js";

beforeAll(compileExamples, 60_000);

test.each(chapters)("%s shows each of its examples once, with a link to the file", (chapter) => {
  const shown = blocksOf(chapter).map(({ name }) => name);
  expect(shown.sort()).toEqual(examplesOf(chapter).sort());
  const text = readFileSync(join(root, "docs/guide", `${chapter}.md`), "utf8");
  for (const name of shown) expect(text).toContain(`(../../examples/${chapter}/${name}.mts)`);
  expect(text).toContain("```mermaid");
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

describe("documents", () => {
  const pages = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file));
  test.each(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", ...pages])(
    "%s: every link leads to a file, and to a heading there",
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

  test("every test that a page names is there", () => {
    const named = pages.flatMap((page) => [
      ...readFileSync(join(root, page), "utf8").matchAll(/`(test\/[\w/.-]+\.ts)`/g),
    ]);
    expect(named.length).toBeGreaterThan(15);
    expect(named.map(([, file]) => file!).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

describe("npm run example", () => {
  const run = (...parameters: string[]) =>
    spawnSync(process.execPath, [join(root, "out/examples/run.mjs"), ...parameters], { encoding: "utf8" });

  test("lists the examples, each with a sentence", () => {
    for (const parameters of [[], ["--help"]]) {
      const { status, stdout } = run(...parameters);
      expect(status).toBe(0);
      for (const name of chapters.flatMap(examplesOf)) {
        expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z].{20,}[.:]$`, "m"));
      }
    }
  });

  test("runs one by its name, with arguments", () => {
    expect(run("version")).toMatchObject({ status: 0, stdout: expect.stringContaining("libzmq 4.") });
    expect(run("beacon", "Anna", "nonsense")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("nonsense"),
    });
  });

  test("names what is not there", () => {
    expect(run("nonsense")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no example "nonsense"'),
    });
  });
});
