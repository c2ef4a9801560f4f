// toReadable: messages and bytes, back-pressure, the end, errors.

import { once } from "node:events";
import { getDefaultHighWaterMark, Writable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { finished, pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { Dealer, Pair, Pull, Push, Reply, Request, Router } from "zmq-native";
import { toReadable } from "zmq-native/streams";
import { join } from "../helpers/pairs.js";

const joined = (transport: "tcp" | "inproc", options: { pull?: object; push?: object } = {}) =>
  join(new Pull(options.pull), new Push({ linger: 0, ...options.push }), transport);
const strings = (messages: Iterable<Buffer[]>) => Array.from(messages, (frames) => frames.map(String));
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};

test.each(["tcp", "inproc"] as const)("yields messages in order, over %s", async (transport) => {
  using pair = await joined(transport);
  const sent = Array.from({ length: 5000 }, (_, i) => [String(i), "body"]);
  const sending = pair.connected.sendMany([...sent, "end"]);
  const received: Buffer[][] = [];
  for await (const message of toReadable(pair.bound, { endMarker: "end" })) received.push(message);
  await sending;
  expect(strings(received)).toEqual(sent);
});

test("yields the bytes of the frames without objectMode", async () => {
  using pair = await joined("tcp");
  await pair.connected.sendMany([["one ", "two "], "three", ["", ""], ["", " four"], ""]);
  const stream = toReadable(pair.bound, { objectMode: false, endMarker: "" });
  expect([stream.readableObjectMode, await text(stream)]).toEqual([false, "one two three four"]);
});

test("has the high-water marks of Node by default, and takes others", () => {
  using pull = new Pull();
  expect(toReadable(pull).readableHighWaterMark).toBe(16);
  const bytes = toReadable(pull, { objectMode: false });
  expect(bytes.readableHighWaterMark).toBe(getDefaultHighWaterMark(false));
  expect(toReadable(pull, { highWaterMark: 3 }).readableHighWaterMark).toBe(3);
});

test("receives nothing before it is read, and then only up to its high-water mark", async () => {
  using pair = await joined("inproc");
  await pair.connected.sendMany(Array.from({ length: 100 }, (_, i) => String(i)));
  const stream = toReadable(pair.bound, { highWaterMark: 10 });
  await turns(20);
  expect(stream.readableLength).toBe(0);
  await once(stream, "readable");
  await turns(20);
  expect(stream.readableLength).toBe(10);
  stream.destroy();
  // The others are still in libzmq.
  expect(String(await pair.bound.receive())).toBe("10");
});

test.each([
  ["tcp", { objectMode: true, highWaterMark: 5 }],
  ["inproc", { objectMode: true, highWaterMark: 5 }],
  ["inproc", { objectMode: false, highWaterMark: 5 }],
] as const)("a slow reader stops the sender, over %s, %o", async (transport, settings) => {
  const marks = { pull: { receiveHighWaterMark: 10 }, push: { sendHighWaterMark: 10 } };
  using pair = await joined(transport, marks);
  const payload = Buffer.alloc(transport === "tcp" ? 1_000_000 : 1);
  let release: (() => void) | undefined;
  let consumed = 0;
  const slow = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(_chunk, _encoding, callback) {
      consumed++;
      if (release === undefined) release = callback;
      else callback();
    },
  });
  const stream = toReadable(pair.bound, { ...settings, endMarker: "end" });
  const piped = pipeline(stream, slow);
  let sent = 0;
  for (;;) {
    if (pair.connected.trySend(payload)) sent++;
    else if (release !== undefined) break;
    await turns(1);
  }
  // Longer than a wake-up takes.
  for (let idle = 0; idle < 50; idle++) {
    if (pair.connected.trySend(payload)) {
      sent++;
      idle = 0;
    }
    await turns(1);
  }
  expect(consumed).toBe(1);
  expect(sent).toBeLessThan(transport === "tcp" ? 60 : 40);
  release();
  await pair.connected.send("end");
  await piped;
  expect(consumed).toBeGreaterThan(10);
});

