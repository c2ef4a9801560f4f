import { describe, expect, test } from "vitest";
import { Dealer, Pair, Publisher, Pull, Push, Router, Subscriber, XPublisher } from "zmq-native";
import { join } from "../helpers/pairs.js";
import { freshEndpoint, transports } from "../helpers/transports.js";

/** A Push that has room for `room` messages and no peer that takes them. */
function fullPush(room = 1): Push {
  const push = new Push({ sendHighWaterMark: room, linger: 0 });
  push.connect(freshEndpoint("inproc"));
  return push;
}

describe("send", () => {
  test("hands the message to libzmq before it returns, and then always answers one settled promise", async () => {
    using pair = await join(new Pair(), new Pair(), "inproc");
    const promise = pair.connected.send("one");
    expect(pair.bound.tryReceive()?.map(String)).toEqual(["one"]);
    expect(pair.connected.send("two")).toBe(promise);
    await promise;
  });

  test("waits for room, and resolves when there is some", async () => {
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

  test("throws EBUSY while another send waits, and only then", async () => {
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

  test("a thousand unawaited sends are all accepted while there is room", async () => {
    using pair = await join(new Pull(), new Push({ sendHighWaterMark: 0 }), "inproc");
    const promises = Array.from({ length: 2000 }, (_, i) => pair.connected.send(`${i}`));
    await Promise.all(promises);
    for (let i = 0; i < 2000; i++) expect(String(await pair.bound.receive())).toBe(`${i}`);
  });

  test("sendTimeout: rejects with EAGAIN after that time; 0 at once", async () => {
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

  test("{timeout} overrides sendTimeout, {signal} ends the wait with its reason", async () => {
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

  test("an aborted or timed-out send was not sent", async () => {
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

  test("Router with mandatory and no such peer: EHOSTUNREACH at once", async () => {
    using router = new Router({ mandatory: true });
    await router.bind(freshEndpoint("inproc"));
    await expect(router.send(["nobody", "message"])).rejects.toMatchObject({ code: "EHOSTUNREACH" });
  });

  test("closed: throws EBADF", () => {
    const push = new Push();
    push.close();
    for (const send of [() => push.send("x"), () => push.trySend("x"), () => push.sendMany(["x"])]) {
      expect(send).toThrow(expect.objectContaining({ code: "EBADF", message: "Socket is closed" }));
    }
  });

  test("arguments: a message must be there, and nothing but options may follow", () => {
    using push = new Push();
    const send = push.send.bind(push) as (...parameters: unknown[]) => Promise<void>;
    expect(() => send()).toThrow(new TypeError("Message must be present"));
    expect(() => send(undefined)).toThrow(new TypeError("Message must be present"));
    expect(() => send("a", "b")).toThrow(new TypeError("Expected 1 argument but received 2"));
    expect(() => send("a", {}, "c")).toThrow(new TypeError("Expected 1 argument but received 3"));
  });

  test("a loop of sends that never wait lets timers run", async () => {
    using publisher = new Publisher();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    // A loop that starved the timer would never end.
    while (ticks <= 10) await publisher.send("nobody listens");
    clearInterval(timer);
    expect(publisher.writable).toBe(true);
  });

  test("the event loop has its turn after 2,048 operations, however fast they are", async () => {
    using publisher = new Publisher();
    for (let round = 0; round < 50; round++) {
      let operations = 0;
      let turned = false;
      await new Promise((resolve) => setImmediate(resolve));
      setImmediate(() => {
        turned = true;
      });
      for (; !turned; operations++) await publisher.send("nobody listens");
      // They are counted by the sixteen.
      expect(operations).toBeLessThanOrEqual(2048 + 16);
    }
  });
});

describe("trySend", () => {
  test("true when sent, false when not, and then nothing of the message was", async () => {
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
  test("sends more than fits, in order, waiting as needed", async () => {
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
  test("takes any iterable, and an empty one", async () => {
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

  test("says how many got through when it fails", async () => {
    const push = fullPush(5);
    const messages = Array.from({ length: 20 }, (_, i) => `${i}`);
    await expect(push.sendMany(messages, { timeout: 10 })).rejects.toMatchObject({ code: "EAGAIN", sent: 5 });
    const waiting = push.sendMany(messages);
    push.close();
    await expect(waiting).rejects.toMatchObject({ code: "EAGAIN", sent: 0 });
  });

  test("refuses what cannot be a message before anything is sent", async () => {
    using pair = await join(new Pull(), new Push(), "inproc");
    const messages = ["fine", undefined] as string[];
    expect(() => pair.connected.sendMany(messages)).toThrow(new TypeError("Message must be present"));
    expect(pair.bound.tryReceive()).toBeUndefined();
  });

  test("no other send comes between", async () => {
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

test("send and receive wait on one Dealer at the same time", async () => {
  const dealer = new Dealer({ sendHighWaterMark: 1, linger: 0 });
  dealer.connect(freshEndpoint("inproc"));
  await dealer.send("fills it");
  const sending = dealer.send("waits");
  const receiving = dealer.receive();
  dealer.close();
  await expect(receiving).rejects.toMatchObject({ code: "EAGAIN" });
  await expect(sending).rejects.toMatchObject({ code: "EAGAIN" });
});

test("a publisher that must not drop is writable when its subscribers have room, and waits without turning", async () => {
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
