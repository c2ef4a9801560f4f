// Tests the guide's pages. A page shows whole programs, and what they print:
//
//     [hello.mts](../../examples/01-first-steps/hello.mts)
//
//     ```ts
//     ...
//     ```
//
//     ```console
//     $ node hello.mts
//     hello
//     ```
//
// The tests write the code of the page into an empty folder, run it as `.mjs` and as `.mts`, and compare the output. A
// number behind `~` was measured and differs each time. `^C` as the last line means that the reader stops the program;
// all console blocks of such a section run at the same time. GUIDE=write replaces code by that of examples/, and output
// by what was printed.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa, execaSync } from "execa";
import { transformSync } from "rolldown/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { slowness } from "./program.js";

export const root = join(__dirname, "../..");
const compiled = join(root, "out/examples");
const writing = process.env.GUIDE === "write";

const fileBlock = /^\[(\S+)\.mts\]\(\.\.\/\.\.\/examples\/\S+\.mts\)\n(?:\n```ts\n([\s\S]*?)^```$)?/gm;
const consoleBlock = /^```console\n\$ node (\S+)\.mts(.*)\n([\s\S]*?)^```$/gm;
const measured = /~[\d.]+/g;

interface Command {
  name: string;
  parameters: string[];
  output: string;
  /** Whether it runs until Ctrl-C. */
  stays: boolean;
}

/** Commands that run at the same time, each in a terminal of its own. */
type Session = Command[];

export const chapters = readdirSync(join(root, "examples")).filter((name) => /^\d/.test(name));

const pageOf = (chapter: string) => join(root, "docs/guide", `${chapter}.md`);

/** The names of a chapter's examples. */
export function examplesOf(chapter: string): string[] {
  const files = readdirSync(join(root, "examples", chapter));
  return files.filter((file) => file.endsWith(".mts")).map((file) => file.replace(".mts", ""));
}

/** The program of an example. */
const sourceOf = (chapter: string, name: string) =>
  readFileSync(join(root, "examples", chapter, `${name}.mts`), "utf8");

/** The programs that a page shows, by name. */
export function programsOf(chapter: string): Map<string, string> {
  const blocks = readFileSync(pageOf(chapter), "utf8").matchAll(fileBlock);
  return new Map([...blocks].map(([, name, code = ""]) => [name!, code]));
}

/** What a page says to run. */
function sessionsOf(chapter: string): Session[] {
  const sections = readFileSync(pageOf(chapter), "utf8").split(/^(?=## )/m);
  return sections.flatMap((section) => {
    const commands = [...section.matchAll(consoleBlock)].map(([, name, parameters, output]) => ({
      name: name!,
      parameters: parameters!.split(" ").filter((parameter) => parameter !== ""),
      output: output!.replace(/\^C\n$/, ""),
      stays: output!.endsWith("^C\n"),
    }));
    return commands.some(({ stays }) => stays) ? [commands] : commands.map((command) => [command]);
  });
}

/** Compiles the examples, if they have changed since. */
export function compileExamples(): void {
  execaSync(process.execPath, [join(root, "scripts/compile.mjs"), "examples"]);
}

/** The compiled program of an example. */
export const programOf = (chapter: string, name: string) => join(compiled, chapter, `${name}.mjs`);

/** An empty folder in which `npm install` has installed zmq-native, and `packages`. */
export function installedFolder(packages: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "guide-"));
  for (const name of ["zmq-native", ...packages]) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(name === "zmq-native" ? root : join(root, "node_modules", name), link, "junction");
  }
  return folder;
}

/** The packages that a page tells the reader to install besides zmq-native. */
export function packagesOf(chapter: string): string[] {
  const installs = readFileSync(pageOf(chapter), "utf8").matchAll(/npm install zmq-native((?: [\w-]+)*)/g);
  return [...new Set([...installs].flatMap(([, names]) => names!.split(" ").filter((name) => name !== "")))];
}

const stripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);

