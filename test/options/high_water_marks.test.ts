// High-water marks that change while connections are in use and full.

import { describe, expect, test } from "vitest";
import { Dealer, Pair, Pull, Push, Router, Subscriber, XPublisher } from "zmq-native";
import { freshEndpoint } from "../helpers/transports.js";

const out = { sendHighWaterMark: 10, linger: 0 };
const into = { receiveHighWaterMark: 10, linger: 0 };
const pairs = {
  "Push and Pull": () => [new Push({ ...out }), new Pull({ ...into })],
  "Dealer and Router": () => [new Dealer({ ...out, ...into }), new Router({ ...out, ...into })],
  "Pair and Pair": () => [new Pair({ ...out, ...into }), new Pair({ ...out, ...into })],
  "XPublisher with noDrop and Subscriber": () => {
    const subscriber = new Subscriber({ ...into });
    subscriber.subscribe();
    return [new XPublisher({ ...out, noDrop: true }), subscriber];
  },
} as const;

describe.each(Object.entries(pairs))("%s", (_, make) => {
  describe.each(["inproc", "tcp"] as const)("over %s", (transport) => {
    test.each(["sendHighWaterMark", "receiveHighWaterMark"] as const)(
      "raising %s of a full connection lets all messages through",
      async (mark) => {
        const [sender, receiver] = make() as [Push, Pull];
        using _sender = sender;
        using _receiver = receiver;
        await receiver.bind(freshEndpoint(transport));
        sender.connect(receiver.lastEndpoint as string);
        if (sender instanceof XPublisher) await sender.receive();
        await sender.send("first");
        await receiver.receive();
        // Large enough to fill the system's buffers, too.
        const body = Buffer.alloc(transport === "tcp" ? 300_000 : 10);
        let sent = 0;
        while (
          await sender.send(body, { timeout: 100 }).then(
            () => true,
            () => false,
          )
        )
          sent++;
        const pending = sender.send(body);
        (mark === "sendHighWaterMark" ? sender : receiver)[mark as never] = 1000 as never;
        for (let received = 0; received <= sent; received++) await receiver.receive();
        await pending;
        expect(receiver.tryReceive()).toBeUndefined();
      },
    );
  });
});
