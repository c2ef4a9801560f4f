// Web streams over sockets.

import { text } from "node:stream/consumers";
import { ReadableStream, TransformStream } from "node:stream/web";
import { expect, test } from "vitest";
import { Pair, Pull, Push } from "zmq-native";
import { toReadableStream, toReadableWritablePair, toWritableStream } from "zmq-native/streams";
import { join } from "../helpers/pairs.js";

const joined = (transport: "tcp" | "inproc", options: { pull?: object; push?: object } = {}) =>
  join(new Pull(options.pull), new Push({ linger: 0, ...options.push }), transport);
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};
async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const chunk of stream) all.push(chunk);
  return all;
}

test.each(["tcp", "inproc"] as const)("pipes messages in order, over %s", async (transport) => {
  using pair = await joined(transport);
  const sent = Array.from({ length: 3000 }, (_, i) => [String(i), "body"]);
  const received = collect(toReadableStream(pair.bound, { endMarker: "end" }));
  await new ReadableStream<string[]>({
    start(controller) {
      for (const message of sent) controller.enqueue(message);
      controller.close();
    },
  }).pipeTo(toWritableStream(pair.connected, { endMarker: "end" }));
  expect((await received).map((frames) => frames.map(String))).toEqual(sent);
});

test("carries bytes", async () => {
  using pair = await joined("tcp");
  const options = { objectMode: false, endMarker: "" } as const;
  const writer = toWritableStream(pair.connected, options).getWriter();
  await writer.write(Buffer.from("one "));
  await writer.write(new Uint8Array(0));
  await writer.write(new TextEncoder().encode("two"));
  await writer.close();
  const stream = toReadableStream(pair.bound, options);
  expect(await text(stream)).toBe("one two");
});

test("rejects chunks that are not bytes without objectMode", async () => {
  using pair = await joined("inproc");
  const writer = toWritableStream(pair.connected, { objectMode: false }).getWriter();
  writer.closed.catch(() => {});
  await expect(writer.write("text" as unknown as Uint8Array)).rejects.toThrow(RangeError);
  expect(pair.bound.tryReceive()).toBeUndefined();
});

test.each([
  ["an empty array", [], "A message has at least one frame"],
  ["undefined", undefined, "Message must be present"],
])("rejects %s", async (_, chunk, message) => {
  using pair = await joined("inproc");
  const writer = toWritableStream(pair.connected).getWriter();
  writer.closed.catch(() => {});
  await expect(writer.write(chunk as never)).rejects.toThrow(message);
  expect(pair.bound.tryReceive()).toBeUndefined();
});

test("an unread stream leaves messages in libzmq", async () => {
  using pair = await joined("inproc");
  await pair.connected.sendMany(Array.from({ length: 100 }, (_, i) => String(i)));
  const stream = toReadableStream(pair.bound, { highWaterMark: 10 });
  await turns(20);
  await stream.cancel();
  expect(String(await pair.bound.receive())).toBe("10");
});

test("highWaterMark 0 receives only what is read", async () => {
  using pair = await joined("inproc");
  await pair.connected.sendMany(["0", "1", "2"]);
  const reader = toReadableStream(pair.bound, { highWaterMark: 0 }).getReader();
  await turns(10);
  expect(String((await reader.read()).value)).toBe("0");
  await turns(10);
  await reader.cancel();
  expect(String(await pair.bound.receive())).toBe("1");
});

test.each([
  { objectMode: true, highWaterMark: 4 },
  { objectMode: false, highWaterMark: 4000 },
])("a peer that never reads pauses the source, %o", async (settings) => {
  const marks = { pull: { receiveHighWaterMark: 5 }, push: { sendHighWaterMark: 5 } };
  using pair = await joined("inproc", marks);
  let produced = 0;
  const source = new ReadableStream({
    pull(controller) {
      produced++;
      controller.enqueue(Buffer.alloc(1000));
    },
  });
  // Not only for pipeTo, which waits for pending writes before it aborts.
  const abort = new AbortController();
  const { signal } = abort;
  const piped = source.pipeTo(toWritableStream(pair.connected, { ...settings, signal }), { signal });
  const failed = expect(piped).rejects.toThrow("enough");
  let idle = 0;
  for (let before = -1; idle < 50; idle++) {
    if (produced !== before) idle = 0;
    before = produced;
    await turns(1);
  }
  // The two queues of libzmq, the queues of both streams, and the chunk that is being sent.
  expect(produced).toBeGreaterThanOrEqual(10);
  expect(produced).toBeLessThanOrEqual(5 + 5 + 4 + 1 + 2);
  abort.abort(new Error("enough"));
  await failed;
  expect(pair.connected.closed).toBe(false);
});

