// A stack overflow may occur in any call. The interrupted call fails with its RangeError. The socket, other sockets and
// the thread keep working, and no later message is lost, empty or given to a failed operation.

import { join } from "node:path";
import { expect, test } from "vitest";
import { patience, runProgram } from "../helpers/program.js";

/** Runs `body` for each amount of remaining stack, in one process, and returns the distinct results. */
async function sweep(body: string): Promise<unknown[]> {
  const { stdout, code, stderr } = await runProgram(
    `
    const nearEnd = require(${JSON.stringify(join(__dirname, "../helpers/stack.cjs"))});
    process.on("unhandledRejection", () => {});
    const failed = (error) => { console.error(error); process.exit(1); };
    const turns = async (count) => { while (count-- > 0) await new Promise(setImmediate); };
    const pair = async (Type, Other) => {
      const context = new zmq.Context();
      const [a, b] = [new Type({ context, linger: 0 }), new Other({ context, linger: 0 })];
      await b.bind("inproc://stack");
      a.connect("inproc://stack");
      // The wake-ups of the connection have passed. No timers here: an overflow in setTimeout disables all of Node's
      // timers.
      const end = performance.now() + 2;
      while (performance.now() < end) await turns(1);
      return [a, b];
    };
    const answers = new Set();
    for (let room = -3; room < 60; room++) answers.add(JSON.stringify(await (async () => { ${body} })().catch(failed)));
    console.log("[" + [...answers] + "]");
    process.exit();
  `,
    { flags: ["--no-opt", "--no-sparkplug"] },
  );
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

test("a receive that fails to wait leaves all messages to the next ones", { timeout: patience }, async () => {
  const answers = await sweep(`
    const [a, b] = await pair(zmq.Dealer, zmq.Dealer);
    let receiving;
    nearEnd(room, () => { receiving = b.receive(); });
    const first = receiving?.then(([frame]) => String(frame), () => undefined);
    await a.send("1");
    await turns(4);
    await a.send("2");
    const got = [];
    if (room < 0) got.push(await first);
    else for (const message of [await Promise.race([first, turns(4)])]) if (message) got.push(message);
    while (got.length < 2) got.push(String((await b.receive())[0]));
    a.close(); b.close();
    return got;`);
  expect(answers).toEqual([["1", "2"]]);
});

test("sends in a long turn do not fail after a stack overflow", { timeout: patience }, async () => {
  const answers = await sweep(`
    const [a, b] = await pair(zmq.Dealer, zmq.Dealer);
    const busy = async (send) => {
      const end = performance.now() + 3;
      while (performance.now() < end) for (let i = 0; i < 17; i++) send();
    };
    // Until sends of this turn have to wait.
    await busy(() => { a.trySend("x"); b.tryReceive(); });
    for (let i = 0; i < 17; i++) a.send("w").catch(() => {});
    const end = performance.now() + 2;
    while (performance.now() < end);
    nearEnd(room, () => { for (let i = 0; i < 17; i++) try { a.send("y").catch(() => {}); } catch {} });
    let refused = 0;
    for (let round = 0; round < 2; round++) {
      const sending = [];
      busy(() => { sending.push(a.send("z").catch(() => refused++)); while (b.tryReceive()); });
      await Promise.all(sending);
    }
    a.close(); b.close();
    return refused;`);
  expect(answers).toEqual([0]);
});

test("a failed operation leaves the wake-up to another pending operation", {
  timeout: patience,
}, async () => {
  const answers = await sweep(`
    const [a, b] = await pair(zmq.Dealer, zmq.Dealer);
    const receiving = b.receive();
    await turns(2);
    nearEnd(room, () => b.trySend("x"));
    await turns(2);
    a.trySend("message");
    b.trySend("y");
    const got = String(await receiving);
    a.close(); b.close();
    return got;`);
  expect(answers).toEqual(["message"]);
});

test("prefetched messages survive the loss of their memory", {
  timeout: patience,
}, async () => {
  const answers = await sweep(`
    const [a, b] = await pair(zmq.Push, zmq.Pull);
    for (let i = 0; i < 8; i++) await a.send("m" + i);
    const loop = b[Symbol.asyncIterator]();
    const [frame] = (await loop.next()).value;
    new ReadableStream({ type: "bytes", start: (controller) => controller.enqueue(frame) });
    if (frame.length > 0) return "not detached";
    let next;
    nearEnd(room, () => { next = loop.next(); });
    const got = await next?.then(({ value }) => String(value), () => undefined);
    const rest = [];
    while (rest.at(-1) !== "m7") rest.push(String((await loop.next()).value));
    a.close(); b.close();
    const all = [...(got === undefined ? [] : [got]), ...rest].join();
    // The message that was being delivered may be lost with its exception.
    return "m1,m2,m3,m4,m5,m6,m7".endsWith(all) && all.length >= 17;`);
  expect(answers).toEqual([true]);
});

test("a batch is complete, or an error reports the loss", { timeout: patience }, async () => {
  const answers = await sweep(`
    const [a, b] = await pair(zmq.Push, zmq.Pull);
    for (let i = 0; i < 60; i++) await a.send("m" + i);
    const loop = b[Symbol.asyncIterator]();
    const got = [await loop.next()];
    let receiving, told = false;
    const thrown = nearEnd(room, () => { receiving = b.receiveMany(); });
    if (thrown) told = true;
    else await receiving.then((messages) => got.push(...messages), () => { told = true; });
    for (;;) {
      try {
        const message = b.tryReceive();
        if (message === undefined) break;
        got.push(message);
      } catch { told = true; }
    }
    a.close(); b.close();
    return got.length === 60 || told;`);
  expect(answers).toEqual([true]);
});
