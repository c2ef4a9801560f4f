// Tests the programs of the pages, except those of the guide (see guide.ts). On a page, a block of code that begins with
// `// NAME` or `# NAME` is a file. A block
//
//     ```console
//     $ node NAME
//     what the program prints
//     ```
//
// is a test: it runs the commands in a folder that holds the page's files and the package as npm installs it, and
// compares the output. PAGES=write replaces the output in the page by the output of the run.
//
// Not compared are numbers after a `~`, durations and absolute paths, since they differ from run to run. A line `...` on the
// page stands for any number of lines. A comment `<!-- not run: REASON -->` above a file says why the page does not run it;
// it is only type-checked. Blocks of `sh` are commands for a machine of the reader: see test/docs/commands.test.ts.

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { putPrebuild } from "./prebuilt.js";
import { slowness } from "./program.js";

const root = join(__dirname, "../..");

const fenced = /(?:^<!-- not run: (.+) -->\n)?^```(\w+)[^\n]*\n([\s\S]*?)^```$/gm;
/** Languages of blocks that are tested elsewhere: commands.test.ts, test/site. */
const elsewhere = ["sh", "mermaid"];
const measured = /~[\d.,]+/g;
const varying = /~[\d.,]+|\b\d+(\.\d+)? ?m?s\b|(?<![\w.])\/(?!\/)[\w./-]+/g;

interface Command {
  command: string;
  output: string;
}

interface Page {
  files: Map<string, string>;
  /** Why the page does not run a file, by the file's name. */
  notRun: Map<string, string>;
  /** Blocks of commands, in the order of the page. */
  sessions: Command[][];
}

/** Splits the text of a console block into commands and their output. */
function commandsOf(text: string): Command[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return { command: part.slice(0, end), output: part.slice(end + 1) };
    });
}

