// The code blocks of the pages beside the guide: programs compile, run and print the output that follows them; commands
// name npm scripts, flags and test files that exist. An installation by the package.json of docs/migrating.md is tested
// in test/package/migrating.test.ts.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { capability } from "zmq-native";
import { execute, executeSync } from "../helpers/execute.js";
import { root } from "../helpers/guide.js";
import { slowness } from "../helpers/program.js";

const names = [
  ..."architecture boundary gotchas interoperability migrating multicast performance platforms".split(" "),
  ..."reliability test-environments testing transports".split(" "),
];
const pages = [...names.map((name) => `docs/${name}.md`), "SECURITY.md", "CONTRIBUTING.md"];
const folder = join(root, "out/pages");

interface Block {
  title: string;
  language: string;
  code: string;
  /** The output that the page shows below the block. */
  output: string;
  /** Why the block is only compiled: `<!-- not run: REASON -->` above it. */
  notRun: string | undefined;
}

const fence = /(?:<!-- not run: (.+) -->\n)?^```(\w+)\n([\s\S]*?)^```$(?:\n\n```text\n([\s\S]*?)^```$)?/gm;

const blocks = pages.flatMap((page) =>
  [...readFileSync(join(root, page), "utf8").matchAll(fence)].map((match, index): Block => {
    const [, notRun, language, code, output = ""] = match;
    return { title: `${page}, block ${index + 1}`, language: language!, code: code!, output, notRun };
  }),
);
const inLanguage = (language: string) => blocks.filter((block) => block.language === language);

test("each block is in a language that is tested here, or is a diagram, which test/site renders", () => {
  const languages = new Set(blocks.map(({ language }) => language));
  expect([...languages].sort()).toEqual(["js", "json", "mermaid", "sh"]);
});

const fileOf = ({ title, code }: Block) =>
  join(folder, `${title.replace(/\W+/g, "-")}.${code.includes("require(") ? "cjs" : "mjs"}`);

async function freeUdpPort(): Promise<string> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return String(port);
}

describe("programs", () => {
  const programs = inLanguage("js");
  beforeAll(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const block of programs) writeFileSync(fileOf(block), block.code);
  });

  test("compile", () => {
    const compiler = createRequire(__filename).resolve("typescript/bin/tsc");
    const flags =
      "--ignoreConfig --noEmit --checkJs --strict --strictNullChecks false --useUnknownInCatchVariables false";
    const settings =
      "--skipLibCheck --module nodenext --target es2022 --lib es2022,esnext.disposable --types node";
    const parameters = [...`${flags} ${settings}`.split(" "), ...programs.map(fileOf)];
    const { status, stdout } = executeSync(process.execPath, [compiler, ...parameters], {
      cwd: root,
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });

  test.each(programs)("$title", async (block) => {
    const { code, output, notRun } = block;
    if (notRun) return console.log(`NOT RUN: ${block.title}: ${notRun}`);
    if (code.includes("epgm:") && !capability.pgm) return console.log(`NOT RUN: ${block.title}: no epgm`);
    // Multicast cannot bind to a free port, so pages show one; a test needs another.
    writeFileSync(fileOf(block), code.replace(/(epgm:.*):5555/g, `$1:${await freeUdpPort()}`));
    const { status, stderr, stdout } = await execute(process.execPath, [fileOf(block)], {
      timeout: 25_000 * slowness,
    });
    expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: "", stdout: output });
  });
});

test.each(inLanguage("json"))("$title is JSON", ({ code }) => {
  expect(JSON.parse(code)).toBeTypeOf("object");
});

describe("commands", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const help = new Map<string, string>();
  /** The text of `npm run NAME -- --help`. */
  function helpOf(name: string): string {
    const file = scripts[name]!.split(" ")[1]!;
    if (!help.has(name)) {
      const { stdout } = executeSync(process.execPath, [join(root, file), "--help"]);
      help.set(name, stdout);
    }
    return help.get(name)!;
  }

  test.each(inLanguage("sh"))("$title", ({ code }) => {
    expect(executeSync("sh", ["-n"], { input: code })).toMatchObject({
      status: 0,
      stderr: "",
    });
    for (const [, name, given = ""] of code.matchAll(/npm run ([\w:]+)(?: -- (.*?))?(?= #| *$)/gm)) {
      expect(scripts).toHaveProperty([name!]);
      for (const [flag] of given.split(" -- ")[0]!.matchAll(/--[\w-]+/g))
        expect(helpOf(name!)).toContain(flag);
    }
    for (const [file] of code.matchAll(/\btest\/[\w./-]+|\bscripts\/[\w./-]+/g)) {
      expect(existsSync(join(root, file)), file).toBe(true);
    }
  });
});

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
