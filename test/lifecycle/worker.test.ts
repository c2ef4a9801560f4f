// Worker threads: inproc between them, and their sudden end with pending operations, which affects no other thread.

import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { Context, Pair, Publisher, Pull, Push, Subscriber } from "zmq-native";
import { firstMessage, packagePath, runProgram, startWorker } from "../helpers/program.js";
import { freshEndpoint, whenFree } from "../helpers/transports.js";

test("inproc connects threads in the default context and in one shared by its token", async () => {
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

test("scenario 9: a message arrives after its sending worker has ended", async () => {
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

/** The state of a worker when it ends. Each reports when it has begun. */
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
  "a proxy": `
    const front = new zmq.Router({ linger: 0 }), back = new zmq.Dealer({ linger: 0 });
    await front.bind("tcp://127.0.0.1:*"); await back.bind("tcp://127.0.0.1:*");
    const asking = new zmq.Dealer({ linger: 0 }); asking.connect(front.lastEndpoint);
    new zmq.Proxy(front, back).run(); begun();
    for (;;) await asking.send("x".repeat(1000));`,
  "watching peers": `
    const router = new zmq.Router({ linger: 0 });
    await router.bind("tcp://127.0.0.1:*");
    router.peers.on("join", ({ peer }) => peer.statistics()).on("leave", () => {});
    (async () => { for await (const { peer } of router.peers.changes()) peer.statistics(); })();
    router.waitForPeers(1000);
    begun();
    for (;;) {
      const dealer = new zmq.Dealer({ linger: 0 });
      dealer.connect(router.lastEndpoint);
      await dealer.waitForPeers();
      dealer.close();
    }`,
  "many sockets": `
    for (let i = 0; i < 100; i++) { const s = new zmq.Dealer(); s.bindSync("tcp://127.0.0.1:*"); s.receive(); }
    begun();`,
};
/** Rounds of each. `npm run soak` has a thousand in total. */
const rounds = process.env.ZMQ_NATIVE_SOAK ? 60 : 10;
const prelude = `const begun = () => parentPort.postMessage("begun");`;

describe.each(Object.entries(pending))("a worker in the middle of %s", (_, body) => {
  test(`scenario 2: can be terminated ${rounds} times`, { timeout: 600_000 }, async () => {
    for (let i = 0; i < rounds; i++) {
      const worker = startWorker(prelude + body);
      await firstMessage(worker);
      await worker.terminate();
    }
  });

  test(`scenario 2: can call process.exit() ${rounds} times`, { timeout: 600_000 }, async () => {
    for (let i = 0; i < rounds; i++) {
      const worker = startWorker(`${prelude} setTimeout(() => process.exit(), 2); ${body}`);
      await once(worker, "exit");
    }
  });
});

test("scenario 4: the main thread can load the addon after workers that loaded it have ended", async () => {
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

test("scenario 3: the main thread continues after process.exit() in a worker with a peer there", async () => {
  using pair = new Pair({ linger: 0 });
  for (let i = 0; i < 20; i++) {
    const endpoint = freshEndpoint("inproc");
    await pair.bind(endpoint);
    const worker = startWorker(
      `
      const pair = new zmq.Pair();
      pair.connect(workerData);
      (async () => { for await (const message of pair) await pair.send(message); })();
      setTimeout(() => process.exit(), 5);
      for (;;) await pair.send(Buffer.alloc(10_000));
    `,
      endpoint,
    );
    const ended = once(worker, "exit");
    let over = false;
    ended.then(() => {
      over = true;
    });
    while (!over) {
      pair.trySend("from the main thread");
      pair.tryReceive();
      await new Promise(setImmediate);
    }
    await ended;
    while (pair.tryReceive());
    await pair.unbind(endpoint);
  }
});

const crowd = process.env.ZMQ_NATIVE_SOAK ? { rounds: 10, workers: 100 } : { rounds: 2, workers: 12 };

test(`scenario 1: ${crowd.workers} workers connect to a publisher and end during the handshake, ${crowd.rounds} times`, {
  timeout: 600_000,
}, async () => {
  using publisher = new Publisher({ linger: 0 });
  await publisher.bind("tcp://127.0.0.1:*");
  using faithful = new Subscriber();
  faithful.subscribe("");
  faithful.connect(publisher.lastEndpoint as string);
  await publisher.waitForSubscribers(1);
  for (let round = 0; round < crowd.rounds; round++) {
    const ended = Array.from({ length: crowd.workers }, (_, i) => {
      const worker = startWorker(
        `
        const subscriber = new zmq.Subscriber();
        subscriber.subscribe("");
        subscriber.connect(workerData.endpoint);
        const { i } = workerData;
        if (i % 3 === 0) subscriber.close();
        if (i % 3 === 1) { subscriber.receive(); process.exit(); }
        parentPort.postMessage("connected");
      `,
        { endpoint: publisher.lastEndpoint, i },
      );
      worker.once("message", () => worker.terminate());
      return once(worker, "exit");
    });
    await Promise.all(ended);
    await publisher.send(`round ${round}`);
    expect(String(await faithful.receive())).toBe(`round ${round}`);
  }
});

test("scenario 8: received messages of a megabyte stay valid after their worker has ended", async () => {
  for (let i = 0; i < 10; i++) {
    const worker = startWorker(`
      const pull = new zmq.Pull({ receiveHighWaterMark: 0 }), push = new zmq.Push({ linger: 0, sendHighWaterMark: 0 });
      await pull.bind("${i % 2 ? "tcp://127.0.0.1:*" : "inproc://megabytes"}");
      push.connect(pull.lastEndpoint);
      const kept = [];
      for (let j = 0; j < 20; j++) await push.send(Buffer.alloc(1_000_000, j));
      for (let j = 0; j < 5; j++) kept.push(await pull.receive());
      parentPort.postMessage("begun");
      for (;;) { await push.send(Buffer.alloc(1_000_000)); kept.push(await pull.receive()); if (kept.length > 10) kept.length = 0; }
    `);
    await firstMessage(worker);
    await worker.terminate();
  }
});

test("process.exit() in the main thread with active workers exits with the right code and no signal", async () => {
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

test("a worker that ends frees the descriptors and threads of its sockets", async () => {
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
    // Contexts end in their own threads, a moment later.
    const end = Date.now() + 5000;
    while (Date.now() < end && count().some((n, i) => n > before[i] + 2)) await new Promise((r) => setTimeout(r, 10));
    console.log(JSON.stringify({ before, after: count() }));
  `);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  const { before, after } = JSON.parse(outcome.stdout);
  expect(after[0]).toBeLessThanOrEqual(before[0] + 2);
  expect(after[1]).toBeLessThanOrEqual(before[1] + 2);
});

test("an endpoint of a worker that has ended can be bound again", async () => {
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
