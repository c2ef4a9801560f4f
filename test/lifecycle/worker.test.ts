// Worker threads: inproc between them, and their sudden end, with operations pending, harms nobody.

import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { Context, Pair, Pull, Push } from "zmq-native";
import { firstMessage, packagePath, runProgram, startWorker } from "../helpers/program.js";
import { freshEndpoint, whenFree } from "../helpers/transports.js";

test("inproc joins threads, in the default context and in one passed by its token", async () => {
  const own = new Context();
  for (const context of [undefined, own]) {
    using pair = new Pair(context && { context });
    const endpoint = freshEndpoint("inproc");
    await pair.bind(endpoint);
    const worker = startWorker(
      `
      const context = workerData.token && zmq.Context.attach(workerData.token);
      const pair = new zmq.Pair({ ...(context && { context }), linger: 0 });
      pair.connect(workerData.endpoint);
      for await (const [frame] of pair) await pair.send("re: " + frame);
    `,
      { endpoint, token: context?.token },
    );
    for (let i = 0; i < 100; i++) {
      await pair.send(`${i}`);
      expect(String(await pair.receive())).toBe(`re: ${i}`);
    }
    await worker.terminate();
  }
});

test("a message outlives the worker that sent it", async () => {
  using pull = new Pull();
  const endpoint = freshEndpoint("inproc");
  await pull.bind(endpoint);
  const worker = startWorker(
    `
    const push = new zmq.Push();
    push.connect(workerData);
    for (const size of [10, 10_000, 3_000_000]) await push.send(Buffer.alloc(size, size % 251));
    parentPort.postMessage("sent");
  `,
    endpoint,
  );
  await firstMessage(worker);
  await worker.terminate();
  for (const size of [10, 10_000, 3_000_000]) {
    const [frame] = await pull.receive();
    expect(frame!.length).toBe(size);
    expect(frame!.every((byte) => byte === size % 251)).toBe(true);
  }
});

/** What a worker is at when it ends. Each says when it has begun. */
const pending = {
  "a receive": `const s = new zmq.Pull(); await s.bind("tcp://127.0.0.1:*"); s.receive(); begun();`,
  "a send": `const s = new zmq.Push({ linger: 0 }); s.send("x"); begun();`,
  "a loop": `const s = new zmq.Pull(); s.connect("inproc://nobody"); begun(); for await (const _ of s);`,
  "a bind": `const s = new zmq.Pull(); s.bind("tcp://127.0.0.1:*"); begun();`,
  "a time-out and a signal": `const s = new zmq.Pull(); s.receive({ timeout: 60_000, signal: new AbortController().signal }); begun();`,
  "traffic both ways": `
    const a = new zmq.Dealer({ linger: 0 }), b = new zmq.Dealer({ linger: 0 });
    await a.bind("tcp://127.0.0.1:*"); b.connect(a.lastEndpoint);
    (async () => { for await (const m of a) await a.send(m); })();
    (async () => { for await (const _ of b); })();
    begun();
    for (;;) await b.send(["frame", "x".repeat(1000)]);`,
  "large messages": `
    const a = new zmq.Pair({ linger: 0 }), b = new zmq.Pair({ linger: 0 });
    a.bindSync("inproc://" + threadId); b.connect(a.lastEndpoint);
    const kept = []; begun();
    for (;;) { await a.send(Buffer.alloc(600_000)); kept.push(await b.receive()); if (kept.length > 20) kept.length = 0; }`,
  "many sockets": `
    for (let i = 0; i < 100; i++) { const s = new zmq.Dealer(); s.bindSync("tcp://127.0.0.1:*"); s.receive(); }
    begun();`,
};
const prelude = `const begun = () => parentPort.postMessage("begun");`;

