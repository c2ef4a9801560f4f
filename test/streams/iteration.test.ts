// Sockets as the sources of other libraries: Readable.from and RxJS iterate over the socket itself.

import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { bufferCount, filter, from, lastValueFrom, map, take, toArray } from "rxjs";
import { expect, test } from "vitest";
import { Pull, Push } from "zmq-native";
import { join } from "../helpers/pairs.js";

const count = 1000;
const numbers = Array.from({ length: count }, (_, i) => i);
const joined = (transport: "tcp" | "inproc") => join(new Pull(), new Push(), transport);

test.each(["tcp", "inproc"] as const)(
  "Readable.from(socket) yields every message, over %s",
  async (transport) => {
    using pair = await joined(transport);
    const sending = pair.connected.sendMany(numbers.map(String));
    const received: number[] = [];
    const sink = new Writable({
      objectMode: true,
      write(message, _encoding, callback) {
        if (received.push(Number(String(message))) === count) pair.bound.close();
        setImmediate(callback);
      },
    });
    // The end of the socket is the end of the stream.
    await pipeline(Readable.from(pair.bound), sink);
    await sending;
    expect(received).toEqual(numbers);
  },
);

test("Readable.from(socket) applies back-pressure", async () => {
  using pair = await join(
    new Pull({ receiveHighWaterMark: 10 }),
    new Push({ sendHighWaterMark: 10 }),
    "inproc",
  );
  const stream = Readable.from(pair.bound, { highWaterMark: 5 });
  stream.read(0);
  let sent = 0;
  for (let idle = 0; idle < 50; idle++) {
    if (pair.connected.trySend("x")) {
      sent++;
      idle = 0;
    }
    await new Promise(setImmediate);
  }
  expect(sent).toBeGreaterThanOrEqual(20);
  expect(sent).toBeLessThan(40);
  stream.destroy();
});

test.each(["tcp", "inproc"] as const)("RxJS from(socket) emits every message, over %s", async (transport) => {
  using pair = await joined(transport);
  const sending = pair.connected.sendMany(numbers.map(String));
  const emitted = from(pair.bound).pipe(
    map(([frame]) => Number(String(frame))),
    take(count),
    filter((number) => number % 2 === 0),
    bufferCount(100),
    toArray(),
  );
  const batches = await lastValueFrom(emitted);
  await sending;
  expect(batches).toHaveLength(5);
  expect(batches.flat()).toEqual(numbers.filter((number) => number % 2 === 0));
  // The socket is still open after the subscription.
  await pair.connected.send("later");
  expect(String(await pair.bound.receive())).toBe("later");
});

test("RxJS from(socket) completes when the socket is closed", async () => {
  using pair = await joined("inproc");
  await pair.connected.sendMany(["a", "b"]);
  const all = lastValueFrom(from(pair.bound).pipe(map(String), toArray()));
  // Both messages are emitted in microtasks.
  await new Promise(setImmediate);
  pair.bound.close();
  expect(await all).toEqual(["a", "b"]);
});

test("RxJS from(socket) fails with the error of a receive", async () => {
  using pull = new Pull({ receiveTimeout: 10 });
  await expect(lastValueFrom(from(pull))).rejects.toMatchObject({ code: "EAGAIN" });
});