/** How the programs are run: with their types removed, and as they are where Node removes types itself. */
const variants = [
  {
    extension: "mjs",
    reason: undefined,
    convert: (code: string) =>
      transformSync("program.mts", code, { typescript: { onlyRemoveTypeImports: true } }).code,
  },
  {
    extension: "mts",
    reason: stripsTypes ? undefined : `Node ${process.version} does not strip types`,
    convert: (code: string) => code,
  },
];

const argumentList = /^const \[([^\]]*)\] =\s+process\.argv\.slice\(2\)/m;
const fixedEndpoint = /^(?:tcp|udp|epgm):\/\/\S+:\d+$/;

/** Replaces the fixed endpoints that programs use by default with endpoints of this test run. */
class Endpoints {
  readonly #folder: string;
  readonly #replacements = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  #replacementOf(endpoint: string): string {
    const known = this.#replacements.get(endpoint);
    if (known !== undefined) return known;
    const port = endpoint.split(":").at(-1);
    const [transport] = endpoint.split(":");
    // Multicast groups of this machine that no other test uses.
    const replacement =
      transport === "tcp"
        ? `ipc://${mkdtempSync(join(this.#folder, "s"))}/${port}`
        : `${transport}://127.0.0.1;239.192.${process.pid % 256}.${1 + ((process.pid >> 8) % 254)}:${20_000 + Math.floor(Math.random() * 10_000)}`;
    this.#replacements.set(endpoint, replacement);
    return replacement;
  }

  /** The parameters of a command, and those that it leaves out. */
  parametersOf(code: string, given: string[]): string[] {
    const list = argumentList.exec(code)?.[1] ?? "";
    const defaults = [...list.matchAll(/"([^"]*)"/g)].map(([, text]) => text!);
    if (!defaults.some((text) => fixedEndpoint.test(text))) return given;
    const missing = defaults.slice(given.length);
    return [...given, ...missing].map((text) =>
      fixedEndpoint.test(text) ? this.#replacementOf(text) : text,
    );
  }

  /** What a program would have printed with its own endpoints. */
  restore(output: string): string {
    let restored = output;
    for (const [endpoint, replacement] of this.#replacements)
      restored = restored.replaceAll(replacement, endpoint);
    return restored;
  }
}

const normalized = (output: string) => output.replace(measured, "~");

interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  stdout: string;
}

/** Starts a program of a page, its input closed. */
const start = (program: string, parameters: string[]) =>
  execa(process.execPath, [program, ...parameters], {
    stdin: "ignore",
    timeout: 25_000 * slowness,
    killSignal: "SIGKILL",
    env: { NODE_NO_WARNINGS: "1" },
    stripFinalNewline: false,
    reject: false,
  });

/** A command of a session, while it runs. */
class Running {
  readonly #child: ReturnType<typeof start>;
  readonly #command: Command;
  readonly #endpoints: Endpoints;
  #stdout = "";
  readonly outcome: Promise<Outcome>;

