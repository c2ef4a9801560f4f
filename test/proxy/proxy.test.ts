// Features of proxies beyond zeromq's (test/drop-in/proxy.test.ts covers those): many at once, capture, pause,
// statistics.

import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { Context, Dealer, Proxy, Pull, Push, Reply, Request, Router } from "zmq-native";
import { leastCpu, runProgram } from "../helpers/program.js";
import { freshEndpoint, transports } from "../helpers/transports.js";

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
  test("a broker forwards requests and replies, including multipart and large ones", async () => {
    const [front, back] = [new Router(), new Dealer()];
    await front.bind(freshEndpoint(transport));
    await back.bind(freshEndpoint(transport));
    const proxy = new Proxy(front, back);
    const ended = proxy.run();
    using reply = new Reply();
    using request = new Request();
    // Options can be read and set while it runs.
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

// Reading an option wakes the thread, which must not miss an earlier message of that thread.
test("a proxy ends while the options of its sockets are read", async () => {
  for (let round = 0; round < 50; round++) {
    const [front, back] = [new Pull(), new Push()];
    for (const socket of [front, back]) socket.bindSync(freshEndpoint("inproc"));
    const proxy = new Proxy(front, back);
    const ended = proxy.run();
    await new Promise(setImmediate);
    proxy.terminate();
    // The proxy listens in the next turn, before its thread has reported anything. The sockets listen later.
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2));
    expect(front.linger).toBe(-1);
    await ended;
  }
});