/** Reads the files and the console blocks of a page. */
export function readPage(page: string): Page {
  const read: Page = { files: new Map(), notRun: new Map(), sessions: [] };
  const blocks = readFileSync(join(root, page), "utf8").matchAll(fenced);
  for (const [, reason, language, text] of blocks) {
    const [, name] = /^(?:\/\/|#) ([\w./-]+)\n/.exec(text!) ?? [];
    if (elsewhere.includes(language!)) continue;
    if (language === "console") read.sessions.push(commandsOf(text!));
    else if (language === "json") JSON.parse(text!);
    else if (name !== undefined) read.files.set(name, text!);
    else throw new Error(`${page}: a block of ${language} has no file name:\n${text}`);
    if (name !== undefined && reason !== undefined) read.notRun.set(name, reason);
  }
  return read;
}

/** The output without the parts that differ from run to run. */
const stable = (output: string) => output.replace(varying, "~").trimEnd();

/** Expects `actual` to equal the output on the page. */
function expectOutput(actual: string, shown: string): void {
  const parts = stable(shown).split(/^\.\.\.$/m);
  if (parts.length === 1) expect(stable(actual)).toBe(parts[0]);
  let rest = stable(actual);
  for (const part of parts.map((text) => text.trim())) {
    expect(rest).toContain(part);
    rest = rest.slice(rest.indexOf(part) + part.length);
  }
}

const env = {
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  NO_COLOR: "1",
  // Prevents npx from checking the registry for a newer npm.
  npm_config_update_notifier: "false",
};

/** Node 20 has the permission model under another name, as the pages say. */
const renamed = process.versions.node.startsWith("20.")
  ? (command: string) => command.replace("node --permission", "node --experimental-permission")
  : (command: string) => command;

/** Runs a command in a shell and resolves with its output to stdout and stderr. */
async function run(command: string, cwd: string): Promise<{ code: number | null; output: string }> {
  const { exitCode, stdout } = await execa("sh", ["-c", `exec 2>&1; ${renamed(command)}`], {
    cwd,
    env: { ...env, PATH: `${join(cwd, "node_modules/.bin")}:${env.PATH}`, HOME: cwd },
    extendEnv: false,
    timeout: 100_000 * slowness,
    killSignal: "SIGKILL",
    stripFinalNewline: false,
    reject: false,
  });
  return { code: exitCode ?? null, output: stdout };
}

/** Replaces the files that a page shows by those of a folder. */
function writeFiles(page: string, from: string): void {
  const text = readFileSync(join(root, page), "utf8");
  const updated = text.replace(/^```ts\n\/\/ (\S+)\n[\s\S]*?^```$/gm, (_block, name: string) => {
    return `\`\`\`ts\n${readFileSync(join(from, name), "utf8")}\`\`\``;
  });
  writeFileSync(join(root, page), updated);
}

/** Replaces the output that a page shows for a command. */
function write(page: string, { command, output }: Command, actual: string): void {
  if (stable(output) === stable(actual) || output.includes("...\n")) return;
  const text = readFileSync(join(root, page), "utf8");
  writeFileSync(
    join(root, page),
    text.replace(`$ ${command}\n${output}`, () => `$ ${command}\n${actual}`),
  );
}

/** A check of the measured numbers in the output of a command, in the order in which they are printed. */
type Figures = (...numbers: number[]) => void;

interface PageOptions {
  /** By the name of the program. */
  figures?: Record<string, Figures>;
  /** Folders with a `node_modules`, by the name of a package in it that the programs of the page also use. */
  packages?: Record<string, string>;
  /** Programs that `npx` runs on the page but that are not available here: their blocks are skipped. */
  missing?: string[];
  /** Changes the text of a file before it is run. */
  edit?: (text: string) => string | Promise<string>;
  /** The page shows files of a folder, and runs the JavaScript that is compiled from them in another. */
  compiled?: { from: string; to: string };
}

const workshop = realpathSync(mkdtempSync(join(tmpdir(), "zmq-native-pages-")));
afterAll(() => rmSync(workshop, { recursive: true, force: true }), 300_000);

/**
 * Puts the package into a `node_modules` folder like npm, except for files that programs do not use. test/package packs
 * those.
 */
function install(modules: string): void {
  for (const part of ["package.json", "dist"]) {
    cpSync(join(root, part), join(modules, "zmq-native", part), { recursive: true });
  }
  putPrebuild(join(modules, "zmq-native"));
  cpSync(join(root, "node_modules/node-gyp-build"), join(modules, "node-gyp-build"), { recursive: true });
  symlinkSync("../zmq-native/dist/command/main.mjs", join(modules, ".bin/zmq"));
}

/**
 * Tests that each console block of a page prints the output on the page, and that the page runs each program it shows.
 */
export function testPage(
  page: string,
  { figures = {}, packages = {}, missing = [], edit = (text) => text, compiled }: PageOptions = {},
): void {
  if (compiled && process.env.PAGES === "write") writeFiles(page, compiled.from);
  const { files, notRun, sessions } = readPage(page);
  const folder = join(workshop, page);

  describe(page, () => {
    beforeAll(async () => {
      mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
      install(join(folder, "node_modules"));
      writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
      for (const [name, text] of files) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), await edit(text));
      }
      // A link to the packages of the sources is not copied: the page installs them, and zmq-native.
      const filter = (source: string) => !source.endsWith("node_modules");
      if (compiled) cpSync(compiled.to, folder, { recursive: true, filter });
      for (const [name, from] of Object.entries(packages)) {
        const target = join(folder, "node_modules", name);
        mkdirSync(dirname(target), { recursive: true });
        symlinkSync(join(from, "node_modules", name), target);
        const { bin } = JSON.parse(readFileSync(join(target, "package.json"), "utf8"));
        const programs = typeof bin === "string" ? { [name]: bin } : (bin ?? {});
        for (const [program, path] of Object.entries<string>(programs)) {
          symlinkSync(join(target, path), join(folder, "node_modules/.bin", program));
        }
      }
    });

    test.skipIf(compiled === undefined)("shows the files that are tested", () => {
      for (const [name, text] of files) expect(text).toBe(readFileSync(join(compiled!.from, name), "utf8"));
    });

    test("runs each program that it shows", () => {
      const commands = sessions.flat().map(({ command }) => command);
      // Configurations are not programs: test/package/bundlers.test.ts runs Next.js with the one of docs/deployment.md.
      const programs = [...files.keys()].filter((name) => /(?<!\.config)\.[cm]?js$/.test(name));
      const texts = [...commands, ...files.values()];
      const used = (name: string) =>
        texts.some((text) => text.includes(name) && !text.startsWith(`// ${name}\n`));
      for (const [name, reason] of notRun) console.log(`NOT RUN: ${page}, ${name}: ${reason}`);
      expect(programs.filter((name) => !used(name) && !notRun.has(name))).toEqual([]);
    });

    const runnable = sessions.filter(
      (session) => !session.some(({ command }) => missing.some((name) => command.includes(`npx ${name}`))),
    );
    const titled = runnable.map((session) => ({ title: session[0]!.command, session }));
    test.each(titled)("$title", async ({ session }) => {
      for (const { command, output } of session) {
        const { code, output: actual } = await run(command, folder);
        if (process.env.PAGES === "write") write(page, { command, output }, actual);
        else expectOutput(actual, output);
        expect({ code, output: actual }).toMatchObject({ code: 0 });
        const [, program] = /node (?:.* )?([\w-]+)\.mjs/.exec(command) ?? [];
        figures[program ?? ""]?.(
          ...(actual.match(measured) ?? []).map((text) => Number(text.replace(/[~,]/g, ""))),
        );
      }
    });
  });
}
