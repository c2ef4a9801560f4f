// Proxies beyond what zeromq has (test/drop-in/proxy.test.ts has that): many at once, capture, pause, statistics.

import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { Context, Dealer, Proxy, Pull, Push, Reply, Request, Router } from "zmq-native";
import { runProgram } from "./helpers/program.js";
import { freshEndpoint, transports } from "./helpers/transports.js";

/** A forwarder from pushes to pulls. */
async function forwarder(options?: ConstructorParameters<typeof Proxy>[2]) {
  const front = new Pull();
  const back = new Push();
  await front.bind("tcp://127.0.0.1:*");
  await back.bind("tcp://127.0.0.1:*");
  const proxy = new Proxy(front, back, options);
  const ended = proxy.run();
  const push = new Push();
  const pull = new Pull();
  push.connect(front.lastEndpoint as string);
  pull.connect(back.lastEndpoint as string);
  return {
    ...{ proxy, ended, push, pull, front, back },
    async [Symbol.asyncDispose]() {
      push.close();
      pull.close();
      if (!front.closed) proxy.terminate();
      await ended;
    },
  };
}

describe.each(transports)("over %s", (transport) => {
  test("a broker passes requests and replies, multipart and large ones too", async () => {
    const [front, back] = [new Router(), new Dealer()];
    await front.bind(freshEndpoint(transport));
    await back.bind(freshEndpoint(transport));
    const proxy = new Proxy(front, back);
    const ended = proxy.run();
    using reply = new Reply();
    using request = new Request();
    // Options can be read, and set, while it runs.
    reply.connect(back.lastEndpoint as string);
    request.connect(front.lastEndpoint as string);
    expect(front.sendHighWaterMark).toBe(1000);
    const messages = [["a"], ["b", "", "c"], [Buffer.alloc(2 ** 20, 7)]];
    for (const message of messages) {
      await request.send(message);
      const received = await reply.receive();
      await reply.send(received);
      expect((await request.receive()).map(String)).toEqual(message.map(String));
    }
    proxy.terminate();
    await ended;
    expect([front.closed, back.closed]).toEqual([true, true]);
  });
});

// An option that is read wakes the thread, and what that thread said shortly before must not be missed for it.
test("ends though its sockets' options are read just then", async () => {
  for (let round = 0; round < 50; round++) {
    const [front, back] = [new Pull(), new Push()];
    for (const socket of [front, back]) socket.bindSync(freshEndpoint("inproc"));
    const proxy = new Proxy(front, back);
    const ended = proxy.run();
    await new Promise(setImmediate);
    proxy.terminate();
    // The proxy listens in the next turn, before its thread has said anything; the sockets look after that.
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2));
    expect(front.linger).toBe(-1);
    await ended;
  }
});

test("its sockets accept nothing else meanwhile", async () => {
  await using forward = await forwarder();
  for (const use of [
    () => forward.front.receive(),
    () => forward.back.send("x"),
    () => forward.front.connect("tcp://127.0.0.1:1"),
    () => forward.front.bindSync("tcp://127.0.0.1:*"),
    () => new Proxy(forward.front, forward.back).run(),
    () => forward.proxy.run(),
  ]) {
    expect(use).toThrow(expect.objectContaining({ code: "EBUSY" }));
  }
  forward.front.close();
  expect(forward.front.closed).toBe(false);
});

test("scenario 16: sixteen at once, while files and names are read as fast as before", async () => {
  const forwarders = await Promise.all(Array.from({ length: 16 }, () => forwarder()));
  await Promise.all([readFile(__filename), lookup("127.0.0.1")]);
  for (const [index, { push, pull }] of forwarders.entries()) {
    await push.send(String(index));
    expect(String(await pull.receive())).toBe(String(index));
  }
  for (const forward of forwarders) await forward[Symbol.asyncDispose]();
});

test("pause keeps messages where they are, resume passes them on", async () => {
  await using forward = await forwarder();
  await forward.push.send("1");
  expect(String(await forward.pull.receive())).toBe("1");
  forward.proxy.pause();
  // Answered after the pause has taken effect.
  await forward.proxy.statistics();
  await forward.push.send("2");
  await expect(forward.pull.receive({ timeout: 50 })).rejects.toThrow(
    expect.objectContaining({ code: "EAGAIN" }),
  );
  expect((await forward.proxy.statistics()).backEnd.sent.messages).toBe(1);
  forward.proxy.resume();
  expect(String(await forward.pull.receive())).toBe("2");
});

