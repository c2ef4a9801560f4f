// Mixed traffic for any duration, during which memory, descriptors and threads must not grow. Five seconds in `npm
// test`. `ZMQ_NATIVE_SOAK_SECONDS=86400 npm run soak` runs a day.

import { expect, test } from "vitest";
import { runProgram, sanitizer } from "../helpers/program.js";

const seconds = Number(process.env.ZMQ_NATIVE_SOAK_SECONDS ?? (process.env.ZMQ_NATIVE_SOAK ? 300 : 5));

test(`soak: mixed traffic for ${seconds} seconds leaks nothing`, {
  timeout: (seconds + 60) * 1000,
}, async () => {
  const outcome = await runProgram(
    `
    const { readdirSync } = require("node:fs");
    process.on("warning", () => {});
    const linux = process.platform === "linux";
    const count = () => ({
      rss: process.memoryUsage().rss / 1e6,
      descriptors: linux ? readdirSync("/proc/self/fd").length : 0,
      threads: linux ? readdirSync("/proc/self/task").length : 0,
    });
    const counts = { messages: 0, sockets: 0, workers: 0, contexts: 0 };
    const transports = ["tcp://127.0.0.1:*", "ipc://*", "inproc://x"];
    const rounds = {
      async pipeline(i) {
        const pull = new zmq.Pull(), push = new zmq.Push({ linger: 0 });
        await pull.bind(transports[i % 3] + (i % 3 === 2 ? i : ""));
        push.connect(pull.lastEndpoint);
        const sending = (async () => { for (let j = 0; j < 50; j++) await push.send(["frame", Buffer.alloc((i * 37 + j * 101) % 20_000)]); })();
        for (let j = 0; j < 50; j++) await pull.receive();
        await sending;
        counts.messages += 50;
        pull.close(); push.close();
        counts.sockets += 2;
      },
      async questions(i) {
        const reply = new zmq.Reply(), request = new zmq.Request({ linger: 0 });
        await reply.bind(transports[i % 2]);
        request.connect(reply.lastEndpoint);
        (async () => { for await (const message of reply) await reply.send(message); })().catch(() => {});
        for (let j = 0; j < 20; j++) { await request.send(String(j)); await request.receive(); }
        counts.messages += 40;
        reply.close(); request.close();
        counts.sockets += 2;
      },
      async publishing(i) {
        const publisher = new zmq.Publisher({ linger: 0 });
        await publisher.bind("tcp://127.0.0.1:*");
        const subscribers = [1, 2, 3].map(() => { const s = new zmq.Subscriber(); s.subscribe("a"); s.connect(publisher.lastEndpoint); return s; });
        await publisher.waitForSubscribers(3);
        for (let j = 0; j < 20; j++) await publisher.send("a" + j);
        for (const s of subscribers) for (let j = 0; j < 20; j++) await s.receive();
        counts.messages += 60;
        for (const s of [publisher, ...subscribers]) s.close();
        counts.sockets += 4;
      },
      async failures(i) {
        const push = new zmq.Push({ linger: 0, sendTimeout: 1, reconnectInterval: 1 });
        push.events.on("connect:retry", () => {});
        push.connect("tcp://127.0.0.1:1");
        for (let j = 0; j < 5; j++) await push.send("x".repeat(1000)).catch(() => {});
        const pull = new zmq.Pull({ receiveTimeout: 1 });
        await pull.receive().catch(() => {});
        await pull.receive({ signal: AbortSignal.timeout(1) }).catch(() => {});
        try { pull.connect("nonsense"); } catch {}
        push.close(); pull.close();
        counts.sockets += 2;
      },
      async contexts(i) {
        const context = new zmq.Context();
        const a = new zmq.Pair({ context }), b = new zmq.Pair({ context });
        a.bindSync("inproc://x"); b.connect("inproc://x");
        await a.send("x"); await b.receive();
        await context.close();
        counts.contexts++;
      },
    };
    const everything = async (i) => { for (const round of Object.values(rounds)) await round(i); };
    const thread = async () => {
      const worker = startWorker('const pull = new zmq.Pull(); pull.receive(); new zmq.Push().send("x"); parentPort.postMessage("here");');
      await firstMessage(worker);
      await worker.terminate();
      counts.workers++;
    };
    const settle = async () => { for (let i = 0; i < 20; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 10)); } };
    for (let i = 0; i < 20; i++) { await everything(i); if (i % 5 === 0) await thread(); }
    await settle();
    const before = count();
    const samples = [];
    const end = Date.now() + ${seconds * 1000};
    for (let i = 0, next = 0; Date.now() < end; i++) {
      await everything(i);
      if (i % 10 === 0) await thread();
      if (Date.now() > next) { next = Date.now() + ${Math.max(500, seconds * 10)}; samples.push(count().rss); }
    }
    await settle();
    const half = samples.slice(samples.length / 2);
    console.log(JSON.stringify({ before, after: count(), counts, growth: half.at(-1) - half[0] }));
  `,
    { flags: ["--expose-gc"], limit: (seconds + 50) * 1000 },
  );
  expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
  const { before, after, counts, growth } = JSON.parse(outcome.stdout);
  console.log(
    `${seconds} seconds: ${JSON.stringify(counts)}; memory ${Math.round(before.rss)} → ${Math.round(after.rss)} MB, second half ${growth.toFixed(1)} MB; descriptors ${before.descriptors} → ${after.descriptors}, threads ${before.threads} → ${after.threads}`,
  );
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 2);
  expect(after.threads).toBeLessThanOrEqual(before.threads + 2);
  // A sanitizer keeps freed memory for a while to detect later uses.
  if (sanitizer) return;
  expect(after.rss).toBeLessThan(before.rss + 60);
  expect(growth).toBeLessThan(40);
});
