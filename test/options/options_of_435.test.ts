// The options that came with libzmq 4.3.5, which vendor patch libzmq/options/options-of-4.3.5 adds.

import { describe, expect, test } from "vitest";
import {
  capability,
  Dealer,
  Publisher,
  Pull,
  Router,
  type Socket,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "zmq-native";
import { Client, Peer } from "zmq-native/draft";
import { freshEndpoint } from "../helpers/transports.js";
import { frame, hello, RawServer } from "../helpers/zmtp.js";

type Loose = Record<string, unknown>;
const loose = (socket: Socket) => socket as unknown as Loose;
const invalid = expect.objectContaining({ code: "EINVAL" });

/** Waits until the number of topics is right; a peer's subscriptions take a moment. */
async function untilTopics(socket: Publisher | XPublisher, count: number): Promise<void> {
  while (socket.topicsCount !== count) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe("busyPoll", () => {
  test.each(["tcp", "ipc"] as const)("is set, read back and does no harm over %s", async (transport) => {
    using pull = new Pull({ busyPoll: 50 });
    using push = new Dealer({ busyPoll: 2 ** 31 - 1, immediate: true });
    expect([pull.busyPoll, push.busyPoll, new Pull().busyPoll]).toEqual([50, 2 ** 31 - 1, 0]);
    expect(() => {
      pull.busyPoll = -1;
    }).toThrow(invalid);
    using router = new Router({ busyPoll: 50 });
    await router.bind(freshEndpoint(transport));
    push.connect(router.lastEndpoint as string);
    await push.send("hello");
    expect(String((await router.receive())[1])).toBe("hello");
  });
});

describe("topicsCount", () => {
  test("of a subscriber: different prefixes", () => {
    using subscriber = new Subscriber();
    expect(subscriber.topicsCount).toBe(0);
    subscriber.subscribe("a", "ab", "a", "");
    expect(subscriber.topicsCount).toBe(3);
    subscriber.unsubscribe("a", "unknown");
    expect(subscriber.topicsCount).toBe(3);
    subscriber.unsubscribe("a", "ab", "");
    expect(subscriber.topicsCount).toBe(0);
    expect(() => {
      loose(subscriber).topicsCount = 1;
    }).toThrow(TypeError);
  });

  test("of an XSubscriber", async () => {
    using subscriber = new XSubscriber();
    for (const body of ["\x01a", "\x01b", "\x01a", "\0b", "\0b", "no subscription"])
      await subscriber.send(body);
    expect(subscriber.topicsCount).toBe(1);
  });

  test.each([
    ["Publisher", Publisher],
    ["XPublisher", XPublisher],
  ])("of a %s: different prefixes of all its peers, as long as they are there", async (_, Type) => {
    using publisher = new Type();
    await publisher.bind("tcp://127.0.0.1:*");
    expect(publisher.topicsCount).toBe(0);
    const subscribers = [new Subscriber(), new Subscriber()] as const;
    for (const subscriber of subscribers) subscriber.connect(publisher.lastEndpoint as string);
    subscribers[0].subscribe("a", "b", "bc");
    subscribers[1].subscribe("a", "d");
    await untilTopics(publisher, 4);
    subscribers[0].unsubscribe("b");
    await untilTopics(publisher, 3);
    subscribers[0].close();
    await untilTopics(publisher, 2);
    subscribers[1].close();
    await untilTopics(publisher, 0);
  });
});

describe("verboseUnsubscribe", () => {
  test("an XSubscriber also sends unsubscriptions that change nothing", async () => {
    for (const verboseUnsubscribe of [false, true]) {
      using publisher = new XPublisher({ verbosity: "allSubsUnsubs" });
      using subscriber = new XSubscriber({ verboseUnsubscribe });
      await publisher.bind("tcp://127.0.0.1:*");
      subscriber.connect(publisher.lastEndpoint as string);
      for (const body of ["\x01a", "\x01a", "\0a", "\0a", "\0a", "\x01end"]) await subscriber.send(body);
      const heard: string[] = [];
      while (heard.at(-1) !== "\x01end") heard.push(String((await publisher.receive())[0]));
      const unsubscriptions = verboseUnsubscribe ? ["\0a", "\0a", "\0a"] : ["\0a"];
      expect(heard).toEqual(["\x01a", "\x01a", ...unsubscriptions, "\x01end"]);
      expect(subscriber.topicsCount).toBe(1);
    }
  });

  test("is a boolean", () => {
    using subscriber = new XSubscriber();
    const raw = subscriber as unknown as {
      setInt32Option(id: number, value: number): void;
      setStringOption(id: number, value: string): void;
    };
    expect(() => raw.setStringOption(115, "x")).toThrow(invalid);
    expect(() => raw.setInt32Option(115, -1)).toThrow(invalid);
  });
});

describe("hiccupMessage", () => {
  test.each([
    ["Dealer", Dealer, "DEALER"],
    ["Client", Client, "CLIENT"],
    ["Peer", Peer, "PEER"],
  ] as const)("a %s receives it when it loses a connection", async (_, Type, name) => {
    using server = await RawServer.listen();
    using socket = new Type({ hiccupMessage: "lost", reconnectInterval: 5, linger: 0 } as object);
    void socket.events;
    socket.connect(`tcp://127.0.0.1:${server.port}`);
    for (let i = 0; i < 3; i++) {
      const peer = await server.accept();
      peer.say(hello({ DEALER: "ROUTER", CLIENT: "SERVER", PEER: "PEER" }[name]));
      for await (const { type } of socket.events) if (type === "handshake") break;
      peer.reset();
      expect(String((await socket.receive())[0])).toBe("lost");
    }
  });

  test("not for a failed handshake", async () => {
    using server = await RawServer.listen();
    using dealer = new Dealer({ hiccupMessage: "lost", reconnectInterval: 5, linger: 0 });
    dealer.connect(`tcp://127.0.0.1:${server.port}`);
    (await server.accept()).reset();
    const peer = await server.accept();
    peer.say(hello("ROUTER"));
    await peer.hear((heard) => heard.includes("READY"));
    peer.say(frame("hello"));
    expect(String(await dealer.receive())).toBe("hello");
  });

  test("a peer that comes and goes fills the queue with one beyond the high-water mark, and then is heard", async () => {
    using server = await RawServer.listen();
    using dealer = new Dealer({
      hiccupMessage: "lost",
      receiveHighWaterMark: 3,
      reconnectInterval: 1,
      linger: 0,
    });
    void dealer.events;
    dealer.connect(`tcp://127.0.0.1:${server.port}`);
    for (let i = 0; i < 20; i++) {
      const peer = await server.accept();
      peer.say(hello("ROUTER"));
      for await (const { type } of dealer.events) if (type === "handshake") break;
      peer.reset();
    }
    const peer = await server.accept();
    peer.say(hello("ROUTER"));
    await peer.hear((heard) => heard.includes("READY"));
    peer.say(frame("hello"));
    const heard: string[] = [];
    while (heard.at(-1) !== "hello") heard.push(String(await dealer.receive()));
    expect(heard).toEqual([...Array(4).fill("lost"), "hello"]);
  });
});

describe.skipIf(!capability.norm)("norm", () => {
  const settings: [string, unknown, unknown, unknown[]][] = [
    ["normMode", "fixed", "cc", []],
    ["normUnicastNack", true, false, []],
    ["normBufferSize", 4096, 2048, [0, -1, 2 ** 20 + 1]],
    ["normSegmentSize", 500, 1400, [0, -1, 65_001]],
    ["normBlockSize", 32, 16, [0, -1, 256]],
    ["normNumParity", 8, 4, [-1, 255]],
    ["normNumAutoparity", 2, 0, [-1, 255]],
    ["normPush", true, false, []],
  ];
  test.each(settings)("%s = %s, by default %s", (name, value, initial, wrong) => {
    using publisher = new Publisher();
    expect(loose(publisher)[name]).toBe(initial);
    loose(publisher)[name] = value;
    expect(loose(publisher)[name]).toBe(value);
    for (const bad of wrong) {
      expect(() => {
        loose(publisher)[name] = bad;
      }).toThrow(invalid);
    }
  });

  test("only of the sockets that may use it", () => {
    expect(["normMode" in Subscriber.prototype, "normMode" in Dealer.prototype]).toEqual([true, false]);
  });

  test("a block of more than 255 segments ends the endpoint with an event", async () => {
    using publisher = new Publisher({ normBlockSize: 200, normNumParity: 56 });
    void publisher.events;
    publisher.connect("norm://127.0.0.1:5556");
    for await (const event of publisher.events) {
      if (event.type === "bind:error") {
        expect(event.error.code).toBe("EINVAL");
        return;
      }
    }
    expect.unreachable();
  });
});