test("the sockets of a running proxy accept no other operation", async () => {
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

test("a proxy does not run while flush waits on one of its sockets", async () => {
  using front = new Pull();
  using back = new Push({ linger: 0 });
  await front.bind("tcp://127.0.0.1:*");
  back.connect("inproc://nobody-binds-this");
  await back.send("waits");
  const stop = new AbortController();
  const flushed = back.flush({ signal: stop.signal });
  const proxy = new Proxy(front, back);
  expect(() => proxy.run()).toThrow(expect.objectContaining({ code: "EBUSY" }));
  stop.abort();
  await expect(flushed).rejects.toBe(stop.signal.reason);
  const ended = proxy.run();
  proxy.terminate();
  await ended;
});

test("scenario 16: sixteen proxies do not slow down file access and name lookups", async () => {
  const forwarders = await Promise.all(Array.from({ length: 16 }, () => forwarder()));
  await Promise.all([readFile(__filename), lookup("127.0.0.1")]);
  for (const [index, { push, pull }] of forwarders.entries()) {
    await push.send(String(index));
    expect(String(await pull.receive())).toBe(String(index));
  }
  for (const forward of forwarders) await forward[Symbol.asyncDispose]();
});

test("pause keeps messages queued, and resume forwards them", async () => {
  await using forward = await forwarder();
  await forward.push.send("1");
  expect(String(await forward.pull.receive())).toBe("1");
  forward.proxy.pause();
  // The answer arrives after the pause has taken effect.
  await forward.proxy.statistics();
  await forward.push.send("2");
  await expect(forward.pull.receive({ timeout: 50 })).rejects.toThrow(
    expect.objectContaining({ code: "EAGAIN" }),
  );
  expect((await forward.proxy.statistics()).backEnd.sent.messages).toBe(1);
  forward.proxy.resume();
  expect(String(await forward.pull.receive())).toBe("2");
});

test("statistics count messages and bytes in both directions", async () => {
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

test("run rejects a capture that cannot send or is an end of the proxy", () => {
  using front = new Pull();
  using back = new Push();
  using pull = new Pull();
  expect(() => new Proxy(front, back, { capture: pull })).toThrow(TypeError);
  expect(() => new Proxy(front, back, { capture: back })).toThrow("got an end of the proxy");
  expect(() => new Proxy(front, back, { capture: front })).toThrow("got an end of the proxy");
});

test("scenario 17: capture gets a copy of every message and does not block when its queue is full", async () => {
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

test("scenario 17: pause, resume and statistics under load neither lose nor reorder messages", async () => {
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

test("reading an option while a proxy runs does not consume a wake-up of its thread", async () => {
  await using forward = await forwarder();
  for (let i = 0; i < 2000; i++) {
    await forward.push.send(String(i));
    void forward.front.readable;
    void forward.back.writable;
    expect(String(await forward.pull.receive({ timeout: 10_000 }))).toBe(String(i));
  }
});

test("closing the context ends a proxy", async () => {
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

test("a running proxy keeps the process alive, and process.exit ends both", async () => {
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

test("a worker that ends with a running proxy affects no other thread", async () => {
  const { code, stdout } = await runProgram(`
    for (let i = 0; i < 10; i++) {
      const worker = startWorker(\`
        const [front, back] = [new zmq.Pull(), new zmq.Push()];
        await front.bind("tcp://127.0.0.1:*");
        await back.bind("tcp://127.0.0.1:*");
        new zmq.Proxy(front, back).run();
        // The front end may close before it has received all of them, and the exit must not wait for them.
        const push = new zmq.Push({ linger: 0 });
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

test("each of 5,000 pending calls of statistics gets an answer", async () => {
  await using forward = await forwarder();
  const calls = Array.from({ length: 5000 }, () => forward.proxy.statistics());
  for (let i = 0; i < 2500; i++) {
    forward.proxy.pause();
    forward.proxy.resume();
  }
  for (const answer of await Promise.all(calls)) expect(answer.captureDropped).toBe(0);
  await forward.push.send("x");
  expect(String(await forward.pull.receive())).toBe("x");
});

test("pending calls of statistics reject when the proxy ends", async () => {
  const forward = await forwarder();
  forward.proxy.terminate();
  const calls = Array.from({ length: 5000 }, () => forward.proxy.statistics());
  await forward.ended;
  for (const { status } of await Promise.allSettled(calls)) expect(status).toBe("rejected");
  await forward[Symbol.asyncDispose]();
});

describe("prefetched messages of a loop", () => {
  /** A socket that was sent 99 messages. A loop received the first and prefetched others. */
  async function looped<S extends Pull | Dealer>(socket: S, push: Push | Dealer): Promise<S> {
    socket.bindSync(freshEndpoint("inproc"));
    push.connect(socket.lastEndpoint as string);
    for (let i = 0; i < 99; i++) await push.send(i % 2 === 0 ? [`${i}`] : [`${i}`, "", "third"]);
    for await (const [first] of socket) {
      expect(String(first)).toBe("0");
      break;
    }
    return socket;
  }

  test("are forwarded first, counted and captured", async () => {
    using push = new Push();
    const front = await looped(new Pull(), push);
    const back = new Push();
    back.bindSync(freshEndpoint("inproc"));
    using capture = new Push();
    capture.bindSync(freshEndpoint("inproc"));
    using captured = new Pull();
    captured.connect(capture.lastEndpoint as string);
    const proxy = new Proxy(front, back, { capture });
    const ended = proxy.run();
    using pull = new Pull();
    pull.connect(back.lastEndpoint as string);
    for (let i = 1; i < 99; i++) {
      const frames = i % 2 === 0 ? [`${i}`] : [`${i}`, "", "third"];
      expect((await pull.receive()).map(String)).toEqual(frames);
      expect((await captured.receive()).map(String)).toEqual(frames);
    }
    const { frontEnd, backEnd } = await proxy.statistics();
    expect([frontEnd.received.messages, backEnd.sent.messages]).toEqual([98, 98]);
    expect(frontEnd.received.bytes).toBe(backEnd.sent.bytes);
    proxy.terminate();
    await ended;
  });

  test("wait for room at both ends", async () => {
    const options = { sendHighWaterMark: 1, receiveHighWaterMark: 1000 };
    using atFront = new Dealer();
    using atBack = new Dealer();
    const front = await looped(new Dealer(options), atFront);
    const back = await looped(new Dealer(options), atBack);
    const proxy = new Proxy(front, back);
    const ended = proxy.run();
    for (let i = 1; i < 99; i++) {
      expect(String((await atFront.receive())[0])).toBe(`${i}`);
      expect(String((await atBack.receive())[0])).toBe(`${i}`);
    }
    proxy.terminate();
    await ended;
  });

  test("stay in the socket when the proxy cannot start", async () => {
    // Places for these three sockets and one of the two that a proxy needs.
    const context = new Context({ maxSockets: 4 });
    const front = await looped(new Pull({ context }), new Push({ context }));
    const back = new Push({ context });
    back.bindSync(freshEndpoint("inproc"));
    expect(() => new Proxy(front, back).run()).toThrow(
      expect.objectContaining({ code: "EMFILE", detail: expect.stringContaining("maxSockets (4)") }),
    );
    for (let i = 1; i < 99; i++) expect(String((await front.receive())[0])).toBe(`${i}`);
    await context.close({ linger: 0 });
  });
});

/** A broker whose front end is a mandatory Router, with peers A, which does not read, and B. */
const addressed = `
  const marks = { sendHighWaterMark: 1, receiveHighWaterMark: 1 };
  const front = new zmq.Router({ mandatory: true, ...marks });
  const back = new zmq.Dealer();
  front.bindSync("inproc://front");
  back.bindSync("inproc://back");
  const a = new zmq.Dealer({ routingId: "A", ...marks });
  const b = new zmq.Dealer({ routingId: "B", ...marks });
  for (const peer of [a, b]) peer.connect("inproc://front");
  const worker = new zmq.Dealer();
  worker.connect("inproc://back");
  const proxy = new zmq.Proxy(front, back);
  const ended = proxy.run();
  // So that the Router knows both peers.
  for (const peer of [a, b]) {
    await peer.send("hello");
    await worker.receive();
  }
  ${leastCpu}
  /** CPU milliseconds in a second. */
  const busy = () => leastCpu(1000);
  const finish = async (result) => {
    proxy.terminate();
    await ended;
    for (const socket of [a, b, worker]) socket.close();
    console.log(JSON.stringify(result));
  };
`;

async function brokered(program: string): Promise<unknown> {
  const outcome = await runProgram(addressed + program);
  expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
  return JSON.parse(outcome.stdout);
}

describe("a mandatory Router with a full peer", () => {
  test("does not keep the proxy's thread busy", async () => {
    const spent = await brokered(`
      // Two fit, and the third waits.
      for (let i = 0; i < 3; i++) await worker.send(["A", String(i)]);
      await worker.send(["B", "last"]);
      await b.receive();
      await finish(await busy());
    `);
    expect(spent).toBeLessThan(20);
  });

  test("delays no messages for other peers and does not reorder its own", async () => {
    const received = await brokered(`
      for (let i = 0; i < 3; i++) await worker.send(["A", String(i)]);
      const forB = [];
      for (let i = 0; i < 500; i++) {
        await worker.send(["B", String(i), "more"]);
        forB.push((await b.receive()).join());
      }
      const forA = [];
      for (let i = 0; i < 3; i++) forA.push(String(await a.receive()));
      for (let i = 3; i < 100; i++) {
        await worker.send(["A", String(i)]);
        forA.push(String(await a.receive()));
      }
      const { frontEnd, backEnd } = await proxy.statistics();
      await finish({ forA, forB, sent: frontEnd.sent.messages, received: backEnd.received.messages });
    `);
    expect(received).toEqual({
      forA: Array.from({ length: 100 }, (_, i) => String(i)),
      forB: Array.from({ length: 500 }, (_, i) => `${i},more`),
      sent: 600,
      received: 600,
    });
  });

  test("stops the proxy after a high-water mark of stored messages and loses none", async () => {
    const received = await brokered(`
      const sending = (async () => {
        for (let i = 0; i < 5000; i++) await worker.send(["A", String(i), "x".repeat(i % 50)]);
      })();
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { backEnd } = await proxy.statistics();
      let next = 0;
      for await (const [first] of a) {
        if (String(first) !== String(next)) throw new Error(first + " in the place of " + next);
        if (++next === 5000) break;
      }
      await sending;
      await finish({ next, taken: backEnd.received.messages });
    `);
    // Two are in the peer's queue, and one is stored.
    expect(received).toEqual({ next: 5000, taken: 3 });
  });

  test("frees the stored messages when that peer disconnects", async () => {
    const received = await brokered(`
      for (let i = 0; i < 3; i++) await worker.send(["A", String(i)]);
      const forB = [];
      for (let i = 0; i < 10; i++) {
        if (i === 5) a.close();
        await worker.send(["A", "in vain"]);
        await worker.send(["B", String(i)]);
        if (i >= 5) forB.push(String(await b.receive()));
      }
      for (let i = 0; i < 5; i++) forB.push(String(await b.receive()));
      await finish(forB);
    `);
    expect(received).toEqual(Array.from({ length: 10 }, (_, i) => String(i)));
  });
});