describe.each(Object.entries(pending))("%s pending", (_, body) => {
  test("terminate(), ten times", async () => {
    for (let i = 0; i < 10; i++) {
      const worker = startWorker(prelude + body);
      await firstMessage(worker);
      await worker.terminate();
    }
  });

  test("process.exit() inside the worker, ten times", async () => {
    for (let i = 0; i < 10; i++) {
      const worker = startWorker(`${prelude} setTimeout(() => process.exit(), 2); ${body}`);
      await once(worker, "exit");
    }
  });
});

test("the addon loaded in workers only: they end, the main thread goes on, and loads it itself", async () => {
  const outcome = await runProgram(
    `
    for (let i = 0; i < 5; i++) {
      const worker = startWorker(\`
        const pull = new zmq.Pull();
        pull.bindSync("tcp://127.0.0.1:*");
        pull.receive();
        parentPort.postMessage("begun");
      \`);
      await firstMessage(worker);
      await worker.terminate();
    }
    const zmq = require(${JSON.stringify(packagePath)});
    const pair = new zmq.Pair(), peer = new zmq.Pair();
    pair.bindSync("inproc://x");
    peer.connect("inproc://x");
    await peer.send("alive");
    console.log(String(await pair.receive()));
  `,
    { loads: false },
  );
  expect(outcome).toMatchObject({ code: 0, stdout: "alive\n", stderr: "" });
});

test("process.exit() in the main thread while workers are at it: the right code, no signal", async () => {
  const outcome = await runProgram(`
    const workers = [1, 2, 3, 4].map(() => startWorker(\`
      const a = new zmq.Dealer({ linger: 0 }), b = new zmq.Dealer({ linger: 0 });
      a.bindSync("inproc://" + threadId);
      b.connect("inproc://" + threadId);
      parentPort.postMessage("begun");
      (async () => { for await (const _ of a); })();
      for (;;) await b.send("x");
    \`));
    await Promise.all(workers.map(firstMessage));
    process.exit(7);
  `);
  expect(outcome).toMatchObject({ code: 7, signal: null, stderr: "" });
});

test("a worker's sockets are gone with it: descriptors and threads do not grow", async () => {
  const outcome = await runProgram(`
    const { readdirSync } = require("node:fs");
    const count = () => [readdirSync("/proc/self/fd").length, readdirSync("/proc/self/task").length];
    const life = async () => {
      const worker = startWorker(\`
        const context = new zmq.Context();
        for (let i = 0; i < 10; i++) new zmq.Pull({ context }).receive();
        for (let i = 0; i < 10; i++) new zmq.Pull().receive();
        parentPort.postMessage("begun");
      \`);
      await firstMessage(worker);
      await worker.terminate();
    };
    for (let i = 0; i < 3; i++) await life();
    const before = count();
    for (let i = 0; i < 30; i++) await life();
    // Contexts end on threads of their own, a moment later.
    const end = Date.now() + 5000;
    while (Date.now() < end && count().some((n, i) => n > before[i] + 2)) await new Promise((r) => setTimeout(r, 10));
    console.log(JSON.stringify({ before, after: count() }));
  `);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  const { before, after } = JSON.parse(outcome.stdout);
  expect(after[0]).toBeLessThanOrEqual(before[0] + 2);
  expect(after[1]).toBeLessThanOrEqual(before[1] + 2);
});

test("an endpoint of a worker that ended can be bound again", async () => {
  const endpoint = freshEndpoint("inproc");
  for (let i = 0; i < 10; i++) {
    const worker = startWorker(
      `
      const pull = new zmq.Pull();
      for (;;) {
        try {
          pull.bindSync(workerData);
          break;
        } catch (error) {
          if (error.code !== "EADDRINUSE") throw error;
          await new Promise(setImmediate);
        }
      }
      pull.receive();
      parentPort.postMessage("bound");
    `,
      endpoint,
    );
    await firstMessage(worker);
    await worker.terminate();
    using pull = new Pull();
    await whenFree(() => pull.bindSync(endpoint));
    using push = new Push();
    push.connect(endpoint);
    await push.send("x");
    expect(String(await pull.receive())).toBe("x");
  }
});
