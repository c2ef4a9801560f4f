// The edge-trigger rule: no wake-up is lost, whatever else the program does with the socket.

import { describe, expect, test } from "vitest";
import { Dealer, Pair, Pull, Push, Reply, Request, Router, Subscriber, XPublisher } from "zmq-native";
import { join } from "../helpers/pairs.js";
import { freshEndpoint } from "../helpers/transports.js";

describe("scenario 12: a Dealer pair exchanges a million interleaved messages in both directions", () => {
  // Half a million each way over each transport. Small high-water marks make both ends wait constantly.
  test.each([
    ["tcp", 1000],
    ["inproc", 10],
  ] as const)("over %s", { timeout: 300_000 }, async (transport, mark) => {
    const count = 500_000;
    const options = { sendHighWaterMark: mark, receiveHighWaterMark: mark };
    using pair = await join(new Dealer(options), new Dealer(options), transport);
    const send = async (socket: Dealer) => {
      for (let i = 0; i < count; i++) await socket.send(`${i}`);
    };
    const receive = async (socket: Dealer) => {
      let next = 0;
      for await (const [frame] of socket) {
        if (Number(frame) !== next++) throw new Error(`message ${frame} in the place of ${next - 1}`);
        if (next === count) return next;
      }
    };
    const { bound, connected } = pair;
    const [, , atBound, atConnected] = await Promise.all([
      ...[send(bound), send(connected)],
      ...[receive(bound), receive(connected)],
    ]);
    expect([atBound, atConnected]).toEqual([count, count]);
  });
});

describe("a pending receive wakes up although", () => {
  const touches: [string, (socket: Dealer) => unknown][] = [
    ["messages are sent", (socket) => socket.trySend("out")],
    ["many are sent", (socket) => socket.sendMany(["a", "b", "c"])],
    ["readable is read", (socket) => socket.readable],
    ["writable is read", (socket) => socket.writable],
    ["an option is read", (socket) => socket.linger],
    [
      "an option is set",
      (socket) => {
        socket.linger = 10;
      },
    ],
    ["it binds", (socket) => socket.bindSync(freshEndpoint("inproc"))],
    ["it connects", (socket) => socket.connect(freshEndpoint("inproc"))],
  ];
  test.each(touches)("%s at that moment", async (_, touch) => {
    using pair = await join(new Dealer({ linger: 0 }), new Dealer({ linger: 0 }), "inproc");
    for (let i = 0; i < 200; i++) {
      const waiting = pair.bound.receive();
      pair.connected.trySend(`${i}`);
      // The wake-up has arrived, and this call may consume it.
      const touched = touch(pair.bound);
      expect(String(await waiting)).toBe(`${i}`);
      await touched;
      while (pair.connected.tryReceive()) {}
    }
  });
});

test("a pending send wakes up although the socket receives meanwhile", async () => {
  const options = { sendHighWaterMark: 1, receiveHighWaterMark: 1 };
  using pair = await join(new Pair(options), new Pair(options), "inproc");
  const { bound, connected } = pair;
  for (let i = 0; i < 300; i++) {
    while (bound.trySend("fill")) {}
    const waiting = bound.send("last");
    let received = 0;
    while (connected.tryReceive()) received++;
    bound.tryReceive();
    await waiting;
    while (connected.tryReceive()) received++;
    expect(received).toBeGreaterThan(1);
  }
});

test("a pending send and a pending receive on one socket both wake up", async () => {
  const options = { sendHighWaterMark: 1, receiveHighWaterMark: 1 };
  using pair = await join(new Pair(options), new Pair(options), "inproc");
  const { bound, connected } = pair;
  for (let i = 0; i < 300; i++) {
    while (bound.trySend("fill")) {}
    const sending = bound.send("waits");
    const receiving = bound.receive();
    while (!connected.trySend("answer")) {}
    expect(String(await receiving)).toBe("answer");
    while (connected.tryReceive()) {}
    await sending;
    while (connected.tryReceive()) {}
  }
});

test("each of 300 waiting sockets wakes up for its own message", async () => {
  const count = 300;
  const pulls = Array.from({ length: count }, () => new Pull());
  const pushes = Array.from({ length: count }, () => new Push());
  for (const [index, pull] of pulls.entries()) {
    await pull.bind(freshEndpoint("inproc"));
    pushes[index]!.connect(pull.lastEndpoint as string);
  }
  const waiting = pulls.map((pull) => pull.receive());
  for (const [index, push] of pushes.entries()) push.trySend(`${index}`);
  const messages = await Promise.all(waiting);
  expect(messages.map(String)).toEqual(messages.map((_, index) => `${index}`));
  for (const socket of [...pulls, ...pushes]) socket.close();
});

