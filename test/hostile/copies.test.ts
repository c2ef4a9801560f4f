// A program may load the JavaScript more than once in a thread: jest.resetModules, a cleared require.cache, two
// bundles. No copy sees another's sockets, and each receives its own messages.

import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import type * as zmq from "zmq-native";
import { runProgram, sanitizer } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";

const require = createRequire(__filename);
const dist = join(__dirname, "../../dist");

/**
 * Source of copy() for programs. Uses a new `require` each time: the program's own would keep each copy as its child.
 */
const fresh = `
    const path = ${JSON.stringify(join(dist, "index.js"))};
    const fresh = () => {
      for (const file of Object.keys(require.cache)) if (file.startsWith(${JSON.stringify(dist)})) delete require.cache[file];
      return require("node:module").createRequire(path)(path);
    };`;

/** A copy that shares no module with any other. */
function copy(): typeof zmq {
  for (const file of Object.keys(require.cache)) if (file.startsWith(dist)) delete require.cache[file];
  return require(join(dist, "index.js"));
}

test("copies exchange messages in the shared context, and each receives its own", async () => {
  const copies = [copy(), copy(), copy()];
  const pulls = copies.map(({ Pull }) => new Pull());
  const endpoints = pulls.map(() => freshEndpoint("inproc"));
  for (const [index, pull] of pulls.entries()) await pull.bind(endpoints[index]!);
  const pushes = copies.map(({ Push }, index) => {
    const push = new Push();
    push.connect(endpoints[(index + 1) % copies.length]!);
    return push;
  });
  for (let round = 0; round < 200; round++) {
    const waiting = pulls.map((pull) => pull.receive());
    for (const [index, push] of pushes.entries())
      await push.send([`${round} of ${index}`, Buffer.alloc(9000, index)]);
    for (const [index, promise] of waiting.entries()) {
      const from = (index + copies.length - 1) % copies.length;
      const [text, bytes] = await promise;
      expect(String(text)).toBe(`${round} of ${from}`);
      expect(bytes!.equals(Buffer.alloc(9000, from))).toBe(true);
    }
  }
  for (const socket of [...pulls, ...pushes]) socket.close();
});

test("a copy that closes a context sees it closed", async () => {
  const [first, second] = [copy(), copy()];
  const context = new first.Context();
  const attached = second.Context.attach(context.token);
  const pair = new second.Pair({ context: attached });
  await context.close();
  await pair.bind(freshEndpoint("inproc"));
  pair.close();
  await attached.close();
});

test("a context or socket of another copy is rejected by name", () => {
  const [first, second] = [copy(), copy()];
  const socket = new first.Push();
  const context = new first.Context();
  const another = /another copy of zmq-native/;
  expect(() => new second.Push({ context: context as never })).toThrow(another);
  expect(() => new second.Push({ context: context as never })).toThrow(TypeError);
  expect(() => new second.Proxy(socket as never, socket as never)).toThrow(another);
  expect(() => new second.Observer(socket as never)).toThrow(another);
  socket.close();
});

test("the events of a socket go to the copy that opened it", async () => {
  const [first, second] = [copy(), copy()];
  const [pull, push] = [new first.Pull(), new second.Push()];
  const accepted = pull.events.receive();
  await pull.bind("tcp://127.0.0.1:*");
  expect((await accepted).type).toBe("bind");
  const connected = push.events.receive();
  push.connect(pull.lastEndpoint!);
  expect((await connected).type).toBe("connect:delay");
  pull.close();
  push.close();
});

test.skipIf(sanitizer)(
  "an unreferenced copy is garbage-collected with its sockets",
  { timeout: 60_000 },
  async () => {
    const outcome = await runProgram(
      `
    ${fresh}
    const collect = async () => { for (let i = 0; i < 10; i++) { gc(); await new Promise(setImmediate); } };
    const refs = [];
    for (let round = 0; round < 50; round++) {
      await (async () => {
        const copy = fresh();
        refs.push(new WeakRef(copy.Push));
        const [push, pull] = [new copy.Push(), new copy.Pull()];
        await pull.bind("tcp://127.0.0.1:*");
        push.connect(pull.lastEndpoint);
        await push.send("x");
        await pull.receive();
        // Neither context is closed.
      })();
    }
    fresh();
    await collect();
    const left = refs.filter((ref) => ref.deref()).length;
    console.log(left < 5 ? "collected" : left + " of 50 copies are left");
  `,
      { flags: ["--expose-gc"], loads: false, limit: 60_000 },
    );
    expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "", stdout: "collected\n" });
  },
);

test("a copy with a pending operation is kept, and the operation succeeds", async () => {
  const outcome = await runProgram(
    `
    ${fresh}
    const received = (async () => {
      const pull = new (fresh().Pull)();
      await pull.bind("inproc://kept");
      return pull.receive();
    })();
    await new Promise(setImmediate);
    const push = new (fresh().Push)();
    for (let i = 0; i < 10; i++) { gc(); await new Promise(setImmediate); }
    push.connect("inproc://kept");
    await push.send("still here");
    console.log(String(await received));
    process.exit(0);
  `,
    { flags: ["--expose-gc"], loads: false },
  );
  expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "", stdout: "still here\n" });
});
