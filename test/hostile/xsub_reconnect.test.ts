// An XSubscriber's connection ends while it sends a message: no other connection receives a part of that message.

import { expect, test } from "vitest";
import { XSubscriber } from "zmq-native";
import { hello, RawServer } from "../helpers/zmtp.js";

/** The bodies of whole frames of up to 255 bytes, with their flags. */
function* frames(bytes: Buffer): Generator<{ flags: number; body: string }> {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const [flags, length] = [bytes[at]!, bytes[at + 1]!];
    if (at + 2 + length > bytes.length) return;
    yield { flags, body: bytes.toString("latin1", at + 2, at + 2 + length) };
    at += 2 + length;
  }
}

test("a reconnection in the middle of a message sends no part of it to the new connection", async () => {
  using server = await RawServer.listen();
  using subscriber = new XSubscriber({ linger: 0, reconnectInterval: 1, sendTimeout: 0 });
  subscriber.connect(`tcp://127.0.0.1:${server.port}`);
  // Long messages, so that the connection ends in the middle of most of them.
  const message = ["begin", ...Array.from({ length: 20_000 }, () => "middle"), "end"];
  let stopped = false;
  const sending = (async () => {
    while (!stopped) {
      subscriber.send(message).catch(() => {});
      await new Promise(setImmediate);
    }
  })();
  let begun = 0;
  for (let round = 0; round < 200; round++) {
    using peer = await server.accept();
    peer.say(hello("XPUB"));
    // The greeting of 64 bytes and READY come first.
    await peer.hear((heard) => heard.includes("begin") || heard.length > 10_000);
    const rest = peer.heard.subarray(64);
    const [, first] = frames(rest);
    if (first) {
      expect(first.body).toBe("begin");
      begun++;
    }
    peer.reset();
  }
  stopped = true;
  await sending;
  expect(begun).toBeGreaterThan(50);
});
