// A peer that fills the queue of a socket with `immediate`, closes, and accepts a new connection.

import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { Pull, Router } from "zmq-native";
import { patience } from "../helpers/program.js";
import { frame, hello, join, property, RawServer } from "../helpers/zmtp.js";

/** Long enough for many attempts at the `reconnectInterval` of these tests. */
const manyIntervals = 600;
const mark = 10;
const options = { linger: 0, reconnectInterval: 1, receiveHighWaterMark: mark, receiveTimeout: patience };
const address = (server: RawServer) => `tcp://127.0.0.1:${server.port}`;

/** Sends numbers. Each connection sends as many as the queue holds. */
async function serve(server: RawServer, greet: (connection: number) => Buffer): Promise<void> {
  let sent = 0;
  for (let connection = 0; ; connection++) {
    const peer = await server.accept();
    peer.say(greet(connection));
    if (!(await peer.hear((heard) => heard.includes("READY")))) continue;
    peer.say(join(...Array.from({ length: mark }, () => frame(String(sent++)))));
    peer.finish();
  }
}

test("a reconnecting socket fills its queue once, and later receives all messages", async () => {
  using server = await RawServer.listen();
  void serve(server, () => hello("PUSH"));
  using pull = new Pull({ ...options, immediate: true });
  pull.connect(address(server));
  while (server.count < 2) await delay(1);
  await delay(manyIntervals);
  expect(server.count).toBe(2);
  for (let i = 0; i < 20 * mark; i++) expect(String(await pull.receive())).toBe(String(i));
  await delay(manyIntervals);
  const { count } = server;
  pull.disconnect(address(server));
  await delay(manyIntervals);
  expect(server.count).toBe(count);
});

test("a reconnecting Router fills its queue once, under another routing id for each connection", async () => {
  using server = await RawServer.listen();
  void serve(server, (connection) => hello("DEALER", property("Identity", `peer ${connection}`)));
  using router = new Router(options);
  router.connect(address(server));
  while (server.count < 2) await delay(1);
  await delay(manyIntervals);
  expect(server.count).toBe(2);
  for (let i = 0; i < 20 * mark; i++) {
    const received = (await router.receive()).map(String);
    expect(received).toEqual([`peer ${Math.floor(i / mark)}`, String(i)]);
  }
});

test("a socket whose queue is full of messages of lost connections closes immediately", async () => {
  using server = await RawServer.listen();
  void serve(server, () => hello("PUSH"));
  const pull = new Pull({ ...options, immediate: true, linger: -1 });
  pull.connect(address(server));
  await delay(manyIntervals);
  const started = performance.now();
  await pull.close({});
  expect(performance.now() - started).toBeLessThan(patience);
  const { count } = server;
  await delay(manyIntervals);
  expect(server.count).toBe(count);
});
