// toWritable: messages and bytes, back-pressure, the end marker, errors.

import { once } from "node:events";
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { Publisher, Pull, Push, Router } from "zmq-native";
import { toReadable, toWritable } from "zmq-native/streams";
import { join } from "../helpers/pairs.js";

const joined = (transport: "tcp" | "inproc", options: { pull?: object; push?: object } = {}) =>
  join(new Pull(options.pull), new Push({ linger: 0, ...options.push }), transport);
const strings = (messages: Iterable<Buffer[]>) => Array.from(messages, (frames) => frames.map(String));
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};

test.each(["tcp", "inproc"] as const)("sends each chunk as a message, over %s", async (transport) => {
  using pair = await joined(transport);
  const sent = Array.from({ length: 5000 }, (_, i) => [String(i), "body"]);
  const received = toReadable(pair.bound, { endMarker: "end" }).toArray();
  await pipeline(sent, toWritable(pair.connected, { endMarker: "end" }));
  expect(strings(await received)).toEqual(sent);
});

test("sends all kinds of messages in objectMode", async () => {
  using pair = await joined("inproc");
  const messages = ["text", Buffer.from("buffer"), new Uint16Array([0x6968]), 5, ["a", null, "b"], ""];
  await pipeline(Readable.from(messages), toWritable(pair.connected));
  const received = await pair.bound.receiveMany();
  expect(strings(received)).toEqual([["text"], ["buffer"], ["hi"], ["5"], ["a", "", "b"], [""]]);
});

test("sends bytes without objectMode: encodings apply, empty chunks are not sent", async () => {
  using pair = await joined("inproc");
  const stream = toWritable(pair.connected, { objectMode: false, endMarker: "" });
  stream.write("6869", "hex");
  stream.write("");
  stream.write(new Uint8Array([33]));
  stream.end("end");
  await once(stream, "close");
  expect(strings(await pair.bound.receiveMany())).toEqual([["hi"], ["!"], ["end"], [""]]);
  expect(() => toWritable(pair.connected, { objectMode: false }).write(["frames"])).toThrow(
    expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
  );
});

test("emits finish and close once, and keeps the socket open", async () => {
  using pair = await joined("inproc");
  const stream = toWritable(pair.connected);
  const events: string[] = [];
  for (const name of ["finish", "error", "close"]) stream.on(name, () => events.push(name));
  stream.end("a");
  await once(stream, "close");
  expect(events).toEqual(["finish", "close"]);
  await pair.connected.send("b");
  expect(strings(await pair.bound.receiveMany())).toEqual([["a"], ["b"]]);
});

test.each([
  { objectMode: true, highWaterMark: 4 },
  { objectMode: false, highWaterMark: 4 },
])("a peer that never reads pauses the source, %o", async (settings) => {
  const marks = { pull: { receiveHighWaterMark: 5 }, push: { sendHighWaterMark: 5 } };
  using pair = await joined("inproc", marks);
  let produced = 0;
  const source = new Readable({
    ...settings,
    read() {
      produced++;
      this.push("x");
    },
  });
  const stream = toWritable(pair.connected, settings);
  const piped = pipeline(source, stream);
  while (!stream.writableNeedDrain) await turns(1);
  await turns(50);
  const paused = produced;
  // The two queues of libzmq, the buffers of both streams, and the chunk that is being sent.
  expect(paused).toBeLessThanOrEqual(5 + 5 + 4 + 4 + 2);
  await turns(50);
  expect(produced).toBe(paused);
  expect(stream.writableLength).toBeLessThanOrEqual(4);
  // It continues when the peer reads.
  while (produced < 1000) await pair.bound.receive();
  stream.destroy();
  await expect(piped).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
});

test("write returns false at the high-water mark, and drain follows", async () => {
  using push = new Push({ linger: 0 });
  using pull = new Pull();
  const stream = toWritable(push, { highWaterMark: 2 });
  expect([stream.write("1"), stream.write("2"), stream.writableLength]).toEqual([true, false, 2]);
  await turns(20);
  // There is no peer.
  expect(stream.writableLength).toBe(2);
  const drained = once(stream, "drain");
  await pull.bind("tcp://127.0.0.1:*");
  push.connect(pull.lastEndpoint as string);
  await drained;
  expect([String(await pull.receive()), String(await pull.receive())]).toEqual(["1", "2"]);
});

test("destroy aborts a pending send, which is not sent later", async () => {
  using push = new Push({ linger: 0 });
  using pull = new Pull();
  const stream = toWritable(push);
  const events: string[] = [];
  for (const name of ["finish", "error", "close"]) stream.on(name, () => events.push(name));
  const written = new Promise((resolve) => stream.write("pending", resolve));
  stream.write("buffered");
  await turns(2);
  stream.destroy();
  expect(await written).toBeInstanceOf(Error);
  if (!stream.closed) await once(stream, "close");
  expect(events).toEqual(["close"]);
  await pull.bind("inproc://destroyed");
  push.connect("inproc://destroyed");
  await push.send("later");
  expect(strings(await pull.receiveMany())).toEqual([["later"]]);
});

test("the socket can be used as soon as an aborted pipeline has ended", async () => {
  using push = new Push({ sendHighWaterMark: 5, linger: 0 });
  const pull = new Pull({ receiveHighWaterMark: 5 });
  await pull.bind("inproc://aborted");
  push.connect("inproc://aborted");
  const reading = (async () => {
    for await (const _ of pull);
  })();
  for (let round = 0; round < 200; round++) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), round % 4);
    const source = function* () {
      for (;;) yield "chunk";
    };
    const stream = toWritable(push);
    await expect(
      pipeline(Readable.from(source()), stream, { signal: controller.signal }),
    ).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(stream.closed).toBe(true);
    await push.send("next");
  }
  pull.close();
  await reading;
});

