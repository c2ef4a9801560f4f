// `transfer` together with `sendQueue`: when the Buffers of waiting messages are detached, and when they stay.

import { describe, expect, test } from "vitest";
import { allocate, Dealer, Pull, Push, Reply, Request, Router } from "zmq-native";
import { Radio, Server } from "zmq-native/draft";
import { join } from "../helpers/pairs.js";
import { freshEndpoint } from "../helpers/transports.js";

type Queue = NonNullable<Push["sendQueue"]>;

const large = 100_000;
const transfer = { transfer: true };
const filled = (value: number) => allocate(large).fill(value);

/** A Push with a queue, without a peer: each send waits. `arrive` connects a Pull, and returns what arrives. */
function lonelyPush(sendQueue: Queue) {
  const push = new Push({ sendQueue, linger: 0 });
  return {
    push,
    async arrive(count: number) {
      using pull = new Pull();
      await pull.bind(freshEndpoint("inproc"));
      push.connect(pull.lastEndpoint as string);
      const messages: Buffer[][] = [];
      while (messages.length < count) messages.push(await pull.receive());
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      expect(pull.tryReceive()).toBeUndefined();
      return messages;
    },
    [Symbol.dispose]() {
      push.close();
    },
  };
}

const outcomes = async (sends: Promise<unknown>[]) =>
  (await Promise.allSettled(sends)).map((result) =>
    result.status === "fulfilled"
      ? "sent"
      : typeof result.reason.code === "string"
        ? result.reason.code
        : result.reason.name,
  );

/** Describes a frame: its first byte and length. Fails if its bytes differ. */
function summary(frame: Buffer): string {
  expect(frame.equals(Buffer.alloc(frame.length, frame[0]))).toBe(true);
  return `${frame[0]} * ${frame.length}`;
}

const detach = (buffer: Uint8Array) => structuredClone(buffer, { transfer: [buffer.buffer as ArrayBuffer] });

describe("messages in the queue", () => {
  test("are sent in order, with and without transfer, and detached when they are sent", async () => {
    using lonely = lonelyPush({});
    const moved = [filled(1), filled(3), filled(5)];
    const copied = [filled(2), filled(4)];
    const sends = [
      lonely.push.send(moved[0]!, transfer),
      lonely.push.send(copied[0]!),
      lonely.push.send(moved[1]!, transfer),
      lonely.push.send(copied[1]!),
      lonely.push.send(moved[2]!, transfer),
    ];
    for (const frame of copied) frame.fill(9);
    expect(moved.map(({ length }) => length)).toEqual([large, large, large]);
    const received = await lonely.arrive(5);
    expect(received.map(([frame]) => summary(frame!))).toEqual(
      [1, 2, 3, 4, 5].map((value) => `${value} * ${large}`),
    );
    await Promise.all(sends);
    expect(moved.map(({ length }) => length)).toEqual([0, 0, 0]);
    expect(copied.map(({ length }) => length)).toEqual([large, large]);
  });

  test("detach a Buffer before its promise resolves, and not before the messages in front of it are sent", async () => {
    using push = new Push({ sendQueue: {}, sendHighWaterMark: 1, linger: 0 });
    using pull = new Pull({ receiveHighWaterMark: 1 });
    await pull.bind(freshEndpoint("inproc"));
    push.connect(pull.lastEndpoint as string);
    const frames = Array.from({ length: 20 }, (_, index) => filled(index));
    const sends = frames.map((frame) => push.send(frame, transfer).then(() => expect(frame.length).toBe(0)));
    for (let index = 0; index < frames.length; index++) {
      expect(summary((await pull.receive())[0]!)).toBe(`${index} * ${large}`);
      const lengths = frames.map(({ length }) => length);
      expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
    }
    await Promise.all(sends);
  });

  test("keep the bytes that a part of a Buffer had at the call", async () => {
    using lonely = lonelyPush({});
    const whole = Buffer.alloc(20, 1);
    const sends = [1, 2, 3].map((value) => {
      whole.fill(value);
      return lonely.push.send(["part", whole.subarray(10)], transfer);
    });
    whole.fill(9);
    const received = await lonely.arrive(3);
    expect(received.map(([, part]) => summary(part!))).toEqual(["1 * 10", "2 * 10", "3 * 10"]);
    await Promise.all(sends);
    expect(whole.length).toBe(20);
  });

  test("are copied without calls of properties that hide those of their memory", async () => {
    using lonely = lonelyPush({ overflow: "latestByTopic" });
    const memory = new ArrayBuffer(20);
    const [whole, part] = [new Uint8Array(memory), Buffer.from(memory, 5, 10).fill(1)];
    const calls: string[] = [];
    for (const [object, name] of [
      [memory, "byteLength"],
      [part, "valueOf"],
      [part, "length"],
      [part, "buffer"],
    ] as const) {
      Object.defineProperty(object, name, {
        get() {
          calls.push(name);
        },
      });
    }
    const send = lonely.push.send(part, transfer);
    expect(calls).toEqual([]);
    whole.fill(9);
    expect(summary((await lonely.arrive(1))[0]![0]!)).toBe("1 * 10");
    await send;
  });

  test("reject with a TypeError if a Buffer was detached meanwhile, and do not stop the others", async () => {
    using lonely = lonelyPush({});
    const [twice, posted, kept] = [filled(1), new Uint8Array(large), filled(3)];
    const sends = [
      lonely.push.send(["first", twice], transfer),
      lonely.push.send(["second", twice], transfer),
      lonely.push.send(["third", kept, posted], transfer),
      lonely.push.send("last"),
    ];
    const results = outcomes(sends);
    detach(posted);
    const received = await lonely.arrive(2);
    expect(received.map(([name]) => String(name))).toEqual(["first", "last"]);
    expect(await results).toEqual(["sent", "TypeError", "TypeError", "sent"]);
    expect([twice.length, summary(kept)]).toEqual([0, `3 * ${large}`]);
    await expect(sends[1]).rejects.toThrow("A frame to transfer is detached");
  });

  test("of a Request are sent one after the other", async () => {
    using pair = await join(new Reply(), new Request({ sendQueue: {} }), "inproc");
    const { bound: reply, connected: request } = pair;
    const frames = [filled(0), filled(1), filled(2)];
    const sends = frames.map((frame) => request.send(frame, transfer));
    for (const [index, frame] of frames.entries()) {
      expect(summary((await reply.receive())[0]!)).toBe(`${index} * ${large}`);
      expect(frame.length).toBe(0);
      expect(frames.slice(index + 1).every(({ length }) => length === large)).toBe(true);
      await reply.send("done");
      await request.receive();
    }
    await Promise.all(sends);
  });
});

