// toDuplex: both directions of one socket.

import { once } from "node:events";
import { type Duplex, Transform } from "node:stream";
import { text } from "node:stream/consumers";
import { finished, pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { expect, test } from "vitest";
import { Pair, Reply, Request } from "zmq-native";
import { toDuplex } from "zmq-native/streams";
import { join } from "../helpers/pairs.js";

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};

function recorded(stream: Duplex): string[] {
  const events: string[] = [];
  for (const name of ["end", "finish", "error", "close"]) stream.on(name, () => events.push(name));
  return events;
}

test.each(["tcp", "inproc"] as const)("sends and receives at the same time, over %s", async (transport) => {
  using pair = await join(new Pair(), new Pair({ linger: 0 }), transport);
  const options = { objectMode: false, endMarker: "" };
  const [left, right] = [toDuplex(pair.bound, options), toDuplex(pair.connected, options)];
  const upper = new Transform({
    transform(chunk, _encoding, callback) {
      callback(null, String(chunk).toUpperCase());
    },
  });
  const echo = pipeline(right, upper, right);
  const answer = text(left);
  for (let i = 0; i < 1000; i++) {
    if (!left.write(`line ${i}\n`)) await once(left, "drain");
  }
  left.end();
  expect(await answer).toBe(Array.from({ length: 1000 }, (_, i) => `LINE ${i}\n`).join(""));
  await echo;
});

test("transports compressed bytes", async () => {
  using pair = await join(new Pair(), new Pair(), "tcp");
  const options = { objectMode: false, endMarker: "" };
  const content = Array.from({ length: 20_000 }, (_, i) => `row ${i}\n`);
  const sender = toDuplex(pair.connected, options).resume();
  const sent = Promise.all([pipeline(content, createGzip(), sender), once(sender, "close")]);
  const stream = toDuplex(pair.bound, options);
  expect(await text(stream.pipe(createGunzip()))).toBe(content.join(""));
  // Only one side has ended: the other stream waits for the end marker of this one.
  stream.end();
  await sent;
});

test("alternates on a Request and a Reply", async () => {
  using pair = await join(new Reply(), new Request(), "inproc");
  const server = toDuplex(pair.bound);
  const client = toDuplex(pair.connected);
  server.on("data", ([question]) => server.write(`${question}!`));
  const answers: string[] = [];
  client.on("data", ([answer]) => answers.push(String(answer)));
  for (const question of ["one", "two", "three"]) client.write(question);
  while (answers.length < 3) await turns(1);
  expect(answers).toEqual(["one!", "two!", "three!"]);
  server.destroy();
  client.destroy();
});

test("an end marker of the peer ends the readable side only", async () => {
  using pair = await join(new Pair(), new Pair(), "inproc");
  const stream = toDuplex(pair.bound, { endMarker: "end" });
  const events = recorded(stream.resume());
  await pair.connected.send("end");
  await once(stream, "end");
  await turns(5);
  expect(events).toEqual(["end"]);
  stream.end("after");
  await once(stream, "close");
  expect(events).toEqual(["end", "finish", "close"]);
  expect((await pair.connected.receiveMany()).map(String)).toEqual(["after", "end"]);
});

test("closing the socket ends both sides", async () => {
  using pair = await join(new Pair(), new Pair(), "inproc");
  const stream = toDuplex(pair.bound);
  const events = recorded(stream.resume());
  await turns(2);
  pair.bound.close();
  await once(stream, "close");
  expect(events).toEqual(["end", "finish", "close"]);
});

test("destroy without an error ends both operations and emits only close", async () => {
  using pair = await join(
    new Pair({ sendHighWaterMark: 1 }),
    new Pair({ receiveHighWaterMark: 1 }),
    "inproc",
  );
  const stream = toDuplex(pair.bound);
  const events = recorded(stream.resume());
  for (let i = 0; i < 20; i++) stream.write("x");
  await turns(3);
  expect(stream.writableLength).toBeGreaterThan(0);
  stream.destroy();
  await once(stream, "close");
  expect(events).toEqual(["close"]);
  await pair.connected.send("later");
  expect(String(await pair.bound.receive())).toBe("later");
});

test("an aborted signal destroys both sides", async () => {
  using pair = await join(new Pair(), new Pair(), "inproc");
  const controller = new AbortController();
  const stream = toDuplex(pair.bound, { signal: controller.signal }).resume();
  const failed = finished(stream);
  controller.abort();
  await expect(failed).rejects.toMatchObject({ name: "AbortError" });
  expect([stream.destroyed, pair.bound.closed]).toEqual([true, false]);
});