test("messages behind the end marker stay in the socket", async () => {
  using pair = await joined("inproc");
  await pair.connected.sendMany(["a", "b", ["end", "1"], "c", ["end", "1"], "rest"]);
  const endMarker = ["end", "1"];
  expect(strings(await toReadable(pair.bound, { endMarker }).toArray())).toEqual([["a"], ["b"]]);
  expect(strings(await toReadable(pair.bound, { endMarker }).toArray())).toEqual([["c"]]);
  expect(String(await pair.bound.receive())).toBe("rest");
});

test("the end marker is compared by frames, and copied", async () => {
  using pair = await joined("inproc");
  await pair.connected.sendMany([["end"], ["end", ""], "en", "x", [Buffer.from("end"), "!"], "later"]);
  const bytes = Buffer.from("end");
  const stream = toReadable(pair.bound, { endMarker: [bytes, "!"] });
  bytes.fill(0);
  expect(strings(await stream.toArray())).toEqual([["end"], ["end", ""], ["en"], ["x"]]);
});

test("closing the socket ends the stream", async () => {
  using pair = await joined("inproc");
  await pair.connected.sendMany(["a", "b"]);
  const stream = toReadable(pair.bound);
  const received: string[] = [];
  stream.on("data", (frames) => {
    received.push(String(frames));
    if (received.length === 2) setImmediate(() => pair.bound.close());
  });
  const events: string[] = [];
  for (const name of ["end", "error", "close"]) stream.on(name, () => events.push(name));
  await once(stream, "close");
  expect([received, events]).toEqual([
    ["a", "b"],
    ["end", "close"],
  ]);
});

test("a stream over a closed socket ends", async () => {
  const pull = new Pull();
  pull.close();
  expect(await toReadable(pull).toArray()).toEqual([]);
});

test("closing the socket before the end marker is an error", async () => {
  using pair = await joined("inproc");
  await pair.connected.send("a");
  const stream = toReadable(pair.bound, { objectMode: false, endMarker: "" });
  stream.once("data", () => setImmediate(() => pair.bound.close()));
  await expect(finished(stream)).rejects.toMatchObject({
    code: "ECANCELED",
    message: "Socket was closed before the end marker arrived",
  });
  expect(stream.destroyed).toBe(true);
  await expect(buffer(toReadable(pair.bound, { endMarker: "" }))).rejects.toMatchObject({
    code: "ECANCELED",
  });
});

test("destroy aborts the receive, emits close, and keeps the socket open", async () => {
  using pair = await joined("tcp");
  const stream = toReadable(pair.bound);
  const events: string[] = [];
  for (const name of ["end", "error", "close"]) stream.on(name, () => events.push(name));
  stream.resume();
  await turns(3);
  stream.destroy();
  await once(stream, "close");
  expect(events).toEqual(["close"]);
  await pair.connected.send("later");
  expect(String(await pair.bound.receive())).toBe("later");
});

test("destroy with an error emits that error", async () => {
  using pull = new Pull();
  const stream = toReadable(pull).resume();
  const failed = finished(stream);
  stream.destroy(new Error("enough"));
  await expect(failed).rejects.toThrow("enough");
});

test("leaving a loop over the stream keeps the socket open", async () => {
  using pair = await joined("inproc");
  await pair.connected.sendMany(["a", "b"]);
  for await (const [frame] of toReadable(pair.bound, { highWaterMark: 1 })) {
    expect(String(frame)).toBe("a");
    break;
  }
  await pair.connected.send("c");
  expect(["b", "c"]).toContain(String(await pair.bound.receive()));
});

test("an aborted signal destroys the stream with an AbortError", async () => {
  using pair = await joined("inproc");
  const controller = new AbortController();
  const stream = toReadable(pair.bound, { signal: controller.signal }).resume();
  const failed = finished(stream);
  await turns(2);
  controller.abort(new Error("reason"));
  await expect(failed).rejects.toMatchObject({
    name: "AbortError",
    code: "ABORT_ERR",
    cause: { message: "reason" },
  });
  await pair.connected.send("later");
  expect(String(await pair.bound.receive())).toBe("later");
});

