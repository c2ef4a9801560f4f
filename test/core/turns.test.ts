// Request and Reply: which calls wait for the socket's turn, which fail immediately, and the errors' details.

import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { Pair, Reply, Request } from "zmq-native";
import { join } from "../helpers/pairs.js";
import { packagePath } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";

const message = "Operation cannot be accomplished in current state";
const unanswered = "this Reply: the last request has no reply yet: call send() first";
const nothingToAnswer = "this Reply: there is no request to answer: call receive() first";
const noRequest = "this Request: no request is pending: call send() first";
const noReply =
  "this Request: the last request has no reply yet: receive() the reply first, or set `relaxed: true` (best with `correlate: true`) to send again without it";

const efsm = (detail: string) => expect.objectContaining({ code: "EFSM", errno: 156384763, message, detail });

describe("EFSM is immediate and names the state and the remedy in detail for", () => {
  test("trySend and tryReceive", async () => {
    using pair = await join(new Reply(), new Request(), "inproc");
    expect(() => pair.bound.trySend("x")).toThrow(efsm(nothingToAnswer));
    expect(() => pair.connected.tryReceive()).toThrow(efsm(noRequest));
    await pair.connected.send("request");
    expect(() => pair.connected.trySend("another")).toThrow(efsm(noReply));
    await pair.bound.receive();
    expect(() => pair.bound.tryReceive()).toThrow(efsm(unanswered));
  });

  test("send and receive with timeout 0", async () => {
    using pair = await join(new Reply(), new Request(), "inproc");
    await expect(pair.bound.send("x", { timeout: 0 })).rejects.toThrow(efsm(nothingToAnswer));
    for (const method of ["receive", "receiveMany", "receiveWithMetadata"] as const) {
      await expect(pair.connected[method]({ timeout: 0 })).rejects.toThrow(efsm(noRequest));
    }
    await expect(pair.connected.batches({ timeout: 0 }).next()).rejects.toThrow(efsm(noRequest));
  });

  test("sendMany, which needs a receive between its messages", async () => {
    using pair = await join(new Reply(), new Request(), "inproc");
    await expect(pair.bound.sendMany(["x"])).rejects.toThrow(efsm(nothingToAnswer));
    const error = await pair.connected.sendMany(["one", "two"]).catch((reason) => reason);
    expect(error).toEqual(efsm(noReply));
    expect(error.sent).toBe(1);
  });
});

