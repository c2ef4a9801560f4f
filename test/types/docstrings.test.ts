// The text that editors show on hover: every exported class, method, property and option has its whole contract there,
// and the examples run.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { valuesOf } from "../../lib/options/explain.js";
import { liveOptions } from "../../lib/options/live.js";
import * as tables from "../../lib/options/table.js";
import { type Documented, hover, publicInterface, transpiled, typeErrors } from "../helpers/docstrings.js";
import { executeSync } from "../helpers/execute.js";
import { freeUdpPorts } from "../helpers/ports.js";

const root = join(__dirname, "../..");

let documented: Documented[];
beforeAll(() => {
  documented = publicInterface();
});

const namesOf = (found: Documented[]) => found.map(({ name }) => name);
const isCallable = ({ kind }: Documented) => kind === "function" || kind === "constructor";

/** The constants of zeromq 5: their names are those of libzmq's documentation. */
const constants = /^v5-compat\.(?:ZMQ|STATE)_\w+$/;

/**
 * Methods without arguments, the inverse of a method with an example, methods for derived classes, and those of an
 * EventEmitter that are variants of `on` and `once`.
 */
const obvious = new RegExp(
  [
    /\.\[(?:asyncDispose|dispose|asyncIterator)\]$/,
    /\.(?:next|return|off|resume|terminate|ref|unref|unmonitor|zmqVersion|(?:get|set)Max\w+)$/,
    /\.(?:get|set)(?:Bool|U?int\d\d|String)Option$/i,
    /^index\.Observer\.close$/,
    /^opentelemetry\.ZmqInstrumentation\.(?:enable|disable|setTracerProvider|setMeterProvider|getConfig)$/,
    /^index\.EventListeners\.(?:addListener|removeListener|removeAllListeners|prepend\w+|listeners|rawListeners|listenerCount|eventNames)$/,
    /^v5-compat\.(?:Socket\.(?:close|read|pause|unsubscribe)|SocketBinding\.\w+)$/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "i",
);

describe("documentation of the public interface", () => {
  test("covers every export and every member", () => {
    expect(documented.length).toBeGreaterThan(400);
    expect(namesOf(documented)).toEqual(
      expect.arrayContaining([
        "index.WritableSocket.trySend",
        "index.Dealer.linger",
        "draft.Peer.connectPeer",
      ]),
    );
    const missing = documented.filter(({ name, summary }) => summary === "" && !constants.test(name));
    expect(namesOf(missing)).toEqual([]);
  });

  test("lists what every function throws, or says that it never throws", () => {
    const missing = documented.filter(
      (item) =>
        isCallable(item) &&
        !item.tags.some(({ name }) => name === "throws") &&
        !/never\s+throws/i.test(item.summary),
    );
    expect(namesOf(missing)).toEqual([]);
  });

  test("names an error class and the cause in each @throws", () => {
    const texts = documented.flatMap(({ name, tags }) =>
      tags.filter((tag) => tag.name === "throws").map(({ text }) => `${name}: ${text}`),
    );
    const wrong = texts.filter(
      (text) =>
        !/: (?:(?:ZmqError|TypeError|Error) ?(?:`[^`]+`)?.*\w.*|The reason of `signal`.*)$/s.test(text),
    );
    expect(texts.length).toBeGreaterThan(200);
    expect(wrong).toEqual([]);
  });

  test("has an example of every class and of every function that is not obvious", () => {
    const missing = documented.filter(
      ({ kind, name, examples }) =>
        (kind === "class" || (kind === "function" && !obvious.test(name))) && examples.length === 0,
    );
    expect(namesOf(missing)).toEqual([]);
    expect(documented.flatMap(({ examples }) => examples)).not.toContain("");
  });

  test("never refers to another docstring for the contract, and ends no list with an ellipsis", () => {
    const wrong = documented.filter(({ summary, tags }) =>
      [summary, ...tags.filter(({ name }) => name !== "example").map(({ text }) => text)].some(
        (text) => /^As\b/.test(text) || /(?:, |`)…/.test(text.replace(/`[^`]*`/g, "`")),
      ),
    );
    expect(namesOf(wrong)).toEqual([]);
  });

  test("gives each option its default and its name in libzmq", () => {
    const options = documented.filter(({ isOption, name }) => isOption && name !== "index.capability");
    expect(options.length).toBeGreaterThan(90);
    const wrong = options.filter(
      ({ summary, isReadonly }) =>
        !/libzmq:\s+`ZMQ_\w+`\.$/.test(summary) ||
        !(isReadonly || /Default|Can only be read|Only builds/.test(summary)),
    );
    expect(namesOf(wrong)).toEqual([]);
  });

  test("says when each socket option takes effect, as the warning about a late option does", () => {
    const { contextOptions: _, ...ofSockets } = tables;
    const ids = new Map(
      Object.values(ofSockets).flatMap((table) => Object.entries(table).map(([name, { id }]) => [name, id])),
    );
    const stated = documented.flatMap(({ isOption, name, summary }) => {
      const id = ids.get(name.split(".").at(-1)!);
      const when = /Takes effect (at once|at the next)/.exec(summary.replace(/\s+/g, " "))?.[1];
      return isOption && id !== undefined && when !== undefined ? [{ name, id, when }] : [];
    });
    expect(stated.length).toBeGreaterThan(70);
    expect(stated.filter(({ when }) => when === "at once").length).toBeGreaterThan(10);
    for (const { name, id, when } of stated) {
      expect({ name, when }).toEqual({ name, when: liveOptions.has(id) ? "at once" : "at the next" });
    }
  });

  test("gives the valid values of each option like the error for a wrong value", () => {
    const stated = documented
      .filter(({ isOption }) => isOption)
      .flatMap(({ name, tags }) =>
        tags.map(({ text }) => [name, /Valid: (.*)\.$/s.exec(text)?.[1]?.replace(/\s+/g, " ")] as const),
      );
    expect(stated.length).toBeGreaterThan(45);
    for (const [name, valid] of stated) {
      const values = valuesOf(name.startsWith("index.Context.") ? "context" : "socket");
      expect({ name, valid }).toEqual({ name, valid: values[name.split(".").at(-1)!] });
    }
  });
});

describe("hover in an editor", () => {
  test("shows the contract of a method that the class inherits through interfaces", () => {
    const text = hover('import { Push } from "zmq-native"; await new Push().^send("x");');
    expect(text).toMatch(/^Sends a message\./);
    expect(text).toMatch(/@throws ZmqError `EAGAIN` \(rejects\)/);
    expect(text).toMatch(/@example ```ts/);
    expect(text).not.toMatch(/\bAs\b.*@link/);
  });

  test("shows the contract of an overridden method", () => {
    expect(hover('import { Router } from "zmq-native"; new Router().^connect("");')).toMatch(/EADDRINUSE/);
  });

  test("shows the documentation of an option, of a constructor and of a socket", () => {
    const summary = /^How long `send` waits while no peer has room[\s\S]*ZMQ_SNDTIMEO/;
    expect(hover('import { Push } from "zmq-native"; new Push({ ^sendTimeout: 5 });')).toMatch(summary);
    expect(hover('import { Push } from "zmq-native"; new Push().^sendTimeout = 5;')).toMatch(summary);
  });

  test("shows the documentation of a signal and a timeout", () => {
    const program = 'import { Pull } from "zmq-native"; await new Pull().receive({ ^timeout: 5 });';
    expect(hover(program)).toMatch(/^The longest wait\.[\s\S]*In milliseconds\. Default: /);
  });
});

/** Runs programs one after the other and prints the output of each, or its error. */
const runner = `
import { format } from "node:util";
const print = console.log;
const results = [];
for (const file of process.argv.slice(2)) {
  const lines = [];
  console.log = (...values) => lines.push(format(...values));
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("still running after 30 seconds")), 30_000);
  });
  const error = await Promise.race([import(file), late]).then(() => null, (error) => error.stack);
  clearTimeout(timer);
  results.push({ lines, error });
}
print(JSON.stringify(results));
process.exit();
`;

test("the examples compile, run and print the output in their comments", async () => {
  const programs = [...new Map(documented.flatMap((item) => item.examples.map((code) => [code, item.name])))];
  expect(programs.length).toBeGreaterThan(60);
  // Inside the package, so that programs can import it by its name.
  const folder = join(root, "out/docstrings");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const ports = await freeUdpPorts(2 * programs.length);
  const expected: { name: string; lines: string[]; error: null }[] = [];
  const sources: string[] = [];
  const files: string[] = [];
  for (const [index, [code, name]] of programs.entries()) {
    const file = join(folder, `${index}-${name.replace(/\W+/g, "-")}`);
    const local = code
      .replaceAll("127.0.0.1:5555", `127.0.0.1:${ports[2 * index]}`)
      .replaceAll("127.0.0.1:5556", `127.0.0.1:${ports[2 * index + 1]}`);
    sources.push(`${file}.mts`);
    files.push(`${file}.mjs`);
    writeFileSync(`${file}.mts`, local);
    writeFileSync(`${file}.mjs`, transpiled(local));
    const lines = Array.from(local.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm), ([, line]) => line!);
    expected.push({ name, lines, error: null });
  }
  expect(typeErrors(sources)).toEqual([]);
  writeFileSync(join(folder, "runner.mjs"), runner);
  const { stdout, stderr } = executeSync(process.execPath, [join(folder, "runner.mjs"), ...files], {
    cwd: root,
  });
  const results = JSON.parse(stdout || JSON.stringify(stderr));
  expect(results.map((result: object, index: number) => ({ name: programs[index]![1], ...result }))).toEqual(
    expected,
  );
});
