import { createHook } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import { Dealer, Pair, Publisher, Pull, Push, Reply, Request, Router, XPublisher } from "zmq-native";
import { Radio } from "zmq-native/draft";
import { join } from "../helpers/pairs.js";
import { runProgram } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";

type Queue = NonNullable<Push["sendQueue"]>;

/** A Push with a queue, without a peer: each send waits. `arrive` connects a Pull and returns what arrives. */
function lonelyPush(sendQueue: Queue, options: object = {}) {
  const push = new Push({ sendQueue, linger: 0, ...options });
  return {
    push,
    async arrive(count: number) {
      using pull = new Pull();
      await pull.bind(freshEndpoint("inproc"));
      push.connect(pull.lastEndpoint as string);
      const messages: string[] = [];
      while (messages.length < count) messages.push(String(await pull.receive()));
      await nextTurns();
      expect(pull.tryReceive()).toBeUndefined();
      return messages;
    },
    [Symbol.dispose]() {
      push.close();
    },
  };
}

/** Lets pending operations be retried. */
async function nextTurns() {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
}

const outcomes = async (sends: Promise<unknown>[]) =>
  (await Promise.allSettled(sends)).map((result) =>
    result.status === "fulfilled"
      ? "sent"
      : typeof result.reason.code === "string"
        ? result.reason.code
        : result.reason.name,
  );

/** Runs `action` and returns the reasons of unhandled rejections that it causes. */
async function unhandledDuring(action: () => Promise<void>): Promise<unknown[]> {
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const reasons: unknown[] = [];
  process.on("unhandledRejection", (reason) => reasons.push(reason));
  try {
    await action();
    await nextTurns();
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of others) process.on("unhandledRejection", listener);
  }
  return reasons;
}