test("messages that nobody receives do not keep the event loop busy", async () => {
  using pair = await join(new XPublisher(), new Subscriber(), "tcp");
  pair.connected.subscribe();
  await pair.bound.receive();
  // The poll of this wait is still armed when the next messages arrive and nobody receives them.
  for (let i = 0; i < 100; i++) await pair.bound.send(`${i}`);
  expect(String(await pair.connected.receive())).toBe("0");
  // Measured several times: a runtime may still be compiling or collecting garbage.
  const spent: number[] = [];
  for (let i = 0; i < 3; i++) {
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { user, system } = process.cpuUsage(before);
    spent.push((user + system) / 1000);
  }
  expect(Math.min(...spent)).toBeLessThan(100);
});

describe("a mandatory Router, which libzmq calls writable when any peer has room,", () => {
  const marks = { sendHighWaterMark: 1, receiveHighWaterMark: 1, linger: 0 };

  /** A Router with peer A, whose queue is full, and peer B, whose queue has room. */
  async function fullRouter() {
    const router = new Router({ mandatory: true, ...marks });
    await router.bind(freshEndpoint("inproc"));
    const [a, b] = ["A", "B"].map((routingId) => new Dealer({ routingId, ...marks })) as [Dealer, Dealer];
    for (const peer of [a, b]) {
      peer.connect(router.lastEndpoint as string);
      await peer.send("hello");
      await router.receive();
    }
    while (router.trySend(["A", "fill"])) {}
    return { router, a, b };
  }

  test("sleeps while it waits in both directions", async () => {
    const { router, a, b } = await fullRouter();
    const sending = router.send(["A", "waits"]);
    const receiving = router.receive();
    expect(router.writable).toBe(true);
    const { setTimeout: original } = globalThis;
    let retries = -1;
    globalThis.setTimeout = ((...parameters: Parameters<typeof original>) => {
      retries++;
      return original(...parameters);
    }) as typeof original;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    globalThis.setTimeout = original;
    // A wake-up each millisecond would add up to hundreds.
    expect(retries).toBeLessThan(30);
    // The Router still notices when there is room.
    while (a.tryReceive()) {}
    await sending;
    await b.send("answer");
    expect((await receiving).map(String)).toEqual(["B", "answer"]);
    for (const socket of [router, a, b]) socket.close();
  });

  test("wakes up for whichever direction is ready first", async () => {
    const { router, a, b } = await fullRouter();
    for (let i = 0; i < 200; i++) {
      const sending = router.send(["A", "waits"], { timeout: 10_000 });
      const receiving = router.receive({ timeout: 10_000 });
      if (i % 2 === 0) await b.send(`${i}`);
      while (a.tryReceive()) {}
      if (i % 2 === 1) await b.send(`${i}`);
      expect((await receiving).map(String)).toEqual(["B", `${i}`]);
      await sending;
      while (router.trySend(["A", "fill"])) {}
    }
    for (const socket of [router, a, b]) socket.close();
  });
});

describe("a failed call leaves the wake-up to the pending operation of the other direction:", () => {
  async function pairOf() {
    const router = new Router({ mandatory: true, linger: 0 });
    await router.bind("tcp://127.0.0.1:*");
    const dealer = new Dealer({ routingId: "peer", linger: 0 });
    dealer.connect(router.lastEndpoint as string);
    await dealer.send("hello");
    await router.receive();
    return { router, dealer };
  }

  test.each<[string, (router: Router) => unknown]>([
    ["trySend", (router) => expect(() => router.trySend(["nobody", "x"])).toThrow()],
    ["send", (router) => expect(router.send(["nobody", "x"])).rejects.toThrow()],
    ["sendMany", (router) => expect(router.sendMany([["nobody", "x"]])).rejects.toThrow()],
  ])("%s to an unknown peer", async (_, fail) => {
    for (let round = 0; round < 20; round++) {
      const { router, dealer } = await pairOf();
      const received = router.receive({ timeout: 10_000 });
      await dealer.send("message");
      // The message is in flight or has arrived. The calls that fail process libzmq's pending commands.
      for (let i = 0; i < 200; i++) await fail(router);
      expect(String((await received)[1])).toBe("message");
      router.close();
      dealer.close();
    }
  });

  test("receive in the wrong state", async () => {
    for (let round = 0; round < 5; round++) {
      const request = new Request({ linger: 0 });
      const reply = new Reply({ linger: 0 });
      await reply.bind("tcp://127.0.0.1:*");
      request.connect(reply.lastEndpoint as string);
      const sent = request.send("request", { timeout: 10_000 });
      for (let i = 0; i < 500; i++) {
        try {
          expect(request.tryReceive()).toBeUndefined();
        } catch (error) {
          expect(error).toMatchObject({ code: "EFSM" });
        }
      }
      await sent;
      expect(String(await reply.receive())).toBe("request");
      request.close();
      reply.close();
    }
  });
});
