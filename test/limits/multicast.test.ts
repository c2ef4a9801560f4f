// The limits of one multicast message: no peer is disconnected, and the next message arrives.

import { describe, expect, test } from "vitest";
import { capability, Publisher, Subscriber } from "zmq-native";
import { freshGroup } from "../helpers/pgm.js";

const transports = (["epgm", "norm"] as const).filter((transport) => {
  const there = transport === "epgm" ? capability.pgm : capability.norm;
  if (!there) console.warn(`SKIP ${transport}: this build has none`);
  return there;
});

const tooMuch: [what: string, reason: string, message: (string | Buffer)[]][] = [
  ["too many frames", "frames", ["1", "2", "3", "4", "5", "6"]],
  ["too many bytes", "size", [Buffer.alloc(600), Buffer.alloc(600)]],
  ["too many bytes in one frame", "size", [Buffer.alloc(1200)]],
];

/** Sends until the subscriber receives a message that begins with this text. */
async function meet(publisher: Publisher, subscriber: Subscriber, text: string): Promise<void> {
  for (;;) {
    await publisher.send(text);
    await new Promise((resolve) => setTimeout(resolve, 2));
    for (let message = subscriber.tryReceive(); message; message = subscriber.tryReceive()) {
      if (String(message[0]) === text) return;
      expect([1, 5]).toContain(message.length);
    }
  }
}

describe.each(transports)("%s", (transport) => {
  test.each(tooMuch)("a message with %s is dropped", async (_, reason, sent) => {
    const group = await freshGroup();
    using subscriber = new Subscriber({ maxFrames: 5, maxMessageSize: 1000 });
    using publisher = new Publisher({ linger: 0, rate: 400_000 });
    subscriber.subscribe();
    await subscriber.bind(group.endpoint(transport));
    publisher.connect(group.endpoint(transport));
    await meet(publisher, subscriber, "meet");
    await publisher.send(["the", "largest", "message", "that", "passes"]);
    await meet(publisher, subscriber, "again");
    const rejected = new Promise((resolve) => subscriber.events.on("message:rejected", resolve));
    await publisher.send(sent);
    expect(await rejected).toMatchObject({ reason });
    await meet(publisher, subscriber, "good");
  });
});