describe("sendQueue", () => {
  test("is null by default, and reads as a complete object", () => {
    using push = new Push();
    expect(push.sendQueue).toBeNull();
    push.sendQueue = {};
    expect(push.sendQueue).toEqual({ max: 1000, overflow: "reject" });
    push.sendQueue = { max: 5, overflow: "dropOldest", ttl: 0.5 };
    expect(push.sendQueue).toEqual({ max: 5, overflow: "dropOldest", ttl: 1 });
    push.sendQueue = { ttl: Number.POSITIVE_INFINITY };
    expect(push.sendQueue).toEqual({ max: 1000, overflow: "reject" });
    push.sendQueue = null;
    expect(push.sendQueue).toBeNull();
  });

  test.each([
    [1, "Option value must be an object or null"],
    [{ max: 0 }, "sendQueue.max must be a whole number above 0, got 0"],
    [{ max: 1.5 }, "sendQueue.max must be a whole number above 0, got 1.5"],
    [{ ttl: 0 }, "sendQueue.ttl must be a number of milliseconds above 0, got 0"],
    [{ ttl: Number.NaN }, "sendQueue.ttl must be a number of milliseconds above 0, got NaN"],
    [
      { overflow: "drop" },
      `sendQueue.overflow must be one of "reject", "dropOldest", "dropNewest", "latestByTopic", got 'drop'`,
    ],
    [{ limit: 3 }, "sendQueue has no property limit"],
  ])("rejects %o", (value, message) => {
    using push = new Push({ sendQueue: { max: 7 } });
    expect(() => {
      push.sendQueue = value as never;
    }).toThrow(expect.objectContaining({ name: "TypeError", message }));
    expect(push.sendQueue).toMatchObject({ max: 7 });
    expect(() => new Push({ sendQueue: value as never })).toThrow(TypeError);
  });

  test("exists only on sockets that send", () => {
    expect(() => new Pull({ sendQueue: {} } as never)).toThrow(
      expect.objectContaining({ detail: expect.stringContaining("Pull has no option sendQueue") }),
    );
    const push = new Push();
    push.close();
    expect(() => {
      push.sendQueue = {};
    }).toThrow(expect.objectContaining({ code: "EBADF" }));
  });

  test("sends waiting messages in order and settles each promise by itself", async () => {
    using lonely = lonelyPush({});
    const settled: number[] = [];
    const sends = Array.from({ length: 50 }, (_, id) =>
      lonely.push.send(`${id}`).then(() => {
        settled.push(id);
      }),
    );
    await nextTurns();
    expect(settled).toEqual([]);
    const numbers = Array.from({ length: 50 }, (_, id) => id);
    expect(await lonely.arrive(50)).toEqual(numbers.map(String));
    await Promise.all(sends);
    expect(settled).toEqual(numbers);
  });

  test("copies the bytes of waiting messages", async () => {
    using lonely = lonelyPush({});
    const bytes = Buffer.from("a");
    const sends = ["a", "b", "c"].map((text) => {
      bytes.write(text);
      return lonely.push.send([bytes, text]);
    });
    expect(await lonely.arrive(3)).toEqual(["a,a", "b,b", "c,c"]);
    await Promise.all(sends);
  });

  test("overflow reject rejects the new message with ENOBUFS", async () => {
    using lonely = lonelyPush({ max: 2 });
    const sends = ["1", "2", "3"].map((text) => lonely.push.send(text));
    await expect(sends[2]).rejects.toMatchObject({
      code: "ENOBUFS",
      message: "Send queue is full",
      detail: expect.stringContaining("2 operations wait, the limit sendQueue.max"),
    });
    expect(await lonely.arrive(2)).toEqual(["1", "2"]);
    expect(await outcomes(sends)).toEqual(["sent", "sent", "ENOBUFS"]);
  });

  test("overflow dropNewest drops the new message", async () => {
    using lonely = lonelyPush({ max: 2, overflow: "dropNewest" });
    const sends = ["1", "2", "3"].map((text) => lonely.push.send(text));
    expect(await lonely.arrive(2)).toEqual(["1", "2"]);
    expect(await outcomes(sends)).toEqual(["sent", "sent", "ENOBUFS"]);
  });

  test("overflow dropOldest drops the message that has waited longest", async () => {
    using lonely = lonelyPush({ max: 2, overflow: "dropOldest" });
    const sends = ["1", "2", "3", "4"].map((text) => lonely.push.send(text));
    expect(await lonely.arrive(2)).toEqual(["3", "4"]);
    expect(await outcomes(sends)).toEqual(["ENOBUFS", "ENOBUFS", "sent", "sent"]);
  });

  test("overflow latestByTopic keeps one message per first frame, in the place of the older one", async () => {
    using lonely = lonelyPush({ max: 2, overflow: "latestByTopic" });
    const send = (topic: string | Buffer, body: string) => lonely.push.send([topic, body]);
    const sends = [send("a", "1"), send("b", "1"), send(Buffer.from("a"), "2"), send("c", "1")];
    // With two topics waiting, the third drops the oldest message.
    expect(await lonely.arrive(2)).toEqual(["b,1", "c,1"]);
    expect(await outcomes(sends)).toEqual(["ENOBUFS", "sent", "ENOBUFS", "sent"]);
    await expect(sends[0]).rejects.toMatchObject({
      message: "Message was replaced by a newer one with the same topic",
    });
    await expect(sends[2]).rejects.toMatchObject({
      message: "Message was dropped from the full send queue in favor of a newer one",
    });
  });

  test("a message does not replace one that waits before a sendMany", async () => {
    using lonely = lonelyPush({ overflow: "latestByTopic" });
    const { push } = lonely;
    const sends = [push.send(["a", "1"]), push.sendMany([["a", "2"]]), push.send(["a", "3"])];
    sends.push(push.send(["a", "4"]));
    // Otherwise the peer would receive an older value last.
    expect(await lonely.arrive(3)).toEqual(["a,1", "a,2", "a,4"]);
    expect(await outcomes(sends)).toEqual(["sent", "sent", "ENOBUFS", "sent"]);
  });

  test("a message does not replace one that waits before messages without topics", async () => {
    using lonely = lonelyPush({ overflow: "latestByTopic" });
    const { push } = lonely;
    const sends = [push.send(["a", "1"])];
    push.sendQueue = { overflow: "reject" };
    sends.push(push.send(["a", "2"]));
    push.sendQueue = { overflow: "latestByTopic" };
    sends.push(push.send(["a", "3"]));
    expect(await lonely.arrive(3)).toEqual(["a,1", "a,2", "a,3"]);
    expect(await outcomes(sends)).toEqual(["sent", "sent", "sent"]);
  });

  test.each([
    ["reject", ["1", "2", "3", "4"], ["sent", "sent", "sent", "sent", "ENOBUFS"]],
    ["dropNewest", ["1", "2", "3", "4"], ["sent", "sent", "sent", "sent", "ENOBUFS"]],
    ["dropOldest", ["4", "5"], ["ENOBUFS", "ENOBUFS", "ENOBUFS", "sent", "sent"]],
    ["latestByTopic", ["4", "5"], ["ENOBUFS", "ENOBUFS", "ENOBUFS", "sent", "sent"]],
  ] as const)(
    "with %s, lowering max keeps the waiting messages until the next send",
    async (overflow, messages, results) => {
      using lonely = lonelyPush({ overflow });
      const sends = ["1", "2", "3", "4"].map((text) => lonely.push.send(text));
      lonely.push.sendQueue = { max: 2, overflow };
      const early = outcomes(sends);
      expect(await Promise.race([early, nextTurns().then(() => "pending")])).toBe("pending");
      const all = outcomes([...sends, lonely.push.send("5")]);
      expect(await lonely.arrive(messages.length)).toEqual(messages);
      expect(await all).toEqual(results);
    },
  );

  test("with latestByTopic, a message in the place of an older one also enforces a lowered max", async () => {
    using lonely = lonelyPush({ overflow: "latestByTopic" });
    const send = (topic: string) => lonely.push.send([topic, "body"]);
    const sends = ["a", "b", "c", "d"].map(send);
    lonely.push.sendQueue = { max: 2, overflow: "latestByTopic" };
    sends.push(send("b"));
    expect(lonely.push.statistics()).toMatchObject({ sendQueue: 2, dropped: { overflow: 2, replaced: 1 } });
    expect(await lonely.arrive(2)).toEqual(["b,body", "d,body"]);
    expect(await outcomes(sends)).toEqual(["ENOBUFS", "ENOBUFS", "ENOBUFS", "sent", "sent"]);
  });

  test("the topic of a Radio is its group", async () => {
    using radio = new Radio({ sendQueue: { overflow: "latestByTopic" } });
    expect(radio.sendQueue).toMatchObject({ overflow: "latestByTopic" });
    using router = new Router({
      mandatory: true,
      sendQueue: { overflow: "latestByTopic" },
      sendHighWaterMark: 1,
    });
    using dealer = new Dealer({ routingId: "peer", receiveHighWaterMark: 1 });
    await router.bind(freshEndpoint("inproc"));
    dealer.connect(router.lastEndpoint as string);
    await dealer.send("hello");
    await router.receive();
    const sends = Array.from({ length: 5 }, (_, id) => router.send(["peer", `${id}`]));
    // The marks of both ends admit two messages.
    const received = [await dealer.receive(), await dealer.receive(), await dealer.receive()];
    expect(received.map(String)).toEqual(["0", "1", "4"]);
    expect(await outcomes(sends)).toEqual(["sent", "sent", "ENOBUFS", "ENOBUFS", "sent"]);
  });

  test("ttl drops a message that has waited too long", async () => {
    using lonely = lonelyPush({ ttl: 20 });
    const started = performance.now();
    const sends = [lonely.push.send("1"), lonely.push.send("2", { timeout: 10 })];
    expect(await outcomes(sends)).toEqual(["ETIMEDOUT", "EAGAIN"]);
    expect(performance.now() - started).toBeGreaterThan(18);
    await expect(sends[0]).rejects.toThrow("Message expired in the send queue");
    lonely.push.sendQueue = { ttl: 60_000 };
    const late = lonely.push.send("3");
    expect(await lonely.arrive(1)).toEqual(["3"]);
    await late;
  });

  test("only overflow reject and timeouts cause an unhandledRejection", async () => {
    using planned = lonelyPush({ max: 1, ttl: 5 });
    const reasons = await unhandledDuring(async () => {
      for (const overflow of ["dropNewest", "dropOldest", "latestByTopic"] as const) {
        planned.push.sendQueue = { max: 1, ttl: 5, overflow };
        for (const text of ["1", "2", "2"]) planned.push.send(text);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    expect(reasons).toEqual([]);
    using lonely = lonelyPush({ max: 1 });
    const others = await unhandledDuring(async () => {
      lonely.push.send("1", { timeout: 1 });
      lonely.push.send("2");
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    expect(others.map((error) => (error as { code: string }).code)).toEqual(["ENOBUFS", "EAGAIN"]);
  });

  test("timeouts count from the call, and a signal removes its own message", async () => {
    using lonely = lonelyPush({}, { sendTimeout: 30, distinctErrors: true });
    const controller = new AbortController();
    const sends = [
      lonely.push.send("1"),
      lonely.push.send("2", { signal: controller.signal }),
      lonely.push.send("3", { timeout: -1 }),
      lonely.push.send("4", { timeout: 0 }),
      lonely.push.send("5", { timeout: 10 }),
      lonely.push.send("6", { timeout: -1, signal: AbortSignal.abort() }),
    ];
    controller.abort();
    const others = [sends[0]!, sends[1]!, sends[3]!, sends[4]!, sends[5]!];
    expect(await outcomes(others)).toEqual(["ETIMEDOUT", "AbortError", "EAGAIN", "ETIMEDOUT", "AbortError"]);
    expect(await lonely.arrive(1)).toEqual(["3"]);
    await sends[2];
  });

  test("a signal that aborts while it is read sends nothing", async () => {
    using lonely = lonelyPush({});
    const signal = {
      aborted: false,
      reason: new Error("at once"),
      addEventListener(_: string, listener: () => void) {
        listener();
      },
      removeEventListener() {},
    };
    const send = lonely.push.send("1", { signal: signal as never });
    await expect(send).rejects.toThrow("at once");
    const closing = { ...signal, addEventListener: () => lonely.push.close() };
    await expect(lonely.push.send("2", { signal: closing as never })).rejects.toMatchObject({
      code: "EAGAIN",
    });
  });

  test("trySend returns false and sendMany takes its turn while messages wait", async () => {
    using lonely = lonelyPush({});
    const sends = [lonely.push.send("1")];
    expect(lonely.push.trySend("never")).toBe(false);
    sends.push(lonely.push.sendMany(["2", "3"]), lonely.push.send("4"), lonely.push.sendMany(["5"]));
    sends.push(lonely.push.send("6"));
    expect(lonely.push.trySend("never")).toBe(false);
    expect(await lonely.arrive(6)).toEqual(["1", "2", "3", "4", "5", "6"]);
    await Promise.all(sends);
    using pull = new Pull();
    await pull.bind(freshEndpoint("inproc"));
    lonely.push.connect(pull.lastEndpoint as string);
    expect(lonely.push.trySend("7")).toBe(true);
  });

  test("sends wait behind a sendMany that fills the socket", async () => {
    using push = new Push({ sendQueue: {}, sendHighWaterMark: 1 });
    using pull = new Pull({ receiveHighWaterMark: 1 });
    await pull.bind(freshEndpoint("inproc"));
    push.connect(pull.lastEndpoint as string);
    const sends = [
      push.sendMany(["1", "2", "3", "4"]),
      push.send("5"),
      push.sendMany(["6", "7"]),
      push.send("8"),
    ];
    const received: string[] = [];
    while (received.length < 8) received.push(String(await pull.receive()));
    expect(received).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
    await Promise.all(sends);
  });

  test("a sendMany that fails in the queue reports that it sent nothing", async () => {
    using lonely = lonelyPush({ max: 2 });
    const first = lonely.push.send("1");
    const controller = new AbortController();
    const aborted = lonely.push.sendMany(["a"], { signal: controller.signal });
    await expect(lonely.push.sendMany(["b"])).rejects.toMatchObject({ code: "ENOBUFS", sent: 0 });
    await expect(lonely.push.sendMany(["c"], { timeout: 0 })).rejects.toMatchObject({
      code: "EAGAIN",
      sent: 0,
    });
    controller.abort(new Error("stop"));
    await expect(aborted).rejects.toMatchObject({ message: "stop", sent: 0 });
    await expect(lonely.push.sendMany(["d"], { timeout: 1 })).rejects.toMatchObject({
      code: "EAGAIN",
      sent: 0,
    });
    expect(await lonely.arrive(1)).toEqual(["1"]);
    await first;
  });

  test("close rejects all waiting messages, also behind a sendMany", async () => {
    for (const distinctErrors of [false, true]) {
      const code = distinctErrors ? "ECANCELED" : "EAGAIN";
      const push = new Push({ sendQueue: {}, distinctErrors });
      const sends = [push.send("1"), push.sendMany(["2"]), push.send("3", { timeout: 1000 })];
      push.close();
      expect(await outcomes(sends)).toEqual([code, code, code]);
      const other = new Push({ sendQueue: {}, distinctErrors });
      const behind = [other.sendMany(["1"]), other.send("2"), other.sendMany(["3"]), other.send("4")];
      other.close();
      expect(await outcomes(behind)).toEqual([code, code, code, code]);
    }
  });

  test("close sends the waiting messages for which there is room", async () => {
    using pull = new Pull();
    await pull.bind(freshEndpoint("inproc"));
    const push = new Push({ sendQueue: {} });
    const sends = ["1", "2", "3"].map((text) => push.send(text));
    push.connect(pull.lastEndpoint as string);
    push.close();
    expect(await outcomes(sends)).toEqual(["sent", "sent", "sent"]);
    for (const text of ["1", "2", "3"]) expect(String(await pull.receive())).toBe(text);
  });

  test("a Request sends its waiting requests one after the other", async () => {
    using pair = await join(new Reply(), new Request({ sendQueue: {}, distinctErrors: true }), "inproc");
    const { bound: reply, connected: request } = pair;
    const sends = ["1", "2", "3"].map((text) => request.send(text));
    for (const text of ["1", "2", "3"]) {
      expect(String(await reply.receive())).toBe(text);
      await reply.send(`re ${text}`);
      expect(String(await request.receive())).toBe(`re ${text}`);
    }
    await Promise.all(sends);
    await request.send("4");
    await expect(request.send("5", { timeout: 5 })).rejects.toMatchObject({
      code: "ETIMEDOUT",
      detail: expect.stringContaining("the last request has no reply yet"),
    });
  });

  test("one message that cannot be sent does not stop the others", async () => {
    using router = new Router({ mandatory: true, sendQueue: {}, sendHighWaterMark: 1 });
    using dealer = new Dealer({ routingId: "peer", receiveHighWaterMark: 1 });
    await router.bind(freshEndpoint("inproc"));
    dealer.connect(router.lastEndpoint as string);
    await dealer.send("hello");
    await router.receive();
    const to = (id: string, text: string) => router.send([id, text]);
    const sends = [to("peer", "1"), to("peer", "2"), to("peer", "3"), to("nobody", "4"), to("peer", "5")];
    const results = outcomes(sends);
    const received: string[] = [];
    while (received.length < 4) received.push(String(await dealer.receive()));
    expect(received).toEqual(["1", "2", "3", "5"]);
    expect(await results).toEqual(["sent", "sent", "sent", "EHOSTUNREACH", "sent"]);
  });

  test("can be turned off and on while messages wait, but not while another send is pending", async () => {
    using lonely = lonelyPush({});
    const sends = [lonely.push.send("1"), lonely.push.send("2")];
    lonely.push.sendQueue = null;
    expect(() => lonely.push.send("no")).toThrow(expect.objectContaining({ code: "EBUSY" }));
    lonely.push.sendQueue = { max: 3 };
    sends.push(lonely.push.send("3"));
    expect(await lonely.arrive(3)).toEqual(["1", "2", "3"]);
    await Promise.all(sends);

    using push = new Push();
    const pending = push.send("1").catch(() => {});
    expect(() => {
      push.sendQueue = {};
    }).toThrow(
      expect.objectContaining({ code: "EBUSY", detail: expect.stringContaining("send() is pending") }),
    );
    push.close();
    await pending;
  });

  test("waits for the peers of an XPublisher with noDrop; a Publisher drops instead", async () => {
    using publisher = new Publisher({ sendQueue: {}, sendHighWaterMark: 1 });
    for (let id = 0; id < 10; id++) await publisher.send(`${id}`);
    using xpub = new XPublisher({ sendQueue: {}, sendHighWaterMark: 1, noDrop: true });
    expect(xpub.sendQueue).not.toBeNull();
  });

  test("sends while a receive is pending", async () => {
    using pair = await join(
      new Pair({ sendQueue: {}, sendHighWaterMark: 1, receiveHighWaterMark: 1 }),
      new Pair({ sendQueue: {}, sendHighWaterMark: 1, receiveHighWaterMark: 1 }),
      "inproc",
    );
    const count = 2000;
    const run = async (socket: Pair) => {
      const sends = Array.from({ length: count }, (_, id) => {
        if (id === 0) socket.sendQueue = { max: count };
        return socket.send(`${id}`);
      });
      for (let id = 0; id < count; id++) expect(String(await socket.receive())).toBe(`${id}`);
      await Promise.all(sends);
    };
    await Promise.all([run(pair.bound), run(pair.connected)]);
  });
});

describe("receiveQueue", () => {
  test("is null by default and validates its value", () => {
    using pull = new Pull();
    expect(pull.receiveQueue).toBeNull();
    pull.receiveQueue = {};
    expect(pull.receiveQueue).toEqual({ max: 1000 });
    for (const value of [true, { max: -1 }, { overflow: "reject" }]) {
      expect(() => {
        pull.receiveQueue = value as never;
      }).toThrow(TypeError);
    }
    expect(() => new Push({ receiveQueue: {} } as never)).toThrow(TypeError);
  });

  test("gives each waiting operation the next message", async () => {
    using pair = await join(new Pull({ receiveQueue: {} }), new Push(), "tcp");
    const { bound: pull, connected: push } = pair;
    const operations = [
      pull.receive().then(String),
      pull.receiveMany({ max: 1 }).then(String),
      pull.receiveWithMetadata({ properties: [] }).then(({ message }) => String(message)),
      pull.receive().then(String),
    ];
    expect(pull.tryReceive()).toBeUndefined();
    for (const text of ["1", "2", "3", "4", "5"]) await push.send(text);
    expect(await Promise.all(operations)).toEqual(["1", "2", "3", "4"]);
    expect(String(await pull.receive())).toBe("5");
  });

  test("lets loops share the messages of a socket", async () => {
    using pair = await join(new Pull({ receiveQueue: {} }), new Push(), "tcp");
    const { bound: pull, connected: push } = pair;
    const count = 3000;
    const seen: number[][] = [[], [], []];
    let left = count;
    const loops = seen.map(async (own) => {
      for await (const message of pull) {
        own.push(Number(message));
        if (--left === 0) pull.close();
      }
    });
    await push.sendMany(Array.from({ length: count }, (_, id) => `${id}`));
    await Promise.all(loops);
    expect(seen.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, id) => id));
    for (const own of seen) expect(own).toEqual([...own].sort((a, b) => a - b));
  });

  test("rejects with ENOBUFS when max operations wait", async () => {
    using pull = new Pull({ receiveQueue: { max: 2 } });
    const receives = [pull.receive(), pull.receive(), pull.receive()];
    await expect(receives[2]).rejects.toMatchObject({ code: "ENOBUFS", message: "Receive queue is full" });
    pull.close();
    expect(await outcomes(receives)).toEqual(["EAGAIN", "EAGAIN", "ENOBUFS"]);
  });

  test("lowering max keeps the pending operations", async () => {
    using pair = await join(new Pull({ receiveQueue: {} }), new Push(), "inproc");
    const { bound: pull, connected: push } = pair;
    const receives = [pull.receive(), pull.receive(), pull.receive()];
    pull.receiveQueue = { max: 2 };
    const refused = pull.receive();
    await expect(refused).rejects.toMatchObject({ code: "ENOBUFS" });
    await push.sendMany(["1", "2", "3"]);
    expect((await Promise.all(receives)).map(String)).toEqual(["1", "2", "3"]);
  });

  test("times out, aborts and closes each operation by itself", async () => {
    using pair = await join(new Pull({ receiveQueue: {} }), new Push(), "inproc");
    const { bound: pull, connected: push } = pair;
    const controller = new AbortController();
    const receives: Promise<unknown>[] = [
      pull.receive({ signal: controller.signal }),
      pull.receive({ timeout: 10 }),
      pull.receive({ timeout: 0 }),
      pull.receive(),
    ];
    const loop = pull[Symbol.asyncIterator]().next();
    controller.abort();
    expect(await outcomes(receives.slice(0, 3))).toEqual(["AbortError", "EAGAIN", "EAGAIN"]);
    await push.send("1");
    expect(String(await receives[3])).toBe("1");
    const last = pull.receive();
    pull.close();
    expect(await loop).toEqual({ done: true });
    await expect(last).rejects.toMatchObject({ code: "EAGAIN" });
  });

  test("cannot be turned on while a receive is pending", async () => {
    using pull = new Pull();
    const pending = pull.receive().catch(() => {});
    expect(() => {
      pull.receiveQueue = {};
    }).toThrow(expect.objectContaining({ code: "EBUSY" }));
    pull.close();
    await pending;
  });
});

/** A generator of pseudo-random whole numbers below `limit`. */
function random(seed: number) {
  let state = seed;
  return (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

interface Line {
  readonly topic: string;
  readonly text: string;
  readonly promise: Promise<unknown>;
  readonly controller: AbortController;
  /** The result by the model. */
  result: string;
  /** The messages, of a sendMany. */
  readonly many?: string[];
  replaceable?: boolean;
}

/** A model of the queue: which messages it holds and drops, by its documentation. */
class Ledger {
  readonly lines: Line[] = [];
  waiting: Line[] = [];

  add(line: Line, { max = 1000, overflow }: Queue): void {
    this.lines.push(line);
    if (overflow === "latestByTopic" && line.many === undefined) {
      const at = this.waiting.findIndex(({ topic, replaceable }) => replaceable && topic === line.topic);
      line.replaceable = true;
      if (at >= 0) {
        this.waiting[at]!.result = "ENOBUFS";
        this.waiting[at] = line;
        // `max` may have been lowered.
        this.#dropOldest(this.waiting.length - max, line);
        return;
      }
    }
    const excess = this.waiting.length - max + 1;
    if (excess > 0) {
      const drops = overflow !== "reject" && overflow !== "dropNewest";
      if (!drops || this.#dropOldest(excess, line) === 0) {
        line.result = "ENOBUFS";
        return;
      }
    }
    // The next messages do not overtake an operation without a topic.
    if (!line.replaceable) for (const other of this.waiting) other.replaceable = false;
    this.waiting.push(line);
  }

  #dropOldest(excess: number, newest: Line): number {
    const messages = this.waiting.filter((other) => other.many === undefined && other !== newest);
    const dropped = new Set(messages.slice(0, Math.max(0, excess)));
    for (const oldest of dropped) oldest.result = "ENOBUFS";
    this.waiting = this.waiting.filter((other) => !dropped.has(other));
    return dropped.size;
  }

  abort(line: Line): void {
    line.controller.abort();
    line.result = "AbortError";
    this.waiting = this.waiting.filter((other) => other !== line);
  }
}

const overflows = ["reject", "dropNewest", "dropOldest", "latestByTopic"] as const;

describe("random programs agree with a ledger", () => {
  test.each(overflows)("overflow %s", async (overflow) => {
    const seed = (Math.random() * 2 ** 32) >>> 0;
    const pick = random(seed);
    using pair = await join(
      new Pull({ receiveHighWaterMark: 3 }),
      new Push({ sendHighWaterMark: 3 }),
      "inproc",
    );
    const { bound: pull, connected: push } = pair;
    let sequence = 0;
    for (let round = 0; round < 60; round++) {
      let settings: Queue = { max: 1 + pick(12), overflow };
      push.sendQueue = settings;
      const expected: string[] = [];
      // While the receiver does not read, only the queue decides.
      for (; push.trySend(`fill ${sequence}`); sequence++) expected.push(`fill ${sequence}`);
      const ledger = new Ledger();
      for (let step = 0; step < 80; step++) {
        const choice = pick(10);
        const controller = new AbortController();
        const { signal } = controller;
        if (choice === 0 && ledger.waiting.length > 0) {
          ledger.abort(ledger.waiting[pick(ledger.waiting.length)]!);
        } else if (choice === 3 && pick(4) === 0) {
          settings = { max: 1 + pick(12), overflow: pick(2) ? overflow : overflows[pick(4)]! };
          push.sendQueue = settings;
        } else if (choice === 1) {
          expect(push.trySend("never"), `seed ${seed}`).toBe(false);
        } else if (choice === 2) {
          const many = Array.from({ length: pick(4) }, () => `many ${sequence++}`);
          // A sendMany that is the only operation begins at once, so it is not in the queue.
          if (ledger.waiting.length === 0) continue;
          const promise = push.sendMany(many, { signal });
          ledger.add({ topic: "", text: "", many, promise, controller, result: "sent" }, settings);
        } else {
          const topic = `topic ${pick(8)}`;
          const text = `text ${sequence++}`;
          const promise = push.send([topic, text], { signal });
          ledger.add({ topic, text, promise, controller, result: "sent" }, settings);
        }
      }
      for (const { topic, text, many } of ledger.waiting) expected.push(...(many ?? [`${topic},${text}`]));
      const results = outcomes(ledger.lines.map(({ promise }) => promise));
      const received: string[] = [];
      while (received.length < expected.length)
        received.push(String(await pull.receive({ timeout: 10_000 })));
      expect(received, `seed ${seed}, round ${round}`).toEqual(expected);
      expect(await results, `seed ${seed}, round ${round}`).toEqual(ledger.lines.map(({ result }) => result));
      await nextTurns();
      expect(pull.tryReceive(), `seed ${seed}, round ${round}`).toBeUndefined();
    }
  });

  test("senders and receivers of both directions at any time", async () => {
    const seed = (Math.random() * 2 ** 32) >>> 0;
    const pick = random(seed);
    const options = {
      sendQueue: { max: 20 },
      receiveQueue: { max: 20 },
      sendHighWaterMark: 2,
      receiveHighWaterMark: 2,
    };
    using pair = await join(new Pair(options), new Pair(options), "tcp");
    const total = 3000;
    const run = async (from: Pair, to: Pair) => {
      const sent: number[] = [];
      const received: number[] = [];
      const sends: Promise<void>[] = [];
      let refused = 0;
      for (let id = 0; id < total; id++) {
        const text = `${id}`.padEnd(1 + pick(3000), ".");
        const options = pick(5) === 0 ? { timeout: pick(3) } : {};
        const send = from.send(text, options).then(
          () => {
            sent.push(id);
          },
          ({ code }) => {
            expect(["ENOBUFS", "EAGAIN"]).toContain(code);
            refused++;
          },
        );
        sends.push(send);
        if (pick(20) === 0) await new Promise(setImmediate);
        if (pick(8) === 0) {
          const receives = Array.from({ length: 1 + pick(6) }, () => to.receive({ timeout: 5 }));
          for (const result of await Promise.allSettled(receives)) {
            if (result.status === "fulfilled") received.push(Number.parseInt(String(result.value), 10));
          }
        }
      }
      const end = Promise.all(sends).then(() => from.send("end"));
      for await (const message of to) {
        if (String(message) === "end") break;
        received.push(Number.parseInt(String(message), 10));
      }
      await end;
      // Promises settle in a later turn of the event loop if the budget of one is used up.
      expect(received, `seed ${seed}`).toEqual(sent.sort((a, b) => a - b));
      expect(sent.length + refused).toBe(total);
    };
    await Promise.all([run(pair.bound, pair.connected), run(pair.connected, pair.bound)]);
  });
});

test("hooks that send while the queue drops messages leave no promise pending", async () => {
  const outcome = await runProgram(`
    const { createHook } = require("node:async_hooks");
    const push = new zmq.Push({ linger: 0, sendQueue: { max: 3, overflow: "dropOldest" } });
    const outcomes = [];
    const send = (text) => push.send(text).then(() => outcomes.push(text), ({ code }) => outcomes.push(text + " " + code));
    for (let i = 0; i < 3; i++) send("early");
    let armed = false;
    createHook({
      init() {
        if (!armed) return;
        armed = false;
        for (const text of ["h1", "h2", "h3"]) send(text);
      },
    }).enable();
    push.sendQueue = { max: 2, overflow: "dropOldest" };
    // The hook runs when the first message is dropped.
    const { then } = Promise.prototype;
    let drops = 0;
    Promise.prototype.then = function (resolve, reject) {
      if (resolve === undefined && drops++ === 0) armed = true;
      return then.call(this, resolve, reject);
    };
    send("last");
    Promise.prototype.then = then;
    await new Promise((resolve) => setTimeout(resolve, 50));
    push.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.log(drops > 0, outcomes.length);
  `);
  expect(outcome).toMatchObject({ code: 0, stdout: "true 7\n" });
});

describe("a message for a peer that has room is sent when the one before it, for a full peer,", () => {
  test.each([
    ["is aborted", "reject", 5],
    ["is dropped", "dropOldest", 1],
  ] as const)("%s", async (_, overflow, max) => {
    using router = new Router({ mandatory: true, sendHighWaterMark: 1, linger: 0 });
    router.sendQueue = { max, overflow };
    await router.bind(freshEndpoint("inproc"));
    const [full, free] = ["full", "free"].map((routingId) => {
      const dealer = new Dealer({ routingId, receiveHighWaterMark: 1, receiveTimeout: 10_000 });
      dealer.connect(router.lastEndpoint!);
      return dealer;
    }) as [Dealer, Dealer];
    for (const dealer of [full, free]) {
      await dealer.send("ready");
      await router.receive();
    }
    while (router.trySend(["full", "filling"]));
    const controller = new AbortController();
    const first = router.send(["full", "waits"], { signal: controller.signal });
    first.catch(() => {});
    const second = router.send(["free", "message"]);
    if (overflow === "reject") controller.abort();
    await second;
    expect((await free.receive()).map(String)).toEqual(["message"]);
    await expect(first).rejects.toThrow();
    for (const dealer of [full, free]) dealer.close();
  });
});

test("receives with a receiveQueue settle in order, also when a turn has been long enough", async () => {
  using pull = new Pull({ receiveQueue: { max: 3000 } });
  await pull.bind(freshEndpoint("inproc"));
  using push = new Push();
  push.connect(pull.lastEndpoint!);
  const numbers = Array.from({ length: 3000 }, (_, i) => i);
  const order: number[] = [];
  await push.sendMany(numbers.slice(0, 1000).map(String));
  const receives = numbers.map(() => pull.receive().then(([frame]) => order.push(Number(frame))));
  await push.sendMany(numbers.slice(1000).map(String));
  await Promise.all(receives);
  expect(order).toEqual(numbers);
});

/** Enough operations of one turn that the last ones wait for the next turn. */
const manyOperations = 5000;

test("an end without a message settles after the messages before it", async () => {
  using pair = await join(
    new Pull({ receiveHighWaterMark: 0 }),
    new Push({ sendHighWaterMark: 0 }),
    "inproc",
  );
  const { bound: pull, connected: push } = pair;
  const order: number[] = [];
  const settled: Promise<unknown>[] = [];
  const note = (promise: Promise<unknown>, kind: number | undefined) => {
    const end = promise.then(
      (result) => order.push(kind ?? Number((result as { value: Buffer[] }).value)),
      (error) => order.push(error.code === "EAGAIN" ? -1 : -100),
    );
    settled.push(end);
  };
  await push.sendMany(Array.from({ length: manyOperations }, (_, index) => `${index}`));
  const iterator = pull[Symbol.asyncIterator]();
  for (let index = 0; index < manyOperations; index++) note(iterator.next(), undefined);
  note(pull.receive({ timeout: 0 }), -50);
  await iterator.return();
  note(iterator.next(), -2);
  pull.close();
  note(pull[Symbol.asyncIterator]().next(), -3);
  await Promise.all(settled);
  expect(order).toEqual([...Array.from({ length: manyOperations }, (_, index) => index), -1, -2, -3]);
});

test("a send that fails settles after the sends before it", async () => {
  using pair = await join(
    new Pull({ receiveHighWaterMark: 1 }),
    new Push({ sendHighWaterMark: 5000 }),
    "inproc",
  );
  const push = pair.connected;
  const order: string[] = [];
  const settled: Promise<unknown>[] = [];
  const reasons = await unhandledDuring(async () => {
    for (let count = 0; count < 5200; count++) {
      const sent = push.send("x", { timeout: 0 });
      settled.push(
        sent.then(
          () => order.push("sent"),
          ({ code }) => order.push(code),
        ),
      );
      if (count === 5100) settled.push(push.send([]).then(() => order.push("nothing")));
    }
    await Promise.all(settled);
  });
  expect(reasons).toEqual([]);
  expect(order.indexOf("nothing")).toBe(5101);
  const first = order.indexOf("EAGAIN");
  expect(first).toBeGreaterThan(4000);
  expect(new Set(order.slice(0, first))).toEqual(new Set(["sent"]));
  expect(new Set(order.slice(first))).toEqual(new Set(["EAGAIN", "nothing"]));
});

describe("beside another socket that uses up the turns", () => {
  /** A socket that sends to itself. `busy` uses up the budget of the turn. */
  async function openBusy() {
    const pull = new Pull();
    await pull.bind(freshEndpoint("inproc"));
    const push = new Push();
    push.connect(pull.lastEndpoint!);
    return {
      busy() {
        const end = performance.now() + 4;
        while (performance.now() < end) {
          void push.send("x");
          void pull.receive();
        }
      },
      async loop(goOn: () => boolean) {
        while (goOn()) {
          await push.send("x");
          await pull.receive();
        }
      },
      [Symbol.dispose]() {
        push.close();
        pull.close();
      },
    };
  }

  const nextTurn = () => new Promise(setImmediate);

  test("a received message is not lost if its signal is aborted before the promise settles", async () => {
    using other = await openBusy();
    using pair = await join(new Pull({ receiveQueue: { max: 10 } }), new Push(), "inproc");
    const { bound: pull, connected: push } = pair;
    for (let round = 0; round < 20; round++) {
      const abort = new AbortController();
      const received = pull.receive({ signal: abort.signal }).then(String);
      await nextTurn();
      other.busy();
      push.trySend(`${round}`);
      // Uses up the budget again, then receives, then aborts: all in one turn.
      setImmediate(() => abort.abort());
      const first = await received.catch(() => undefined);
      expect(first ?? String(await pull.receive())).toBe(`${round}`);
    }
  });

  test("an aborted sendMany lets the others continue", async () => {
    using other = await openBusy();
    let goOn = true;
    const looping = other.loop(() => goOn);
    for (let round = 0; round < 40; round++) {
      using push = new Push({ sendQueue: { max: 100 }, sendHighWaterMark: 1, linger: 0 });
      using pull = new Pull({ receiveHighWaterMark: 10 });
      await pull.bind(freshEndpoint("inproc"));
      push.connect(pull.lastEndpoint!);
      while (push.trySend("fill"));
      const abort = new AbortController();
      const sends = [push.send("1"), push.sendMany(["2"], { signal: abort.signal }), push.send("3")];
      const results = Promise.allSettled(sends);
      await nextTurn();
      while (pull.tryReceive());
      for (let turn = round % 4; turn > 0; turn--) await nextTurn();
      abort.abort();
      const receiving = (async () => {
        for await (const _ of pull);
      })();
      const [first, , third] = await results;
      expect([first!.status, third!.status]).toEqual(["fulfilled", "fulfilled"]);
      pull.close();
      await receiving;
    }
    goOn = false;
    await looping;
  });

  test("a loop that does not await its sends lets the event loop go on", async () => {
    using from = await join(
      new Pull({ receiveHighWaterMark: 0 }),
      new Push({ sendHighWaterMark: 0 }),
      "inproc",
    );
    using to = await join(
      new Pull({ receiveHighWaterMark: 0 }),
      new Push({ sendHighWaterMark: 0 }),
      "inproc",
    );
    const count = 50_000;
    await from.connected.sendMany(Array.from({ length: count }, () => "x"));
    let turns = 0;
    let done = false;
    const counting = (async () => {
      for (; !done; turns++) await nextTurn();
    })();
    let received = 0;
    for await (const message of from.bound) {
      void to.connected.send(message);
      if (++received === count) break;
    }
    done = true;
    await counting;
    expect(turns).toBeGreaterThan(10);
  });

  test("waiting receives and those that close gives up settle in order", async () => {
    using other = await openBusy();
    const push = new Push();
    const pull = new Pull({ receiveQueue: { max: 1000 } });
    await pull.bind(freshEndpoint("inproc"));
    push.connect(pull.lastEndpoint!);
    for (let round = 0; round < 20; round++) {
      const order: number[] = [];
      other.busy();
      const receives: Promise<unknown>[] = [];
      for (let id = 0; id < 40; id++) {
        if (id % 2 === 0) push.trySend("x");
        receives.push(pull.receive().then(() => order.push(id)));
      }
      for (let id = 0; id < 20; id++) push.trySend("x");
      await Promise.all(receives);
      expect(order).toEqual(Array.from({ length: 40 }, (_, id) => id));
    }
    const ends: string[] = [];
    other.busy();
    for (let id = 0; id < 40; id++) push.trySend("x");
    const all = Array.from({ length: 50 }, () =>
      pull.receive().then(
        () => ends.push("message"),
        () => ends.push("closed"),
      ),
    );
    pull.close();
    push.close();
    await Promise.all(all);
    expect(ends).toEqual([...Array(40).fill("message"), ...Array(10).fill("closed")]);
  });

  test("a queue is sent in far fewer turns than messages", async () => {
    using other = await openBusy();
    using push = new Push({ sendQueue: { max: 5000 }, linger: 0, immediate: true });
    const sends = Array.from({ length: 5000 }, (_, index) => push.send(`${index}`));
    let done = false;
    const looping = other.loop(() => !done);
    let turns = 0;
    const counting = (async () => {
      for (; !done; turns++) await nextTurn();
    })();
    using pull = new Pull({ receiveHighWaterMark: 0 });
    await pull.bind(freshEndpoint("tcp"));
    push.connect(pull.lastEndpoint!);
    await push.waitForPeers();
    turns = 0;
    await Promise.all(sends);
    done = true;
    await Promise.all([looping, counting]);
    expect(turns).toBeLessThan(2000);
  });
});

// A rejected receive that stays pending would take the next message.
test.each([null, { max: 5 }])(
  "a hook that aborts while the timer is made, with the receiveQueue %o",
  async (receiveQueue) => {
    using pair = await join(new Pull({ receiveQueue }), new Push(), "inproc");
    const { bound: pull, connected: push } = pair;
    const abort = new AbortController();
    const hook = createHook({
      init(_, type) {
        if (type === "Timeout") abort.abort(new Error("enough"));
      },
    }).enable();
    const received = pull.receive({ signal: abort.signal, timeout: 60_000 });
    hook.disable();
    await expect(received).rejects.toThrow("enough");
    await push.send("kept");
    expect(String(await pull.receive())).toBe("kept");
  },
);
