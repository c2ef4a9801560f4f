// The values that can be sent as a frame, and how they arrive.

import { expect, test } from "vitest";
import { type MessageLike, Pair, Pull, Push, Subscriber, XPublisher } from "zmq-native";
import { join } from "../helpers/pairs.js";
import { freshEndpoint, transports } from "../helpers/transports.js";

const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const shared = new SharedArrayBuffer(4);
new Uint8Array(shared).set([9, 8, 7, 6]);

const conversions: [string, unknown, Uint8Array | string][] = [
  ["a Buffer", Buffer.from(bytes), bytes],
  ["a Uint8Array", bytes, bytes],
  ["a part of one", bytes.subarray(2, 5), bytes.slice(2, 5)],
  ["a Uint16Array", new Uint16Array(bytes.buffer, 2, 2), bytes.slice(2, 6)],
  ["a Float64Array", new Float64Array(bytes.buffer), bytes],
  ["a DataView", new DataView(bytes.buffer, 1, 3), bytes.slice(1, 4)],
  ["an ArrayBuffer", bytes.buffer, bytes],
  ["a SharedArrayBuffer", shared, Uint8Array.from([9, 8, 7, 6])],
  ["a string", "gr\u00fc\u00dfe \u{1f600}", "gr\u00fc\u00dfe \u{1f600}"],
  ["a string with NULs", "a\0b\0", "a\0b\0"],
  ["half of a surrogate pair", "\ud83d", "\ufffd"],
  ["an empty string", "", ""],
  ["null", null, ""],
  ["a number", 12.5, "12.5"],
  ["a boolean", false, "false"],
  ["a BigInt", 12n, "12"],
  ["an object", { toString: () => "itself" }, "itself"],
];

test.each(conversions)("%s", async (_, value, expected) => {
  using pair = await join(new Pair(), new Pair(), "inproc");
  await pair.connected.send(value as MessageLike);
  await pair.connected.send(["first", value as MessageLike]);
  await pair.connected.sendMany([value as MessageLike]);
  const frame = Buffer.from(expected as string);
  expect(await pair.bound.receive()).toEqual([frame]);
  expect(await pair.bound.receive()).toEqual([Buffer.from("first"), frame]);
  expect(await pair.bound.receive()).toEqual([frame]);
});

test("strings of every length around the limits of each encoding arrive unchanged", async () => {
  using pair = await join(new Pair(), new Pair(), "inproc");
  const lengths = [
    1, 31, 32, 33, 255, 256, 257, 338, 339, 340, 341, 342, 509, 510, 1021, 1022, 1023, 1024, 5000,
  ];
  for (const character of ["x", "\u00fc", "\u20ac", "\u{1f600}"]) {
    for (const length of lengths) {
      const sent = character.repeat(length);
      await pair.connected.send(sent);
      expect(String(await pair.bound.receive())).toBe(sent);
    }
  }
});

test("a value without a string form throws, and nothing is sent", async () => {
  using pair = await join(new Pair(), new Pair(), "inproc");
  const failing = {
    toString() {
      throw new RangeError("no");
    },
  };
  expect(() => pair.connected.send(Symbol("s") as unknown as string)).toThrow(TypeError);
  expect(() => pair.connected.send(["first", failing as unknown as string])).toThrow(RangeError);
  expect(pair.bound.tryReceive()).toBeUndefined();
});

test("an empty array sends nothing while others wait in a sendQueue", async () => {
  using push = new Push({ sendQueue: { max: 2, overflow: "reject" }, linger: 0 });
  const waiting = push.send("waiting");
  await push.send([]);
  expect(push.trySend([])).toBe(true);
  expect(() => push.sendMany([[]])).toThrow("A message has at least one frame");
  using pull = new Pull();
  await pull.bind(freshEndpoint("inproc"));
  push.connect(pull.lastEndpoint!);
  await waiting;
  await push.send("next");
  expect((await pull.receiveMany()).map(String)).toEqual(["waiting", "next"]);
});

test("an empty array sends nothing", async () => {
  using pair = await join(new Pair(), new Pair(), "inproc");
  await pair.connected.send([]);
  expect(pair.connected.trySend([])).toBe(true);
  await pair.connected.send("next");
  expect(String(await pair.bound.receive())).toBe("next");
});

test("scenario 10: changing a Buffer after send has returned does not change the message", async () => {
  using pair = await join(new Pair(), new Pair(), "inproc");
  for (const size of [10, 1000, 1_000_000]) {
    const sent = Buffer.alloc(size, 1);
    const promise = pair.connected.send(sent);
    sent.fill(2);
    await promise;
    expect((await pair.bound.receive())[0]!.every((byte) => byte === 1)).toBe(true);
  }
});

