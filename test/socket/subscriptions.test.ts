// Subscriptions on their way to the publisher: topics of every length, on every transport and mechanism.

import { describe, expect, test } from "vitest";
import { Observer, Subscriber, XPublisher, XSubscriber } from "zmq-native";
import { freshEndpoint } from "../helpers/transports.js";
import { RawPeer, upgrade, webSocketFrame } from "../helpers/zmtp.js";
import { ourSecurity } from "../interop/exchange.js";

const topic = (length: number) => Buffer.alloc(length, "t");
const limit = { timeout: 30_000 };

// From 246 bytes on, a subscription and the 10 bytes of its command need a length field of 8 bytes; an unsubscription
// from 249. Without vendor patch libzmq/pubsub/long-topics, the first of these topics and all later ones are lost over
// tcp and ipc.
const lengths = [0, 1, 244, 245, 246, 247, 248, 249, 254, 255, 256, 257, 65_535, 65_536];

describe.each(["tcp", "ipc", "ws"] as const)("over %s", (transport) => {
  test.each(["NULL", "CURVE"] as const)("a publisher hears topics of every length, %s", async (mechanism) => {
    using publisher = new XPublisher(ourSecurity[mechanism].server);
    using subscriber = new XSubscriber(ourSecurity[mechanism].client);
    await publisher.bind(transport === "ws" ? "ws://127.0.0.1:*" : freshEndpoint(transport));
    subscriber.connect(publisher.lastEndpoint as string);
    for (const wanted of [1, 0]) {
      for (const length of lengths) await subscriber.send(Buffer.concat([Buffer.of(wanted), topic(length)]));
      for (const length of lengths) {
        const [heard] = await publisher.receive(limit);
        expect([heard![0], heard!.length - 1]).toEqual([wanted, length]);
        expect(heard!.subarray(1).equals(topic(length))).toBe(true);
      }
    }
  });

  test("messages of topics of 246 to 255 bytes arrive", async () => {
    using publisher = new XPublisher();
    using subscriber = new Subscriber();
    await publisher.bind(transport === "ws" ? "ws://127.0.0.1:*" : freshEndpoint(transport));
    subscriber.connect(publisher.lastEndpoint as string);
    for (let length = 246; length < 256; length++) {
      subscriber.subscribe(topic(length));
      await publisher.receive(limit);
      await publisher.send(topic(length));
      expect((await subscriber.receive(limit))[0]!.length).toBe(length);
      subscriber.unsubscribe(topic(length));
      await publisher.receive(limit);
    }
  });
});

test("a pong over ws that reads like a SUBSCRIBE command subscribes to nothing", async () => {
  using publisher = new XPublisher();
  await publisher.bind("ws://127.0.0.1:*");
  const events = new Observer(publisher);
  using peer = await RawPeer.connect(publisher.lastEndpoint as string);
  peer.say(upgrade("ZWS2.0"));
  await peer.hear((heard) => heard.includes("\r\n\r\n"));
  peer.say(
    webSocketFrame("\0"),
    webSocketFrame("\x09SUBSCRIBEpong", { opcode: 10 }),
    webSocketFrame("\0\x01real"),
  );
  expect((await publisher.receive(limit)).map(String)).toEqual(["\x01real"]);
  events.close();
});