describe("a message that leaves the queue unsent keeps its Buffers", () => {
  const cases: [Queue["overflow"], string[]][] = [
    ["reject", ["sent", "sent", "ENOBUFS", "ENOBUFS"]],
    ["dropNewest", ["sent", "sent", "ENOBUFS", "ENOBUFS"]],
    ["dropOldest", ["ENOBUFS", "ENOBUFS", "sent", "sent"]],
  ];
  test.each(cases)("by overflow %s", async (overflow, expected) => {
    using lonely = lonelyPush({ max: 2, overflow });
    const frames = [filled(0), filled(1), filled(2), filled(3)];
    const sends = frames.map((frame) => lonely.push.send(frame, transfer));
    const results = outcomes(sends);
    await lonely.arrive(2);
    expect(await results).toEqual(expected);
    for (const [index, frame] of frames.entries()) {
      if (expected[index] === "sent") expect(frame.length).toBe(0);
      else expect(summary(frame)).toBe(`${index} * ${large}`);
    }
  });

  test("by overflow latestByTopic, which finds the topic of any frame", async () => {
    using lonely = lonelyPush({ overflow: "latestByTopic" });
    const topics = ["a", Buffer.from("a"), new Uint8Array([97]), new Uint8Array([97]).buffer, "b"];
    const frames = topics.map((_, index) => filled(index));
    const sends = topics.map((topic, index) => lonely.push.send([topic, frames[index]!], transfer));
    const results = outcomes(sends);
    const received = await lonely.arrive(2);
    expect(received.map(([topic, body]) => `${topic}: ${summary(body!)}`)).toEqual([
      `a: 3 * ${large}`,
      `b: 4 * ${large}`,
    ]);
    expect(await results).toEqual(["ENOBUFS", "ENOBUFS", "ENOBUFS", "sent", "sent"]);
    expect(frames.map(({ length }) => length)).toEqual([large, large, large, 0, 0]);
    expect(frames.slice(0, 3).map(summary)).toEqual([0, 1, 2].map((value) => `${value} * ${large}`));
  });

  test("by overflow latestByTopic of a Router", async () => {
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
    const frames = Array.from({ length: 5 }, (_, index) => filled(index));
    const results = outcomes(frames.map((frame) => router.send([Buffer.from("peer"), frame], transfer)));
    // The marks of both ends admit two messages.
    const received = [await dealer.receive(), await dealer.receive(), await dealer.receive()];
    expect(received.map(([frame]) => summary(frame!))).toEqual(
      [0, 1, 4].map((value) => `${value} * ${large}`),
    );
    expect(await results).toEqual(["sent", "sent", "ENOBUFS", "ENOBUFS", "sent"]);
    expect(frames.map(({ length }) => length)).toEqual([0, 0, large, large, 0]);
  });

  test("by ttl, timeout, signal and close", async () => {
    using lonely = lonelyPush({ ttl: 20 });
    const { push } = lonely;
    const controller = new AbortController();
    const frames = Array.from({ length: 5 }, (_, index) => filled(index));
    const sends = frames.map((frame, index) =>
      push.send(frame, {
        ...transfer,
        ...[{}, { timeout: 5 }, { timeout: 0 }, { signal: controller.signal }, {}][index],
      }),
    );
    controller.abort();
    expect(await outcomes(sends)).toEqual(["ETIMEDOUT", "EAGAIN", "EAGAIN", "AbortError", "ETIMEDOUT"]);
    sends.push(push.send(frames[0]!, transfer), push.send(frames[1]!, transfer));
    push.close();
    expect(await outcomes(sends.slice(5))).toEqual(["EAGAIN", "EAGAIN"]);
    expect(frames.map(summary)).toEqual([0, 1, 2, 3, 4].map((value) => `${value} * ${large}`));
  });
});

