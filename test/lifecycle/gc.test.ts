// Unreachable sockets are closed, but sockets with a pending operation are not.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Context, Publisher, Pull, Push } from "zmq-native";
import { Radio } from "zmq-native/draft";
import { freshEndpoint } from "../helpers/transports.js";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as (options?: { type: "minor" }) => void;

/** Collects garbage until `done`, with turns of the event loop in between, in which finalizers run. */
async function collectUntil(done: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!done()) {
    if (performance.now() > end) throw new Error("not collected within ten seconds");
    gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Whether a call succeeds. These codes say that what it needs is not free yet. */
function succeeds(call: () => unknown, ...codes: string[]): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (!codes.includes((error as { code: string }).code)) throw error;
    return false;
  }
}

test("an unreachable socket is closed, which frees its place and its address", async () => {
  const context = new Context({ maxSockets: 1 });
  const endpoint = freshEndpoint("inproc");
  const open = () => new Pull({ context }).bindSync(endpoint);
  open();
  expect(open).toThrow(expect.objectContaining({ code: "EMFILE" }));
  for (let round = 0; round < 5; round++) {
    // At first there is no free place, and then the address is still in use for a moment.
    await collectUntil(() => succeeds(open, "EMFILE", "EADDRINUSE"));
  }
});

test("a socket with a loop over the changes of its peers that nobody reads is closed", async () => {
  const context = new Context({ maxSockets: 1 });
  const open = () => new Pull({ context }).peers.changes();
  open();
  expect(open).toThrow(expect.objectContaining({ code: "EMFILE" }));
  await collectUntil(() => succeeds(open, "EMFILE"));
});

test.each([
  ["a Radio", Radio, "udp://unknown.invalid:9"],
  ["a Publisher", Publisher, "norm://unknown.invalid:9"],
  ["a Push", Push, "tcp://unknown.invalid:9"],
])("%s whose connect waits for the address of a name is closed", async (_, Type, endpoint) => {
  const context = new Context({ maxSockets: 1 });
  const connect = () => new Type({ context }).connect(endpoint);
  connect();
  await collectUntil(() => succeeds(connect, "EMFILE"));
});

test("closed sockets do not wait for a full garbage collection", () => {
  const context = new Context({ maxSockets: 10_000 });
  const heapAfter = (lives: number): number => {
    for (let i = 0; i < lives; i++) {
      const push = new Push({ context, linger: 0 });
      push.connect("tcp://127.0.0.1:9");
      push.close();
      if (i % 100 === 0) gc({ type: "minor" });
    }
    gc({ type: "minor" });
    gc({ type: "minor" });
    return process.memoryUsage().heapUsed;
  };
  const before = heapAfter(500);
  const grown = heapAfter(3000) - before;
  // A closed socket takes more than a kilobyte.
  expect(grown).toBeLessThan(1_000_000);
});

test("a socket with a pending receive or a loop is kept and gets its message", async () => {
  const endpoints = [freshEndpoint("inproc"), freshEndpoint("inproc")];
  const received: string[] = [];
  const collected: string[] = [];
  const registry = new FinalizationRegistry((name: string) => collected.push(name));
  (() => {
    const pull = new Pull();
    pull.bindSync(endpoints[0]!);
    pull.receive().then((message) => received.push(String(message)));
    const looping = new Pull();
    looping.bindSync(endpoints[1]!);
    (async () => {
      for await (const message of looping) received.push(String(message));
    })();
    const marker = {};
    registry.register(marker, "marker");
  })();
  await collectUntil(() => collected.includes("marker"));
  for (let i = 0; i < 10; i++) gc();
  using push = new Push();
  push.connect(endpoints[0]!);
  await push.send("to the receive");
  using second = new Push();
  second.connect(endpoints[1]!);
  await second.send("to the loop");
  while (received.length < 2) await new Promise(setImmediate);
  expect(received.sort()).toEqual(["to the loop", "to the receive"]);
});

test("an iterator keeps its otherwise unreferenced socket open", async () => {
  const endpoint = freshEndpoint("inproc");
  const iterator = (() => {
    const pull = new Pull();
    pull.bindSync(endpoint);
    return pull[Symbol.asyncIterator]();
  })();
  for (let i = 0; i < 10; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  using push = new Push();
  push.connect(endpoint);
  await push.send("still here");
  expect(String((await iterator.next()).value)).toBe("still here");
});

test("a context stays while one of its sockets is open", async () => {
  const pull = (() => {
    const context = new Context();
    return new Pull({ context });
  })();
  for (let i = 0; i < 10; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(pull.context.maxSockets).toBe(1023);
  pull.bindSync(freshEndpoint("inproc"));
  pull.close();
});

test("scenario 20: the memory of received messages is freed: small, large and external ones", async () => {
  using pull = new Pull({ receiveHighWaterMark: 0 });
  using push = new Push({ sendHighWaterMark: 0 });
  await pull.bind(freshEndpoint("inproc"));
  push.connect(pull.lastEndpoint as string);
  const held = () => process.memoryUsage().arrayBuffers + process.memoryUsage().external;
  gc();
  const before = held();
  for (let round = 0; round < 20; round++) {
    for (const size of [100, 20_000, 2_000_000]) {
      const message = Buffer.alloc(size);
      for (let i = 0; i < 10; i++) {
        push.trySend(message);
        pull.tryReceive();
      }
    }
  }
  await collectUntil(() => held() - before < 10_000_000);
});
