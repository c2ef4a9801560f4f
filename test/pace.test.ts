// The pace of large messages: a send waits a little while libzmq holds much. The message is in libzmq all the same.

import { expect, test } from "vitest";
import { Pair, Pull, Push } from "zmq-native";
import { join } from "./helpers/pairs.js";
import { freshEndpoint } from "./helpers/transports.js";

const megabyte = 2 ** 20;
/** Of 1 MiB each, what makes libzmq hold more than the 18 MiB at which a send waits. */
const crowd = 32;

function numbered(number: number): Buffer {
  const message = Buffer.alloc(megabyte);
  message.writeUInt32LE(number);
  return message;
}

test("a send of a large message resolves later while libzmq holds much, and at once when it does not", async () => {
  using pair = await join(new Pair(), new Pair(), "inproc");
  const { connected, bound } = pair;
  const atOnce = connected.send("small");
  expect(connected.send(numbered(0))).toBe(atOnce);
  for (let number = 1; number < crowd; number++) connected.send(numbered(number));
  const later = connected.send(numbered(crowd));
  expect(later).not.toBe(atOnce);
  // Small messages are not held up.
  expect(connected.send("small")).not.toBe(later);
  await later;
  await bound.receive();
  for (let number = 0; number <= crowd; number++) {
    expect((await bound.receive())[0]?.readUInt32LE()).toBe(number);
  }
});

test("other sends go on meanwhile, in order, up to the high-water mark", async () => {
  using push = new Push({ sendHighWaterMark: 2 * crowd, linger: 0 });
  const endpoint = freshEndpoint("inproc");
  push.connect(endpoint);
  const sends = Array.from({ length: 2 * crowd }, (_, number) => push.send(numbered(number)));
  expect(push.trySend("one too many")).toBe(false);
  await Promise.all(sends);
  using pull = new Pull();
  await pull.bind(endpoint);
  for (let number = 0; number < 2 * crowd; number++) {
    expect((await pull.receive())[0]?.readUInt32LE()).toBe(number);
  }
});

test("without a peer, sends wait a little now and then", async () => {
  using push = new Push({ linger: 0 });
  push.connect(freshEndpoint("inproc"));
  let waits = 0;
  const atOnce = push.send("small");
  for (let number = 0; number < 3 * crowd; number++) {
    const sent = push.send(numbered(number));
    if (sent !== atOnce) waits++;
    await sent;
  }
  expect(waits).toBeGreaterThan(0);
});

test("a send that waits resolves although its socket is closed", async () => {
  const push = new Push({ linger: 0 });
  push.connect(freshEndpoint("inproc"));
  const sends = Array.from({ length: crowd }, (_, number) => push.send(numbered(number)));
  push.close();
  await Promise.all(sends);
});
