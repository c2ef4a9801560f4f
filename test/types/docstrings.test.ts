// What editors show on hover: every exported class, method, property and option has its whole contract there, and the
// examples run.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { valuesOf } from "../../lib/options/explain.js";
import { type Documented, hover, publicInterface, transpiled, typeErrors } from "../helpers/docstrings.js";
import { executeSync } from "../helpers/execute.js";

const root = join(__dirname, "../..");

let documented: Documented[];
beforeAll(() => {
  documented = publicInterface();
});

const namesOf = (found: Documented[]) => found.map(({ name }) => name);
const isCallable = ({ kind }: Documented) => kind === "function" || kind === "constructor";

/** The constants of zeromq 5: their names are those of libzmq's documentation. */
const constants = /^v5-compat\.(?:ZMQ|STATE)_\w+$/;

/** Methods without arguments, the inverse of a method with an example, and those for derived classes. */
const obvious = new RegExp(
  [
    /\.\[(?:asyncDispose|dispose|asyncIterator)\]$/,
    /\.(?:next|return|off|resume|terminate|ref|unref|unmonitor|zmqVersion|(?:get|set)Max\w+)$/,
    /\.(?:get|set)(?:Bool|U?int\d\d|String)Option$/i,
    /^index\.Observer\.close$/,
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

  test("gives the valid values of each option as the error of a wrong value does", () => {
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

/** Runs programs one after the other, and prints what each wrote with `console.log`, or its error. */
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

/** Ports that nobody uses now, for UDP, where a Dish has to name its port. */
async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket("udp4").bind(0, "127.0.0.1"));
  await Promise.all(sockets.map((socket) => once(socket, "listening")));
  return sockets.map((socket) => {
    const { port } = socket.address();
    socket.close();
    return port;
  });
}

test("the examples compile, run, and print what their comments say", async () => {
  const programs = [...new Map(documented.flatMap((item) => item.examples.map((code) => [code, item.name])))];
  expect(programs.length).toBeGreaterThan(60);
  // Inside the package, which programs import by its name.
  const folder = join(root, "out/docstrings");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const ports = await freePorts(2 * programs.length);
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
