// The examples in four languages: every server with every client, each in its own process.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import { compileExamples, programOf, root } from "../helpers/guide.js";
import { pythonMissing } from "../helpers/peers.js";
import { buildGoExamples, goExampleMissing } from "./go_examples.js";

const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
const binaries = join(root, "out/release/examples");
const python = "/usr/bin/python3";

/** Why a language is not available here. Undefined when it is. */
function missing(language: string, program: string): string | undefined {
  if (language === "C") {
    if (existsSync(join(binaries, program))) return undefined;
    const remedy = "node scripts/build.mjs --tools";
    return program.startsWith("protobuf")
      ? `libprotobuf-c was not there when the C examples were built: apt-get install protobuf-c-compiler libprotobuf-c-dev, then ${remedy}`
      : `the C examples are not built: ${remedy}`;
  }
  if (language === "Go") return goExampleMissing(program);
  if (language !== "Python") return undefined;
  if (program.startsWith("protobuf") && !existsSync(join(folder, "weather_pb2.py"))) {
    return "protoc or its module for Python is not installed: apt-get install protobuf-compiler python3-protobuf";
  }
  return pythonMissing();
}

// The module that Python's protobuf programs import.
const schema = join(root, "examples/11-languages");
const hasProtobuf = executeSync(python, ["-c", "import google.protobuf"]).status === 0;
if (hasProtobuf) executeSync("protoc", [`--python_out=${folder}`, `-I${schema}`, "weather.proto"]);
beforeAll(compileExamples, 60_000);
let goPrograms: string;
beforeAll(async () => {
  goPrograms = await buildGoExamples();
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const launch = (command: string, parameters: string[]) =>
  execa(command, parameters, {
    env: { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" },
    timeout: 20_000,
    killSignal: "SIGKILL",
    reject: false,
  });

class Program implements AsyncDisposable {
  readonly #child: ReturnType<typeof launch>;
  readonly outcome: Promise<string>;
  #text = "";
  #waiting: { pattern: RegExp; resolve: (match: RegExpExecArray) => void } | undefined;

  constructor(command: string, parameters: string[]) {
    this.#child = launch(command, parameters);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on("data", (data) => {
        this.#text += data;
        const match = this.#waiting?.pattern.exec(this.#text);
        if (match) this.#waiting?.resolve(match);
      });
    }
    this.outcome = this.#child.then(({ failed, exitCode, signal, cause }) => {
      if (!failed) return this.#text;
      const reason = signal ?? exitCode ?? (cause as Error).message;
      throw new Error(`${command} ended with ${reason}: ${this.#text}`);
    });
    this.outcome.catch(() => {});
  }

  /** The first match in its output. Rejects when it exits before. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    const match = pattern.exec(this.#text);
    if (match) return Promise.resolve(match);
    return new Promise((resolve, reject) => {
      this.#waiting = { pattern, resolve };
      this.outcome.then(() => reject(new Error(`it has ended: ${this.#text}`)), reject);
    });
  }

  async [Symbol.asyncDispose]() {
    this.#child.kill("SIGKILL");
    await this.outcome.catch(() => {});
  }
}

/** Starts a part of an example in a language. */
function start(
  language: string,
  [chapter, example]: [string, string],
  part: string,
  ...parameters: string[]
): Program {
  const name = `${example.replaceAll("-", "_")}_${part}`;
  if (language === "C") return new Program(join(binaries, name), parameters);
  if (language === "Go") return new Program(join(goPrograms, name), parameters);
  if (language === "Python")
    return new Program(python, [join(root, "examples/python", `${name}.py`), ...parameters]);
  const program = programOf(chapter, `${example}-${part}`);
  // Programs of Node have a fixed default port.
  const endpoints = ["server", "publisher"].includes(part) ? ["tcp://127.0.0.1:*"] : [];
  return new Program(process.execPath, [program, ...parameters, ...endpoints]);
}

const pairs: [string, string][] = [
  ["Node", "Python"],
  ["Python", "Node"],
  ["Node", "C"],
  ["C", "Node"],
  ["Node", "Go"],
  ["Go", "Node"],
];
const listening = /listening at (\S+)/;

/** A test of each pair of languages. The part of the first one binds. */
function testPairs(
  example: [string, string],
  parts: [string, string],
  check: (binds: Program, connects: Program) => Promise<void>,
) {
  describe.each(pairs)(`${example[1]}: ${parts[0]} in %s, ${parts[1]} in %s`, (first, second) => {
    const name = example[1].replaceAll("-", "_");
    const reason = missing(first, `${name}_${parts[0]}`) ?? missing(second, `${name}_${parts[1]}`);
    if (reason) console.warn(`SKIPPED: ${example[1]}, ${first} and ${second}: ${reason}`);
    test.skipIf(reason)(reason ?? "they understand each other", async () => {
      await using binds = start(first, example, parts[0]);
      const [, endpoint] = await binds.prints(listening);
      await using connects = start(second, example, parts[1], endpoint!);
      await check(binds, connects);
    });
  });
}

testPairs(["01-first-steps", "request-reply"], ["server", "client"], async (server, client) => {
  const greetings = ["Hello", "Good morning", "Good night"];
  expect(await client.outcome).toBe(greetings.map((text) => `client: got "${text}, world"\n`).join(""));
  await server.prints(new RegExp(greetings.map((text) => `server: got "${text}"\n`).join("")));
});

testPairs(
  ["02-publish-subscribe", "weather"],
  ["publisher", "subscriber"],
  async (_publisher, subscriber) => {
    const text = await subscriber.outcome;
    expect(text).toMatch(/^place 10007: ~[\d.]+ degrees, the mean of 20 updates\n$/);
    const mean = Number(/~([\d.]+)/.exec(text)?.[1]);
    expect(mean).toSatisfy((degrees: number) => degrees >= 15 && degrees <= 25);
  },
);

testPairs(["11-languages", "protobuf"], ["server", "client"], async (_server, client) => {
  expect(await client.outcome).toBe("client: Zürich has 18.5 degrees, the strongest gust 40\n");
});

describe("pipeline: workers in Python, C and Go next to one of ours", () => {
  const languages = ["Node", "Python", "C", "Go"];
  const reasons = languages.map((language) => missing(language, "pipeline_worker"));
  const reason = reasons.find((text) => text !== undefined);
  if (reason) console.warn(`SKIPPED: pipeline: ${reason}`);
  test.skipIf(reason)(reason ?? "they share the tasks", async () => {
    const example: [string, string] = ["03-divide-and-conquer", "pipeline"];
    const anyPort = "tcp://127.0.0.1:*";
    await using ventilator = start("Node", example, "ventilator", "4", anyPort, anyPort);
    const [, upstream, downstream] = await ventilator.prints(/workers at (\S+) (\S+)/);
    await using _first = start("Node", example, "worker", upstream!, downstream!);
    await using _second = start("Python", example, "worker", upstream!, downstream!);
    await using _third = start("C", example, "worker", upstream!, downstream!);
    await using _fourth = start("Go", example, "worker", upstream!, downstream!);
    expect(await ventilator.outcome).toMatch(/sink: 40 tasks are done\n$/);
  });
});
