// A large file arrives intact, in bounded memory; the package loads streams only on demand.

import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runProgram } from "../helpers/program.js";

const folder = mkdtempSync(join(tmpdir(), "zmq-native-streams-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const streams = JSON.stringify(join(__dirname, "../../dist/streams.js"));
const megabytes = 200;

test.each(["tcp://127.0.0.1:*", "inproc://file"])(
  "a file arrives intact and in bounded memory, over %s",
  async (endpoint) => {
    const [source, target] = [join(folder, "source"), join(folder, "target")];
    const block = randomBytes(1_000_003);
    writeFileSync(source, Buffer.concat(Array.from({ length: megabytes }, () => block)));
    const { code, stdout, stderr } = await runProgram(`
      const { createReadStream, createWriteStream } = require("node:fs");
      const { pipeline } = require("node:stream/promises");
      const { toReadable, toWritable } = require(${streams});
      const push = new zmq.Push({ sendHighWaterMark: 50 });
      const pull = new zmq.Pull({ receiveHighWaterMark: 50 });
      await pull.bind(${JSON.stringify(endpoint)});
      push.connect(pull.lastEndpoint);
      const before = process.memoryUsage().rss;
      let most = 0;
      const timer = setInterval(() => { most = Math.max(most, process.memoryUsage().rss - before); }, 5);
      const options = { objectMode: false, endMarker: "" };
      await Promise.all([
        pipeline(createReadStream(${JSON.stringify(source)}), toWritable(push, options)),
        pipeline(toReadable(pull, options), createWriteStream(${JSON.stringify(target)})),
      ]);
      clearInterval(timer);
      console.log(most);
      push.close();
      pull.close();
    `);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const hash = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
    expect(hash(target)).toBe(hash(source));
    const most = Number(stdout);
    console.log(`memory over ${endpoint}: ${Math.round(most / 1e6)} MB more for a file of ${megabytes} MB`);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan((megabytes / 2) * 1e6);
  },
);

test("require of the package does not load dist/streams.js", async () => {
  const outcome = await runProgram(`
    const loaded = () => Object.keys(require.cache).filter((path) => path.endsWith("streams.js")).length;
    console.log(loaded());
    const streams = require(${streams});
    console.log(loaded(), Object.keys(streams).join(" "));
    const imported = await import(${streams.replace(/\.js"$/, '.mjs"')});
    console.log(Object.keys(streams).every((name) => imported[name] === streams[name]));
  `);
  const names = "toDuplex toReadable toReadableStream toReadableWritablePair toWritable toWritableStream";
  expect(outcome).toMatchObject({ code: 0, stdout: `0\n1 ${names}\ntrue\n`, stderr: "" });
});

test("a stream that is not read, and one that is idle, do not keep the process alive", async () => {
  const idle = await runProgram(`
    const { toDuplex, toReadable, toWritable } = require(${streams});
    const pull = new zmq.Pull();
    await pull.bind("tcp://127.0.0.1:*");
    toReadable(pull);
    toWritable(new zmq.Push());
    toDuplex(new zmq.Pair());
  `);
  expect(idle).toMatchObject({ code: 0, stderr: "" });
  const reading = await runProgram(
    `const { toReadable } = require(${streams});
    const pull = new zmq.Pull();
    await pull.bind("tcp://127.0.0.1:*");
    toReadable(pull).resume();
    console.log("reading");`,
    { stays: /reading/ },
  );
  expect(reading).toMatchObject({ signal: "SIGKILL", stdout: "reading\n" });
});
