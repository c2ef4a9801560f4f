// Everything that this thread has done before a send counts for the send, without a turn of the event loop in between.

import { describe, expect, test } from "vitest";
import { Dealer, Publisher, Pull, Push, Router, Subscriber } from "zmq-native";
import { Dish, Radio } from "zmq-native/draft";
import * as v5 from "zmq-native/v5-compat";
import { freshEndpoint } from "../helpers/transports.js";

const quick = { linger: 0 };
const rounds = 100;

describe("over inproc, at once", () => {
  test("a Publisher sends to a peer that has just subscribed", async () => {
    using publisher = new Publisher(quick);
    await publisher.bind(freshEndpoint("inproc"));
    for (let round = 0; round < rounds; round++) {
      using subscriber = new Subscriber(quick);
      subscriber.connect(publisher.lastEndpoint as string);
      await publisher.send("before");
      subscriber.subscribe("a");
      await publisher.send("a");
      expect(String(subscriber.tryReceive())).toBe("a");
    }
  });

  test("a Router sends to a peer that has just connected", async () => {
    using router = new Router({ ...quick, mandatory: true });
    await router.bind(freshEndpoint("inproc"));
    using first = new Dealer({ ...quick, routingId: "first" });
    first.connect(router.lastEndpoint as string);
    for (let round = 0; round < rounds; round++) {
      await router.send(["first", ""]);
      using dealer = new Dealer({ ...quick, routingId: `dealer ${round}` });
      dealer.connect(router.lastEndpoint as string);
      await router.send([`dealer ${round}`, "message"]);
      expect(String(dealer.tryReceive())).toBe("message");
      await first.receive();
    }
  });

  test("a Push sends to a peer that has just connected", async () => {
    for (let round = 0; round < rounds; round++) {
      using push = new Push(quick);
      await push.bind(freshEndpoint("inproc"));
      using first = new Pull();
      first.connect(push.lastEndpoint as string);
      await push.send("x");
      using second = new Pull();
      second.connect(push.lastEndpoint as string);
      await push.send("1");
      await push.send("2");
      expect(second.tryReceive()).toBeDefined();
    }
  });

  test("a Radio sends to a Dish that has just joined", async () => {
    using radio = new Radio(quick);
    await radio.bind(freshEndpoint("inproc"));
    for (let round = 0; round < rounds; round++) {
      using dish = new Dish(quick);
      dish.connect(radio.lastEndpoint as string);
      await radio.send("before", { group: "g" });
      dish.join("g");
      await radio.send("message", { group: "g" });
      expect(String((await dish.receive({ timeout: 5000 }))[0])).toBe("message");
    }
  });

  test("pub sends to a sub that has just subscribed, with the interface of version 5", async () => {
    const [pub, sub] = [v5.socket("pub"), v5.socket("sub")];
    const heard: string[] = [];
    sub.on("message", (frame: Buffer) => heard.push(String(frame)));
    pub.bindSync(freshEndpoint("inproc"));
    sub.connect(pub.last_endpoint);
    for (let round = 0; round < rounds; round++) {
      pub.send("before");
      sub.subscribe(`topic ${round}`);
      pub.send(`topic ${round}`);
    }
    while (heard.length < rounds) await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual(Array.from({ length: rounds }, (_, round) => `topic ${round}`));
    pub.close();
    sub.close();
  });

  test.each([
    [
      "Publisher",
      () => [new Publisher({ ...quick, sendHighWaterMark: 2 }), new Subscriber({ receiveHighWaterMark: 2 })],
    ],
    [
      "Router",
      () => [
        new Router({ ...quick, sendHighWaterMark: 2 }),
        new Dealer({ receiveHighWaterMark: 2, routingId: "peer" }),
      ],
    ],
  ] as const)("a %s drops nothing while its peer keeps up", async (_, make) => {
    const [sender, receiver] = make() as [Publisher, Subscriber];
    using _sender = sender;
    using _receiver = receiver;
    await sender.bind(freshEndpoint("inproc"));
    receiver.connect(sender.lastEndpoint as string);
    if (receiver instanceof Subscriber) receiver.subscribe();
    for (let index = 0; index < 1000; index++) {
      await sender.send(receiver instanceof Subscriber ? String(index) : ["peer", String(index)]);
      expect(String(receiver.tryReceive())).toBe(String(index));
    }
  });
});