describe("a call that waits for the socket's turn", () => {
  test("rejects with EFSM after its timeout, and with the signal's reason", async () => {
    using pair = await join(new Reply(), new Request(), "inproc");
    await expect(pair.bound.send("x", { timeout: 5 })).rejects.toThrow(efsm(nothingToAnswer));
    await expect(pair.connected.receive({ timeout: 5 })).rejects.toThrow(efsm(noRequest));
    const controller = new AbortController();
    const waiting = pair.connected.receive({ signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    // The socket is unchanged.
    await pair.connected.send("request");
    expect(String(await pair.bound.receive())).toBe("request");
  });

  test("with distinctErrors rejects with ETIMEDOUT or ECANCELED and names the state in detail", async () => {
    const request = new Request({ distinctErrors: true });
    await expect(request.receive({ timeout: 5 })).rejects.toMatchObject({
      code: "ETIMEDOUT",
      detail: noRequest,
    });
    const waiting = request.receive();
    request.close();
    await expect(waiting).rejects.toMatchObject({ code: "ECANCELED", detail: noRequest });
  });

  test("rejects with EAGAIN after its timeout once the turn has come", async () => {
    using pair = await join(new Reply(), new Request(), "inproc");
    const receiving = pair.connected.receive({ timeout: 50 });
    await pair.connected.send("request");
    await expect(receiving).rejects.toMatchObject({
      code: "EAGAIN",
      detail: "receive() timed out after 50 ms: no message arrived",
    });
  });

  test("keeps a copy of the message to send", async () => {
    using pair = await join(new Reply(), new Request(), "inproc");
    const bytes = Buffer.from("answer");
    const sending = pair.bound.send(bytes);
    bytes.fill("x");
    await pair.connected.send("request");
    await pair.bound.receive();
    await sending;
    expect(String(await pair.connected.receive())).toBe("answer");
  });

  test("may be receiveMany, receiveWithMetadata or batches", async () => {
    using pair = await join(new Reply(), new Request(), "inproc");
    const { bound, connected } = pair;
    const batches = connected.batches();
    for (const receive of [
      async () => (await connected.receiveMany())[0],
      async () => (await connected.receiveWithMetadata()).message,
      async () => (await batches.next()).value?.[0],
    ]) {
      const receiving = receive();
      await connected.send("request");
      await bound.send(await bound.receive());
      expect(String(await receiving)).toBe("request");
    }
  });

  test("a relaxed Request without a peer keeps its pending receive", async () => {
    const request = new Request({ relaxed: true, correlate: true, linger: 0 });
    const reply = new Reply();
    await reply.bind("tcp://127.0.0.1:*");
    request.connect(reply.lastEndpoint as string);
    await request.send("one");
    await reply.receive();
    const receiving = request.receive();
    request.disconnect(reply.lastEndpoint as string);
    // libzmq now forgets the first request, although the second has no peer.
    await expect(request.send("two", { timeout: 5 })).rejects.toMatchObject({ code: "EAGAIN" });
    request.connect(reply.lastEndpoint as string);
    await request.send("three");
    await reply.send("one");
    expect(String(await reply.receive())).toBe("three");
    await reply.send("reply");
    expect(String(await receiving)).toBe("reply");
    request.close();
    reply.close();
  });

  test("does not occupy the event loop", async () => {
    using pair = await join(new Reply(), new Request({ relaxed: true }), "tcp");
    const { bound, connected } = pair;
    await connected.send("first");
    await bound.receive();
    // The Reply has not answered yet, and the next request arrives, which it must not receive yet.
    const receiving = bound.receive();
    await connected.send("second");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { loopCount } = performance.nodeTiming.uvMetricsInfo;
    await new Promise((resolve) => setTimeout(resolve, 200));
    // A retry in each turn of the loop would add up to thousands.
    expect(performance.nodeTiming.uvMetricsInfo.loopCount - loopCount).toBeLessThan(50);
    await bound.send("answer");
    expect(String(await receiving)).toBe("second");
  });
});

describe("EBUSY names the pending call in detail and how to end it:", () => {
  const busy = (detail: string) =>
    expect.objectContaining({
      code: "EBUSY",
      detail: `${detail} is pending: await it first, or end it with its { timeout } or { signal }`,
    });

  test("reading", async () => {
    const pair = new Pair();
    const calls = {
      "receive()": (signal: AbortSignal) => pair.receive({ signal }),
      "receiveMany()": (signal: AbortSignal) => pair.receiveMany({ signal }),
      "receiveWithMetadata()": (signal: AbortSignal) => pair.receiveWithMetadata({ signal }),
      "a loop (for await)": (signal: AbortSignal) => pair.batches({ signal }).next(),
    };
    for (const [name, call] of Object.entries(calls)) {
      const controller = new AbortController();
      const pending = call(controller.signal);
      expect(() => pair.receive()).toThrow(busy(name));
      expect(() => pair.tryReceive()).toThrow(busy(name));
      await expect(pair[Symbol.asyncIterator]().next()).rejects.toThrow(busy(name));
      controller.abort();
      await pending.catch(() => {});
    }
    pair.close();
  });

  test("writing", async () => {
    const pair = new Pair();
    for (const name of ["send", "sendMany"] as const) {
      const controller = new AbortController();
      const pending = pair[name](["message"], { signal: controller.signal });
      expect(() => pair.send("x")).toThrow(busy(`${name}()`));
      expect(() => pair.trySend("x")).toThrow(busy(`${name}()`));
      expect(() => pair.sendMany(["x"])).toThrow(busy(`${name}()`));
      controller.abort();
      await pending.catch(() => {});
    }
    pair.close();
  });

  test("an uncaught error prints the detail", () => {
    const pair = new Pair();
    pair.receive().catch(() => {});
    try {
      pair.receive();
    } catch (error) {
      expect((error as Error).stack).toMatch(/only one receive operation .*: receive\(\) is pending/);
    }
    expect.assertions(1);
    pair.close();
  });
});

test("a receive that times out leaves the wake-up to a pending send", async () => {
  // libzmq reports room once. The last attempt of the receive also processes that command.
  const marks = { sendHighWaterMark: 1, receiveHighWaterMark: 1, linger: 0 };
  for (let round = 0; round < 3; round++) {
    const pair = new Pair(marks);
    const endpoint = freshEndpoint("inproc");
    await pair.bind(endpoint);
    const state = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(
      `const { parentPort, workerData: { path, endpoint, marks, state } } = require("node:worker_threads");
       const { Pair } = require(path);
       const peer = new Pair(marks);
       peer.connect(endpoint);
       parentPort.postMessage("ready");
       Atomics.wait(state, 0, 0);
       while (peer.tryReceive() !== undefined);
       Atomics.store(state, 1, 1);
       Atomics.notify(state, 1);
       (async () => {
         for await (const [frame] of peer) if (String(frame) === "waits") break;
         peer.close();
       })();`,
      { eval: true, workerData: { path: packagePath, endpoint, marks, state } },
    );
    const ready = new Promise((resolve) => worker.once("message", resolve));
    const exited = new Promise((resolve) => worker.once("exit", resolve));
    await ready;
    while (pair.trySend("fill"));
    const sending = pair.send("waits");
    const receiving = pair.receive({ timeout: 20 }).catch((error) => error.code);
    // Both waits must have started before the worker makes room.
    await new Promise(setImmediate);
    Atomics.store(state, 0, 1);
    Atomics.notify(state, 0);
    Atomics.wait(state, 1, 0);
    // This thread blocks until the timeout has passed, so its timer fires before the descriptor.
    Atomics.wait(state, 1, 1, 40);
    expect(await receiving).toBe("EAGAIN");
    await sending;
    await exited;
    pair.close();
  }
}, 20_000);