test("received Buffers do not share bytes with each other", async () => {
  using pair = await join(new Pair(), new Pair(), "inproc");
  const sizes = [0, 1, 7, 8, 9, 100, 5000, 8191, 8192, 8193, 20_000, 32_768, 100_000, 524_288, 600_000];
  for (const size of sizes) await pair.connected.send(Buffer.alloc(size, size % 251));
  const received: Buffer[] = [];
  for (const size of sizes) {
    const [frame] = await pair.bound.receive();
    expect(frame!.length).toBe(size);
    received.push(frame!);
  }
  for (const [index, frame] of received.entries()) {
    expect(frame.every((byte) => byte === sizes[index]! % 251)).toBe(true);
    frame.fill(255);
  }
});

test.each(transports)("messages of up to 10,000 frames arrive over %s", async (transport) => {
  using pair = await join(new Pull(), new Push(), transport);
  for (const count of [1, 2, 100, 1023, 1024, 1025, 10_000]) {
    const sent = Array.from({ length: count }, (_, i) => (i % 3 === 0 ? "" : `${i}`));
    await pair.connected.send(sent);
    await pair.connected.send("between");
    expect((await pair.bound.receive()).map(String)).toEqual(sent);
    expect((await pair.bound.receive()).map(String)).toEqual(["between"]);
  }
});

test.each(transports)("frames of every size arrive in one message over %s", async (transport) => {
  using pair = await join(new Pull(), new Push(), transport);
  const frames = Array.from({ length: 60 }, (_, i) => Buffer.alloc((i * i * 37) % 40_000, i));
  frames.push(Buffer.alloc(2_000_000, 77), Buffer.alloc(3, 78));
  for (let round = 0; round < 5; round++) {
    await pair.connected.send(frames);
    const received = await pair.bound.receive();
    expect(received.length).toBe(frames.length);
    for (const [index, frame] of received.entries()) expect(frame.equals(frames[index]!)).toBe(true);
  }
});

test("scenario 11: a multipart message is delivered whole or not at all while receivers connect and disconnect", async () => {
  using push = new Push({ linger: 0 });
  await push.bind("tcp://127.0.0.1:*");
  const endpoint = push.lastEndpoint as string;
  // Enough frames that libzmq learns of a connection's end while it receives them.
  const frames = Array.from({ length: 100_000 }, (_, i) => `${i}`);
  let received = 0;
  const check = (message: Buffer[]) => {
    received++;
    expect(message.length).toBe(frames.length);
    expect([String(message[0]), String(message.at(-1))]).toEqual(["0", "99999"]);
  };
  // More than a receiver accepts by default.
  using steady = new Pull({ maxFrames: -1 });
  steady.connect(endpoint);
  const reading = (async () => {
    for await (const message of steady) check(message);
  })();
  for (let i = 0; i < 40; i++) {
    const leaving = new Pull({ receiveHighWaterMark: 1, maxFrames: -1 });
    leaving.connect(endpoint);
    await push.send(frames);
    await leaving.receive({ timeout: 2 }).then(check, () => {});
    leaving.close();
    await push.send(frames);
  }
  const end = performance.now() + 60_000;
  while (received < 40 && performance.now() < end) await new Promise(setImmediate);
  steady.close();
  await reading;
  expect(received).toBeGreaterThanOrEqual(40);
});

test("scenario 22: a message of 1 GB arrives", { timeout: 180_000 }, async () => {
  using pair = await join(new Pull(), new Push(), "tcp");
  const size = 2 ** 30;
  const sent = Buffer.alloc(size);
  for (const [position, value] of [
    [0, 1],
    [size / 2, 2],
    [size - 1, 3],
  ] as const) {
    sent[position] = value;
  }
  await pair.connected.send(sent);
  const [received] = await pair.bound.receive();
  expect(received!.length).toBe(size);
  expect(received!.equals(sent)).toBe(true);
});

test("scenario 22: a message above the receiver's maxMessageSize ends the connection and has no other effect", async () => {
  using pull = new Pull({ maxMessageSize: 1000 });
  await pull.bind("tcp://127.0.0.1:*");
  using big = new Push({ linger: 0 });
  using small = new Push();
  big.connect(pull.lastEndpoint as string);
  small.connect(pull.lastEndpoint as string);
  await big.send(Buffer.alloc(1001));
  await small.send("fits");
  expect(String(await pull.receive())).toBe("fits");
});

test("each inproc subscriber gets its own copy of the bytes", async () => {
  using first = await join(new XPublisher(), new Subscriber(), "inproc");
  using second = new Subscriber();
  second.connect(first.bound.lastEndpoint as string);
  first.connected.subscribe();
  second.subscribe();
  await first.bound.receive();
  await first.bound.send(Buffer.alloc(1_000_000, 5));
  const [one] = await first.connected.receive();
  const [two] = await second.receive();
  one!.fill(6);
  expect(two!.every((byte) => byte === 5)).toBe(true);
});