  constructor(command: Command, program: string, parameters: string[], endpoints: Endpoints) {
    this.#command = command;
    this.#endpoints = endpoints;
    this.#child = start(program, parameters);
    this.#child.stdout.on("data", (data) => {
      this.#stdout += data;
    });
    this.outcome = this.#child.then(({ exitCode, signal, stderr, stdout }) => ({
      code: exitCode ?? null,
      signal: signal ?? null,
      stderr,
      stdout: endpoints.restore(stdout),
    }));
  }

  /** Resolves when it has printed what the page says, or has ended. */
  async #printed(): Promise<void> {
    const complete = () =>
      normalized(this.#endpoints.restore(this.#stdout)) === normalized(this.#command.output);
    await new Promise<void>((resolve) => {
      const check = () => {
        if (!complete()) return;
        this.#child.stdout.off("data", check);
        resolve();
      };
      this.#child.stdout.on("data", check);
      this.#child.once("close", () => resolve());
      // When writing, the page does not know yet what it will print.
      setTimeout(resolve, writing ? 2_000 : 10_000 * slowness).unref();
      check();
    });
  }

  /** Presses Ctrl-C, once it has printed what the page says. */
  async interrupt(): Promise<void> {
    await this.#printed();
    this.#child.kill("SIGINT");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Puts the code of examples/ into a page. */
function writeCode(chapter: string): void {
  const path = pageOf(chapter);
  const text = readFileSync(path, "utf8").replace(fileBlock, (block, name: string) => {
    if (!existsSync(join(root, "examples", chapter, `${name}.mts`))) return block;
    const [link] = block.split("\n");
    return `${link}\n\n\`\`\`ts\n${sourceOf(chapter, name)}\`\`\``;
  });
  writeFileSync(path, text);
}

/** Puts into a page what a command has printed. */
function writeOutput(chapter: string, command: Command, stdout: string): void {
  const path = pageOf(chapter);
  const shown = [command.name, ...command.parameters].join(" ");
  const text = readFileSync(path, "utf8").replace(
    consoleBlock,
    (block, name: string, parameters: string, output: string) => {
      const stop = output.endsWith("^C\n") ? "^C\n" : "";
      if (`${name}${parameters}` !== shown) return block;
      if (normalized(output) === normalized(stdout + stop)) return block;
      return `\`\`\`console\n$ node ${name}.mts${parameters}\n${stdout}${stop}\`\`\``;
    },
  );
  writeFileSync(path, text);
}

/**
 * Tests that each program of a page prints what the page says. `figures` says what must hold for the measured numbers of
 * a program, in the order in which they are printed.
 */
export function testChapter(
  chapter: string,
  figures: Record<string, (...numbers: number[]) => void> = {},
): void {
  if (writing) writeCode(chapter);
  const programs = programsOf(chapter);

  describe(chapter, () => {
    test("shows the programs of examples/", () => {
      const sources = examplesOf(chapter).map((name) => [name, sourceOf(chapter, name)]);
      expect(Object.fromEntries(programs)).toEqual(Object.fromEntries(sources));
    });

    test("says how to run each program", () => {
      const run = sessionsOf(chapter).flatMap((session) => session.map(({ name }) => name));
      expect([...new Set(run)].sort()).toEqual([...programs.keys()].sort());
    });

    describe.each(variants)("as .$extension", ({ extension, reason, convert }) => {
      let folder: string;
      if (reason) console.warn(`SKIPPED: the guide's programs as .${extension}: ${reason}`);
      beforeAll(() => {
        folder = installedFolder(packagesOf(chapter));
        for (const [name, code] of programs)
          writeFileSync(join(folder, `${name}.${extension}`), convert(code));
      });
      afterAll(() => rmSync(folder, { recursive: true, force: true }));

      const sessions = sessionsOf(chapter).map(
        (session) => [[...new Set(session.map(({ name }) => name))].join(", "), session] as const,
      );
      test.skipIf(reason).each(sessions)("%s", async (_names, session) => {
        const endpoints = new Endpoints(folder);
        const running = session.map((command) => {
          const program = join(folder, `${command.name}.${extension}`);
          const parameters = endpoints.parametersOf(programs.get(command.name) ?? "", command.parameters);
          return new Running(command, program, parameters, endpoints);
        });
        try {
          const ending = running.filter((_, index) => !session[index]!.stays);
          const staying = running.filter((_, index) => session[index]!.stays);
          await Promise.all(ending.map(({ outcome }) => outcome));
          await Promise.all(staying.map((program) => program.interrupt()));
          for (const [index, { outcome }] of running.entries()) {
            const command = session[index]!;
            const { stdout, stderr, code, signal } = await outcome;
            // Ctrl-C ends a program that has no handler of the signal.
            const ends =
              command.stays && code === null ? { code: null, signal: "SIGINT" } : { code: 0, signal: null };
            expect({ program: command.name, code, signal, stderr }).toEqual({
              program: command.name,
              ...ends,
              stderr: "",
            });
            if (writing) writeOutput(chapter, command, stdout);
            else expect(normalized(stdout)).toBe(normalized(command.output));
            if (!writing)
              figures[command.name]?.(...(stdout.match(measured) ?? []).map((text) => Number(text.slice(1))));
          }
        } finally {
          for (const program of running) program.kill();
        }
      });
    });
  });
}
