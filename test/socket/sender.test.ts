import { describe, expect, test } from "vitest";
import { Dealer, Pair, Publisher, Pull, Push, Router, Subscriber, XPublisher } from "zmq-native";
import { join } from "../helpers/pairs.js";
import { freshEndpoint, transports } from "../helpers/transports.js";

/** A Push with room for `room` messages and without a peer. */
function fullPush(room = 1): Push {
  const push = new Push({ sendHighWaterMark: room, linger: 0 });
  push.connect(freshEndpoint("inproc"));
  return push;
}

describe("send", () => {
  test("hands the message to libzmq before it returns, and returns one shared settled promise", async () => {
    using pair = await join(new Pair(), new Pair(), "inproc");
    const promise = pair.connected.send("one");
    expect(pair.bound.tryReceive()?.map(String)).toEqual(["one"]);
    expect(pair.connected.send("two")).toBe(promise);
    await promise;
  });

  test("waits for room and resolves when there is some", async () => {
    using push = new Push({ sendHighWaterMark: 1 });
    using pull = new Pull({ receiveHighWaterMark: 1 });
    await pull.bind(freshEndpoint("inproc"));
    push.connect(pull.lastEndpoint as string);
    await push.send("1");
    await push.send("2");
    const third = push.send("3");
    let sent = false;
    third.then(() => {
      sent = true;
    });
    await new Promise(setImmediate);
    expect(sent).toBe(false);
    const received: string[] = [];
    for (let i = 0; i < 3; i++) received.push(String((await pull.receive())[0]));
    await third;
    expect(received).toEqual(["1", "2", "3"]);
  });

  test("throws EBUSY only while another send waits", async () => {
    const push = fullPush();
    await push.send("fills it");
    const waiting = push.send("waits");
    expect(() => push.send("again")).toThrow(
      expect.objectContaining({
        code: "EBUSY",
        message: "Socket is busy writing; only one send operation may be in progress at any time",
      }),
    );
    expect(() => push.sendMany(["again"])).toThrow(expect.objectContaining({ code: "EBUSY" }));
    push.close();
    await expect(waiting).rejects.toMatchObject({ code: "EAGAIN" });
  });

  test("accepts a thousand unawaited sends while there is room", async () => {
    using pair = await join(new Pull(), new Push({ sendHighWaterMark: 0 }), "inproc");
    const promises = Array.from({ length: 2000 }, (_, i) => pair.connected.send(`${i}`));
    await Promise.all(promises);
    for (let i = 0; i < 2000; i++) expect(String(await pair.bound.receive())).toBe(`${i}`);
  });

  test("rejects with EAGAIN after sendTimeout, and immediately if it is 0", async () => {
    const push = fullPush();
    await push.send("fills it");
    push.sendTimeout = 30;
    const started = performance.now();
    const error = await push.send("late").catch((reason) => reason);
    expect(error).toMatchObject({ code: "EAGAIN", message: "Operation was not possible or timed out" });
    expect(performance.now() - started).toBeGreaterThan(25);
    push.sendTimeout = 0;
    await expect(push.send("never")).rejects.toMatchObject({ code: "EAGAIN" });
    push.close();
  });

  test("prefers {timeout} to sendTimeout and rejects with the reason of {signal}", async () => {
    const push = fullPush();
    await push.send("fills it");
    await expect(push.send("late", { timeout: 10 })).rejects.toMatchObject({ code: "EAGAIN" });
    await expect(push.send("late", { timeout: 0 })).rejects.toMatchObject({ code: "EAGAIN" });
    const reason = new Error("enough");
    const controller = new AbortController();
    const waiting = push.send("aborted", { signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(push.send("not sent", { signal: controller.signal })).rejects.toBe(reason);
    push.close();
  });

  test("sends nothing when it is aborted or times out", async () => {
    const push = fullPush();
    const endpoint = freshEndpoint("inproc");
    push.connect(endpoint);
    await push.send("1");
    await push.send("2");
    const controller = new AbortController();
    const waiting = push.send("aborted", { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    await expect(push.send("late", { timeout: 5 })).rejects.toMatchObject({ code: "EAGAIN" });
    using pull = new Pull();
    await pull.bind(endpoint);
    await push.send("3");
    const received = [String(await pull.receive()), String(await pull.receive())];
    expect(received).not.toContain("aborted");
    expect(received).not.toContain("late");
    push.close();
  });

  test("rejects with EHOSTUNREACH immediately on a mandatory Router without such a peer", async () => {
    using router = new Router({ mandatory: true });
    await router.bind(freshEndpoint("inproc"));
    await expect(router.send(["nobody", "message"])).rejects.toMatchObject({ code: "EHOSTUNREACH" });
  });

  test("throws EBADF on a closed socket", () => {
    const push = new Push();
    push.close();
    for (const send of [() => push.send("x"), () => push.trySend("x"), () => push.sendMany(["x"])]) {
      expect(send).toThrow(expect.objectContaining({ code: "EBADF", message: "Socket is closed" }));
    }
  });

  test("throws without a message and for further arguments that are not options", () => {
    using push = new Push();
    const send = push.send.bind(push) as (...parameters: unknown[]) => Promise<void>;
    expect(() => send()).toThrow(new TypeError("Message must be present"));
    expect(() => send(undefined)).toThrow(new TypeError("Message must be present"));
    expect(() => send("a", "b")).toThrow(new TypeError("Expected 1 argument but received 2"));
    expect(() => send("a", {}, "c")).toThrow(new TypeError("Expected 1 argument but received 3"));
  });

  test("lets timers run during a loop of sends that never wait", async () => {
    using publisher = new Publisher();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    // A loop that starved the timer would never end.
    while (ticks <= 10) await publisher.send("nobody listens");
    clearInterval(timer);
    expect(publisher.writable).toBe(true);
  });

  test("gives the event loop a turn after 2,048 operations", async () => {
    using publisher = new Publisher();
    for (let round = 0; round < 50; round++) {
      let operations = 0;
      let turned = false;
      await new Promise((resolve) => setImmediate(resolve));
      setImmediate(() => {
        turned = true;
      });
      for (; !turned; operations++) await publisher.send("nobody listens");
      // Operations are counted in steps of sixteen.
      expect(operations).toBeLessThanOrEqual(2048 + 16);
    }
  });
});

describe("trySend", () => {
  test("returns true when it sent the message, and false when it sent no part of it", async () => {
    using push = new Push({ sendHighWaterMark: 1, linger: 0 });
    expect(push.trySend("nobody there")).toBe(false);
    using pull = new Pull({ receiveHighWaterMark: 1 });
    await pull.bind(freshEndpoint("inproc"));
    push.connect(pull.lastEndpoint as string);
    expect(push.trySend("1")).toBe(true);
    expect(push.trySend(["2", "two"])).toBe(true);
    expect(push.trySend(["3", "not"])).toBe(false);
    expect(pull.tryReceive()?.map(String)).toEqual(["1"]);
    expect(pull.tryReceive()?.map(String)).toEqual(["2", "two"]);
    expect(pull.tryReceive()).toBeUndefined();
  });
});

describe.each(transports)("sendMany over %s", (transport) => {
  test("sends more than fits, in order, and waits for room", async () => {
    using pair = await join(
      new Pull({ receiveHighWaterMark: 10 }),
      new Push({ sendHighWaterMark: 10 }),
      transport,
    );
    const count = 20_000;
    const sending = pair.connected.sendMany(Array.from({ length: count }, (_, i) => [`${i}`, "second"]));
    let next = 0;
    for await (const [first, second] of pair.bound) {
      expect(String(first)).toBe(`${next++}`);
      expect(String(second)).toBe("second");
      if (next === count) break;
    }
    await sending;
  });
});

describe("sendMany", () => {
  test("throws for a message without frames, and sends nothing", async () => {
    using pair = await join(new Pull(), new Push(), "inproc");
    const lists: Iterable<string[]>[] = [[["a"], [], ["z"]], new Set([["a"], []])];
    for (const messages of lists) {
      expect(() => pair.connected.sendMany(messages)).toThrow(
        expect.objectContaining({
          name: "TypeError",
          message: "A message has at least one frame",
          detail: expect.stringContaining("index 1"),
        }),
      );
    }
    expect(pair.bound.tryReceive()).toBeUndefined();
    await pair.connected.send([]);
    await pair.connected.send("later");
    expect(String(await pair.bound.receive())).toBe("later");
  });

  test("accepts any iterable, including an empty one", async () => {
    using pair = await join(new Pull(), new Push(), "inproc");
    await pair.connected.sendMany([]);
    await pair.connected.sendMany(
      (function* () {
        yield "a";
        yield ["b", null];
        yield 3;
      })(),
    );
    expect((await pair.bound.receive()).map(String)).toEqual(["a"]);
    expect((await pair.bound.receive()).map(String)).toEqual(["b", ""]);
    expect((await pair.bound.receive()).map(String)).toEqual(["3"]);
  });

  test("reports the number of sent messages when it fails", async () => {
    const push = fullPush(5);
    const messages = Array.from({ length: 20 }, (_, i) => `${i}`);
    await expect(push.sendMany(messages, { timeout: 10 })).rejects.toMatchObject({ code: "EAGAIN", sent: 5 });
    const waiting = push.sendMany(messages);
    push.close();
    await expect(waiting).rejects.toMatchObject({ code: "EAGAIN", sent: 0 });
  });

  test("rejects an invalid message before sending anything", async () => {
    using pair = await join(new Pull(), new Push(), "inproc");
    const messages = ["fine", undefined] as string[];
    expect(() => pair.connected.sendMany(messages)).toThrow(new TypeError("Message must be present"));
    expect(pair.bound.tryReceive()).toBeUndefined();
  });

  test("allows no other send in between", async () => {
    using pair = await join(
      new Pull({ receiveHighWaterMark: 1 }),
      new Push({ sendHighWaterMark: 1 }),
      "inproc",
    );
    const { bound: pull, connected: push } = pair;
    const sending = push.sendMany(["0", "1", "2", "3", "4"]);
    for (let i = 0; i < 4; i++) {
      expect(String(await pull.receive())).toBe(`${i}`);
      if (i < 2) expect(() => push.send("between")).toThrow(expect.objectContaining({ code: "EBUSY" }));
    }
    await sending;
    await push.send("after");
    expect(String(await pull.receive())).toBe("4");
    expect(String(await pull.receive())).toBe("after");
  });
});

test("send and receive can wait on one Dealer at the same time", async () => {
  const dealer = new Dealer({ sendHighWaterMark: 1, linger: 0 });
  dealer.connect(freshEndpoint("inproc"));
  await dealer.send("fills it");
  const sending = dealer.send("waits");
  const receiving = dealer.receive();
  dealer.close();
  await expect(receiving).rejects.toMatchObject({ code: "EAGAIN" });
  await expect(sending).rejects.toMatchObject({ code: "EAGAIN" });
});

test("a Publisher with noDrop is writable when its subscribers have room, and waits without using CPU time", async () => {
  using publisher = new XPublisher({ noDrop: true, sendHighWaterMark: 1 });
  using subscriber = new Subscriber({ receiveHighWaterMark: 1 });
  await publisher.bind(freshEndpoint("inproc"));
  subscriber.connect(publisher.lastEndpoint as string);
  subscriber.subscribe("");
  await publisher.receive();
  while (publisher.trySend("fill"));
  expect(publisher.writable).toBe(false);
  const sending = publisher.send("waits");
  const receiving = publisher.receive();
  const { user } = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(process.cpuUsage().user - user).toBeLessThan(150_000);
  while (String((await subscriber.receive())[0]) === "fill");
  await sending;
  subscriber.unsubscribe("");
  expect((await receiving)[0]).toEqual(Buffer.from([0]));
});