test("statistics count messages and bytes both ways", async () => {
  await using forward = await forwarder();
  await forward.push.send(["ab", "cde"]);
  await forward.push.send("f");
  await forward.pull.receive();
  await forward.pull.receive();
  expect(await forward.proxy.statistics()).toEqual({
    frontEnd: { received: { messages: 2, bytes: 6 }, sent: { messages: 0, bytes: 0 } },
    backEnd: { received: { messages: 0, bytes: 0 }, sent: { messages: 2, bytes: 6 } },
    captureDropped: 0,
  });
});

test("scenario 17: capture gets a copy of every message, and holds nothing up when it has no room", async () => {
  using capture = new Push({ sendHighWaterMark: 2 });
  using captured = new Pull({ receiveHighWaterMark: 2 });
  await captured.bind(freshEndpoint("inproc"));
  capture.connect(captured.lastEndpoint as string);
  await using forward = await forwarder({ capture });
  for (let i = 0; i < 100; i++) {
    await forward.push.send(["n", String(i)]);
    expect(String((await forward.pull.receive())[1])).toBe(String(i));
  }
  for (let i = 0; i < 4; i++) expect((await captured.receive()).map(String)).toEqual(["n", String(i)]);
  expect((await forward.proxy.statistics()).captureDropped).toBe(96);
});

test("scenario 17: under load: pause, resume and statistics in the middle lose and reorder nothing", async () => {
  await using forward = await forwarder();
  const count = 50_000;
  const sent = (async () => {
    for (let i = 0; i < count; i += 100) {
      await forward.push.sendMany(Array.from({ length: 100 }, (_, j) => String(i + j)));
      if (i % 5000 === 0) {
        forward.proxy.pause();
        await forward.proxy.statistics();
        forward.proxy.resume();
      }
    }
  })();
  let expected = 0;
  for await (const batch of forward.pull.batches()) {
    for (const [frame] of batch)
      if (String(frame) !== String(expected++)) throw new Error(`${frame} out of order`);
    if (expected === count) break;
  }
  await sent;
  expect((await forward.proxy.statistics()).backEnd.sent.messages).toBe(count);
});

test("an option read while it runs never takes a wake-up of its thread", async () => {
  await using forward = await forwarder();
  for (let i = 0; i < 2000; i++) {
    await forward.push.send(String(i));
    void forward.front.readable;
    void forward.back.writable;
    expect(String(await forward.pull.receive({ timeout: 10_000 }))).toBe(String(i));
  }
});

test("a context that ends, ends it", async () => {
  const context = new Context();
  const front = new Pull({ context });
  const back = new Push({ context });
  await front.bind("inproc://front");
  await back.bind("inproc://back");
  const ended = new Proxy(front, back).run();
  await context.close({ linger: 0 });
  await ended;
  expect([front.closed, back.closed]).toEqual([true, true]);
});

test("a running proxy keeps the process alive; process.exit ends both", async () => {
  const { code, stdout } = await runProgram(`
    const [front, back] = [new zmq.Pull(), new zmq.Push()];
    await front.bind("tcp://127.0.0.1:*");
    await back.bind("tcp://127.0.0.1:*");
    const proxy = new zmq.Proxy(front, back);
    proxy.run();
    setTimeout(() => { console.log("still here"); process.exit(3); }, 50).unref();
  `);
  expect(stdout).toBe("still here\n");
  expect(code).toBe(3);
});

test("a worker that ends with a proxy running harms nobody", async () => {
  const { code, stdout } = await runProgram(`
    for (let i = 0; i < 10; i++) {
      const worker = startWorker(\`
        const [front, back] = [new zmq.Pull(), new zmq.Push()];
        await front.bind("tcp://127.0.0.1:*");
        await back.bind("tcp://127.0.0.1:*");
        new zmq.Proxy(front, back).run();
        const push = new zmq.Push();
        push.connect(front.lastEndpoint);
        for (let j = 0; j < 10; j++) push.trySend("x");
        parentPort.postMessage("running");
      \`);
      await firstMessage(worker);
      await worker.terminate();
    }
    console.log("all ended");
  `);
  expect(stdout).toBe("all ended\n");
  expect(code).toBe(0);
});