test("close sends the waiting messages for which there is room, and rejects the others", async () => {
  using pull = new Pull();
  await pull.bind(freshEndpoint("inproc"));
  const push = new Push({ sendQueue: {} });
  const frames = [filled(0), filled(1), new Uint8Array(large), filled(3)];
  const sends = frames.map((frame) => push.send(frame, transfer));
  const results = outcomes(sends);
  detach(frames[2]!);
  push.connect(pull.lastEndpoint as string);
  push.close();
  expect(await results).toEqual(["sent", "sent", "TypeError", "sent"]);
  for (const value of [0, 1, 3]) expect(summary((await pull.receive())[0]!)).toBe(`${value} * ${large}`);
  expect(frames.map(({ length }) => length)).toEqual([0, 0, 0, 0]);
});

test("trySend returns false while messages wait, and keeps the Buffer", async () => {
  using push = new Push({ sendQueue: {}, linger: 0 });
  const first = push.send("first");
  const sent = filled(7);
  expect(push.trySend(sent, transfer)).toBe(false);
  expect(summary(sent)).toBe(`7 * ${large}`);
  const gone = new Uint8Array(5);
  detach(gone);
  expect(() => push.trySend(gone, transfer)).toThrow("A frame to transfer is detached");
  // One Pull receives everything: a message may still be sent to a peer that has just closed, and is lost then.
  using pull = new Pull();
  await pull.bind(freshEndpoint("inproc"));
  push.connect(pull.lastEndpoint as string);
  expect((await pull.receive()).map(String)).toEqual(["first"]);
  await first;
  expect(push.trySend(sent, transfer)).toBe(true);
  expect(sent.length).toBe(0);
  expect(summary((await pull.receive())[0]!)).toBe(`7 * ${large}`);
});

test("sendMany throws a TypeError for transfer and sends nothing", async () => {
  using pair = await join(new Pull(), new Push(), "inproc");
  const { bound: pull, connected: push } = pair;
  const sent = filled(1);
  for (const sendQueue of [null, {}]) {
    push.sendQueue = sendQueue;
    expect(() => push.sendMany([sent], transfer as object)).toThrow("sendMany does not support transfer");
    expect(() => push.sendMany([sent], { transfer: 1 } as object)).toThrow(
      "transfer must be a boolean, got 1",
    );
  }
  expect(pull.tryReceive()).toBeUndefined();
  await push.sendMany(["one"], { transfer: false } as object);
  expect(String(await pull.receive())).toBe("one");
  using radio = new Radio();
  using server = new Server();
  const tagged = (options: object) => [["first", options] as const, [sent, { ...options, ...transfer }]];
  expect(() => radio.sendMany(tagged({ group: "a" }) as never)).toThrow(TypeError);
  expect(() => server.sendMany(tagged({ routingId: 5 }) as never)).toThrow(TypeError);
  expect(summary(sent)).toBe(`1 * ${large}`);
});