test("an aborted signal destroys the stream with an AbortError", async () => {
  using push = new Push({ linger: 0 });
  const controller = new AbortController();
  const stream = toWritable(push, { signal: controller.signal });
  stream.write("pending");
  const failed = finished(stream);
  controller.abort(new Error("reason"));
  await expect(failed).rejects.toMatchObject({ name: "AbortError", cause: { message: "reason" } });
  expect(push.closed).toBe(false);
});

test("closing the socket fails a pending write with ECANCELED", async () => {
  const push = new Push({ linger: 0 });
  const stream = toWritable(push);
  stream.write("pending");
  const failed = finished(stream);
  await turns(2);
  push.close();
  await expect(failed).rejects.toMatchObject({ code: "ECANCELED" });
});

test("a write to a closed socket fails with EBADF", async () => {
  const push = new Push();
  push.close();
  await expect(pipeline(["x"], toWritable(push))).rejects.toMatchObject({ code: "EBADF" });
});

test("closing the socket in the middle of a pipeline destroys the source", async () => {
  using pair = await joined("tcp");
  const source = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(10_000);
    })(),
  );
  const piped = pipeline(source, toWritable(pair.connected));
  for (let i = 0; i < 100; i++) await pair.bound.receive();
  pair.connected.close();
  await expect(piped).rejects.toMatchObject({ code: expect.stringMatching(/^(?:ECANCELED|EBADF)$/) });
  expect(source.destroyed).toBe(true);
});

test("sendTimeout of the socket fails the stream", async () => {
  using push = new Push({ sendTimeout: 10, linger: 0 });
  await expect(pipeline(["x"], toWritable(push))).rejects.toMatchObject({ code: "EAGAIN" });
});

test("an error of send fails the stream", async () => {
  using router = new Router({ mandatory: true });
  await router.bind("tcp://127.0.0.1:*");
  const piped = pipeline([["nobody", "x"]], toWritable(router));
  await expect(piped).rejects.toMatchObject({ code: "EHOSTUNREACH" });
});

test("an invalid chunk fails the stream with a TypeError, and the socket stays usable", async () => {
  using pair = await joined("inproc");
  const stream = toWritable(pair.connected);
  const failed = finished(stream);
  stream.write(Symbol("invalid"));
  await expect(failed).rejects.toThrow(TypeError);
  await pair.connected.send("later");
  expect(String(await pair.bound.receive())).toBe("later");
});

test.each([
  ["an empty array", [], { message: "A message has at least one frame", detail: /index 2/ }],
  ["undefined", undefined, { message: "Message must be present", detail: /undefined/ }],
])(
  "%s fails the stream after the chunks before it, batched or not",
  async (_, chunk, { message, detail }) => {
    for (const batched of [true, false]) {
      using pair = await joined("inproc");
      const stream = toWritable(pair.connected);
      const failed = finished(stream);
      failed.catch(() => {});
      if (batched) stream.cork();
      for (const value of ["a", "b", chunk, "c"]) {
        if (!batched) await turns(3);
        stream.write(value);
      }
      stream.uncork();
      await expect(failed).rejects.toMatchObject({
        name: "TypeError",
        message,
        detail: expect.stringMatching(detail),
      });
      expect(strings(await pair.bound.receiveMany())).toEqual([["a"], ["b"]]);
    }
  },
);

test("a chunk that equals the end marker fails the stream", async () => {
  using pair = await joined("inproc");
  const piped = pipeline(["a", ["end"]], toWritable(pair.connected, { endMarker: "end" }));
  await expect(piped).rejects.toThrow("A chunk equals endMarker");
  expect(strings(await pair.bound.receiveMany())).toEqual([["a"]]);
});

test("the end marker waits until libzmq can queue it", async () => {
  using push = new Push({ linger: 0 });
  using pull = new Pull();
  const stream = toWritable(push, { endMarker: "end" });
  stream.end();
  await turns(10);
  expect([stream.writableEnded, stream.writableFinished]).toEqual([true, false]);
  await pull.bind("inproc://end-marker");
  push.connect("inproc://end-marker");
  await once(stream, "finish");
  expect(String(await pull.receive())).toBe("end");
});

test("a Publisher sends without waiting", async () => {
  using publisher = new Publisher();
  await publisher.bind("tcp://127.0.0.1:*");
  await pipeline(["dropped", "dropped"], toWritable(publisher));
});

test("corked chunks are sent in order", async () => {
  using pair = await joined("inproc");
  const stream = toWritable(pair.connected, { highWaterMark: 1 });
  stream.cork();
  for (let i = 0; i < 500; i++) stream.write(String(i));
  expect(pair.bound.tryReceive()).toBeUndefined();
  stream.uncork();
  stream.end();
  await once(stream, "finish");
  const received = strings(await pair.bound.receiveMany({ max: 1000 }));
  expect(received).toEqual(Array.from({ length: 500 }, (_, i) => [String(i)]));
});

test("throws for wrong arguments", () => {
  using push = new Push();
  const toAny = toWritable as (...parameters: unknown[]) => unknown;
  for (const socket of [undefined, null, 5, {}, "x"]) {
    expect(() => toAny(socket)).toThrow(/^socket must be a socket of zmq-native, got /);
  }
  using other = new Pull();
  expect(() => toAny(other)).toThrow("socket must be able to send, got a PULL socket");
  expect(() => toAny(push, { endmarker: "end" })).toThrow(
    "Streams have no option endmarker; their options are objectMode, highWaterMark, signal, endMarker",
  );
  for (const options of [{ highWaterMark: -1 }, { signal: {} }, { endMarker: Symbol("end") }]) {
    expect(() => toAny(push, options)).toThrow(TypeError);
  }
});