test("the signal of pipeline aborts, too", async () => {
  using pair = await joined("inproc");
  const sink = new Writable({ objectMode: true, write: (_chunk, _encoding, callback) => callback() });
  const piped = pipeline(toReadable(pair.bound), sink, { signal: AbortSignal.timeout(20) });
  await expect(piped).rejects.toMatchObject({ name: "AbortError" });
  expect(pair.bound.closed).toBe(false);
});

test("receiveTimeout of the socket fails the stream", async () => {
  using pull = new Pull({ receiveTimeout: 10 });
  await expect(toReadable(pull).toArray()).rejects.toMatchObject({ code: "EAGAIN" });
});

test("a second stream of the socket fails with EBUSY", async () => {
  using pair = await joined("inproc");
  const first = toReadable(pair.bound).resume();
  await turns(2);
  await expect(toReadable(pair.bound).toArray()).rejects.toMatchObject({ code: "EBUSY" });
  const data = once(first, "data");
  await pair.connected.send("still works");
  expect(String((await data)[0])).toBe("still works");
  first.destroy();
});

test("a listener that reads inside of an event loses and reorders nothing", async () => {
  using pair = await joined("inproc");
  const count = 2000;
  const sending = pair.connected.sendMany(Array.from({ length: count }, (_, i) => String(i)));
  const stream = toReadable(pair.bound, { highWaterMark: 4 });
  const received: number[] = [];
  await new Promise<void>((resolve) => {
    stream.on("readable", () => {
      for (let message = stream.read(); message !== null; message = stream.read()) {
        received.push(Number(String(message)));
        stream.read(0);
      }
      if (received.length === count) resolve();
    });
  });
  await sending;
  stream.destroy();
  expect(received).toEqual(Array.from({ length: count }, (_, i) => i));
});

test("an error of a listener destroys the stream", async () => {
  using pair = await joined("inproc");
  const stream = toReadable(pair.bound);
  stream.on("data", () => {
    throw new Error("listener");
  });
  const failed = expect(finished(stream)).rejects.toThrow("listener");
  await pair.connected.send("x");
  await failed;
});

test("yields the messages of other socket types", async () => {
  using routed = await join(new Router(), new Dealer(), "inproc");
  await routed.connected.send("question");
  const [[id, question]] = await toReadable(routed.bound).take(1).toArray();
  expect([id.length, String(question)]).toEqual([5, "question"]);

  using paired = await join(new Pair(), new Pair(), "inproc");
  await paired.connected.send(["", "x"]);
  expect(strings(await toReadable(paired.bound).take(1).toArray())).toEqual([["", "x"]]);

  using asked = await join(new Reply(), new Request(), "inproc");
  const answering = (async () => {
    for await (const [frame] of toReadable(asked.bound)) await asked.bound.send(`${frame}!`);
  })();
  for (const word of ["one", "two"]) {
    await asked.connected.send(word);
    expect(String(await asked.connected.receive())).toBe(`${word}!`);
  }
  asked.bound.close();
  await answering;
});

test("throws for wrong arguments", () => {
  using pull = new Pull();
  const toAny = toReadable as (...parameters: unknown[]) => unknown;
  for (const socket of [undefined, null, 5, {}, "x"]) {
    expect(() => toAny(socket)).toThrow(/^socket must be a socket of zmq-native, got /);
  }
  using other = new Push();
  expect(() => toAny(other)).toThrow("socket must be able to receive, got a PUSH socket");
  for (const options of [
    { highWaterMark: -1 },
    { highWaterMark: "many" },
    { signal: {} },
    { endMarker: Symbol("end") },
  ]) {
    expect(() => toAny(pull, options)).toThrow(TypeError);
  }
});