test("cancel aborts the receive and keeps the socket open", async () => {
  using pair = await joined("tcp");
  const stream = toReadableStream(pair.bound);
  await turns(3);
  await stream.cancel("enough");
  await pair.connected.send("later");
  expect(String(await pair.bound.receive())).toBe("later");
});

test("abort ends a pending send, which is not sent later", async () => {
  using push = new Push({ linger: 0 });
  using pull = new Pull();
  const writer = toWritableStream(push).getWriter();
  const written = writer.write("pending");
  writer.closed.catch(() => {});
  await turns(3);
  const rejected = expect(written).rejects.toThrow("enough");
  await writer.abort(new Error("enough"));
  await rejected;
  await pull.bind("inproc://web-abort");
  push.connect("inproc://web-abort");
  await push.send("later");
  expect((await pull.receiveMany()).map(String)).toEqual(["later"]);
});

test.each(["before", "during", "between reads"])("a signal aborts %s", async (moment) => {
  using pair = await joined("inproc");
  const controller = new AbortController();
  const reason = new Error("reason");
  if (moment === "before") controller.abort(reason);
  const { signal } = controller;
  const highWaterMark = moment === "between reads" ? 0 : 1;
  const reader = toReadableStream(pair.bound, { signal, highWaterMark }).getReader();
  const writer = toWritableStream(pair.connected, { signal }).getWriter();
  await turns(2);
  controller.abort(reason);
  await expect(reader.read()).rejects.toBe(reason);
  await expect(writer.write("x")).rejects.toBe(reason);
  await expect(writer.closed).rejects.toBe(reason);
  await pair.connected.send("later");
  expect(String(await pair.bound.receive())).toBe("later");
});

test("a stream that has ended leaves no listener at its signal", async () => {
  using pair = await joined("inproc");
  const controller = new AbortController();
  const { signal } = controller;
  const { default: events } = await import("node:events");
  const reading = collect(toReadableStream(pair.bound, { signal, endMarker: "end" }));
  const writer = toWritableStream(pair.connected, { signal, endMarker: "end" }).getWriter();
  await turns(2);
  expect(events.getEventListeners(signal, "abort")).toHaveLength(1);
  await writer.close();
  await reading;
  expect(events.getEventListeners(signal, "abort")).toHaveLength(0);
});

test("closing the socket closes the readable stream and fails a write", async () => {
  using pair = await joined("inproc");
  const reading = collect(toReadableStream(pair.bound));
  await turns(2);
  pair.bound.close();
  expect(await reading).toEqual([]);
  pair.connected.close();
  const writer = toWritableStream(pair.connected).getWriter();
  writer.closed.catch(() => {});
  await expect(writer.write("x")).rejects.toMatchObject({ code: "EBADF" });
});

test("closing the socket before the end marker is an error", async () => {
  using pair = await joined("inproc");
  const reading = collect(toReadableStream(pair.bound, { endMarker: "" }));
  await turns(2);
  pair.bound.close();
  await expect(reading).rejects.toMatchObject({ code: "ECANCELED" });
});

test("a pair of streams goes through pipeThrough", async () => {
  using pair = await join(new Pair(), new Pair(), "tcp");
  const options = { objectMode: false, endMarker: "" } as const;
  // The peer answers in upper case.
  const peer = toReadableWritablePair(pair.bound, options);
  const upper = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) =>
      controller.enqueue(Buffer.from(String(Buffer.from(chunk)).toUpperCase())),
  });
  const answered = peer.readable.pipeThrough(upper).pipeTo(peer.writable);
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const word of ["one ", "two"]) controller.enqueue(Buffer.from(word));
      controller.close();
    },
  });
  const own = toReadableWritablePair(pair.connected, options);
  const answers = await collect(source.pipeThrough(own));
  expect(Buffer.concat(answers).toString()).toBe("ONE TWO");
  await answered;
});

test("throws for wrong arguments", () => {
  using pair = new Pair();
  for (const make of [toReadableStream, toWritableStream, toReadableWritablePair]) {
    const toAny = make as (...parameters: unknown[]) => unknown;
    for (const socket of [undefined, null, 5, {}]) {
      expect(() => toAny(socket)).toThrow(/^socket must be a socket of zmq-native, got /);
    }
    expect(() => toAny(pair, { highWaterMark: -1 })).toThrow(RangeError);
    for (const options of [{ signal: {} }, AbortSignal.abort(), { endMarker: Symbol("end") }]) {
      expect(() => toAny(pair, options)).toThrow(TypeError);
    }
  }
  using push = new Push();
  using pull = new Pull();
  expect(() => toReadableStream(push as never)).toThrow("socket must be able to receive, got a PUSH socket");
  expect(() => toWritableStream(pull as never)).toThrow("socket must be able to send, got a PULL socket");
});
