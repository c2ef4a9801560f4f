// JeroMQ, an implementation of ZMTP in Java that shares no code with libzmq. Debian packages version 0.3.6, which speaks
// ZMTP 2.0 over tcp, without PLAIN, CURVE or heartbeats.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Dealer, Observer, Publisher, Pull, Push, Reply, Request, Router, Subscriber } from "zmq-native";
import { type AgentProcess, implementations, PeerSocket, startAgent } from "./agents.js";
import { exchangeAll, expectFrames } from "./exchange.js";

const missing = implementations.java.missing();
if (missing) console.warn(`SKIPPED: ${missing}`);
const limit = { timeout: 10_000 };

describe.skipIf(missing)(`with JeroMQ${missing ? ` (${missing})` : ""}`, () => {
  let agent: AgentProcess;
  beforeAll(async () => {
    agent = await startAgent(implementations.java);
  });
  afterAll(() => agent?.[Symbol.asyncDispose]());

  test("every pair of types exchanges messages in both directions", () => exchangeAll(agent, "tcp", "NULL"));

  // Without vendor patch libzmq/peers/handshake-events there was no "handshake" event, and "handshake:error:other" at
  // the end.
  test("its handshake and its disconnect emit events", async () => {
    using pull = new Pull();
    void pull.events;
    await pull.bind("tcp://127.0.0.1:*");
    const peer = await PeerSocket.open(agent, "PUSH");
    await peer.connect(pull.lastEndpoint as string);
    await peer.send(["hello"]);
    expect(String(await pull.receive(limit))).toBe("hello");
    await peer[Symbol.asyncDispose]();
    const types: string[] = [];
    for await (const { type } of pull.events) {
      types.push(type);
      if (type === "disconnect") break;
    }
    expect(types).toEqual(["bind", "accept", "handshake", "disconnect"]);
  });

  const bodies = [0, 1, 254, 255, 256, 8191, 8192, 65_535, 65_536, 2_000_000].map((size) =>
    Buffer.alloc(size, "abcdefg"),
  );

  test("its PULL receives sizes around the limits of ZMTP's lengths from our Push", async () => {
    using push = new Push({ linger: 0 });
    await using peer = await PeerSocket.open(agent, "PULL");
    push.connect(await peer.bind("tcp://127.0.0.1:*"));
    for (const body of bodies) {
      await push.send([body, body.subarray(0, 300)], limit);
      expectFrames(await peer.receive(), [body, body.subarray(0, 300)]);
    }
  });

  test("our Pull receives sizes around the limits of ZMTP's lengths from its PUSH", async () => {
    using pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    await using peer = await PeerSocket.open(agent, "PUSH");
    await peer.connect(pull.lastEndpoint as string);
    for (const body of bodies) {
      await peer.send([body, body.subarray(0, 300)]);
      expectFrames(await pull.receive(limit), [body, body.subarray(0, 300)]);
    }
  });

  test("a message of 100 frames arrives, half of them empty", async () => {
    const frames = Array.from({ length: 100 }, (_, i) => Buffer.from(i % 2 ? `frame ${i}` : ""));
    using request = new Request({ linger: 0 });
    await using peer = await PeerSocket.open(agent, "REP");
    request.connect(await peer.bind("tcp://127.0.0.1:*"));
    await request.send(frames, limit);
    const received = await peer.receive();
    expectFrames(received, frames);
    await peer.send(received);
    expectFrames(await request.receive(limit), frames);
  });

  test("thousands of messages arrive in order", async () => {
    using push = new Push({ linger: 0 });
    using pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    await using itsPull = await PeerSocket.open(agent, "PULL");
    await using itsPush = await PeerSocket.open(agent, "PUSH");
    push.connect(await itsPull.bind("tcp://127.0.0.1:*"));
    await itsPush.connect(pull.lastEndpoint as string);
    const numbers = Array.from({ length: 2000 }, (_, i) => String(i));
    const there = Promise.all(numbers.map(async () => String((await itsPull.receive())[0])));
    await push.sendMany(numbers);
    expect(await there).toEqual(numbers);
    const back = (async () => {
      const received: string[] = [];
      while (received.length < numbers.length) received.push(String((await pull.receive(limit))[0]));
      return received;
    })();
    await Promise.all(numbers.map((number) => itsPush.send([number])));
    expect(await back).toEqual(numbers);
  });

  test("its SUB and our Subscriber receive the subscribed topics only", async () => {
    using publisher = new Publisher({ linger: 0 });
    using subscriber = new Subscriber();
    await using itsSub = await PeerSocket.open(agent, "SUB");
    await using itsXpub = await PeerSocket.open(agent, "XPUB");
    await itsSub.subscribe("news.");
    await publisher.bind("tcp://127.0.0.1:*");
    await itsSub.connect(publisher.lastEndpoint as string);
    const heard = itsSub.receive();
    await publisher.waitForSubscribers(1, limit);
    for (const text of ["old", "new", "news.1"]) await publisher.send(text);
    expect((await heard).map(String)).toEqual(["news.1"]);

    subscriber.subscribe("weather.");
    subscriber.connect(await itsXpub.bind("tcp://127.0.0.1:*"));
    expect((await itsXpub.receive()).map(String)).toEqual(["\x01weather."]);
    for (const text of ["news.", "weather", "weather.1"]) await itsXpub.send([text]);
    expect((await subscriber.receive(limit)).map(String)).toEqual(["weather.1"]);
    subscriber.unsubscribe("weather.");
    expect((await itsXpub.receive()).map(String)).toEqual(["\x00weather."]);
  });

  test("each side can choose its routing id", async () => {
    using router = new Router({ linger: 0, mandatory: true });
    using dealer = new Dealer({ linger: 0, routingId: "ours" });
    await using itsDealer = await PeerSocket.open(agent, "DEALER", { identity: "theirs" });
    await using itsRouter = await PeerSocket.open(agent, "ROUTER");
    await router.bind("tcp://127.0.0.1:*");
    await itsDealer.connect(router.lastEndpoint as string);
    await itsDealer.send(["hello"]);
    expect((await router.receive(limit)).map(String)).toEqual(["theirs", "hello"]);
    await router.send(["theirs", "", "welcome"], limit);
    expect((await itsDealer.receive()).map(String)).toEqual(["", "welcome"]);

    dealer.connect(await itsRouter.bind("tcp://127.0.0.1:*"));
    await dealer.send("hello", limit);
    expect((await itsRouter.receive()).map(String)).toEqual(["ours", "hello"]);
    await itsRouter.send(["ours", "welcome"]);
    expect((await dealer.receive(limit)).map(String)).toEqual(["welcome"]);
  });

  test("a peer without heartbeat support stays connected when ours are on", async () => {
    using reply = new Reply({ heartbeatInterval: 20, heartbeatTimeout: 40, heartbeatTimeToLive: 100 });
    const events = new Observer(reply);
    await reply.bind("tcp://127.0.0.1:*");
    await using peer = await PeerSocket.open(agent, "REQ");
    await peer.connect(reply.lastEndpoint as string);
    let disconnected = false;
    const watching = (async () => {
      for await (const event of events) if (event.type === "disconnect") disconnected = true;
    })();
    const end = performance.now() + 300;
    let count = 0;
    while (performance.now() < end) {
      await peer.send([`${++count}`]);
      expect(String(await reply.receive(limit))).toBe(`${count}`);
      await reply.send("", limit);
      await peer.receive();
    }
    // Several heartbeat timeouts without a message.
    await expect(reply.receive({ timeout: 300 })).rejects.toThrow();
    await peer.send(["still there"]);
    expect(String(await reply.receive(limit))).toBe("still there");
    expect(disconnected).toBe(false);
    reply.close();
    await watching;
  });

  test("our socket reconnects after the peer was killed and has restarted", async () => {
    using push = new Push({ linger: 0, reconnectInterval: 10, immediate: true });
    const events = new Observer(push);
    const disconnected = (async () => {
      for await (const event of events) if (event.type === "disconnect") return;
    })();
    const first = await startAgent(implementations.java);
    const before = await PeerSocket.open(first, "PULL");
    const endpoint = await before.bind("tcp://127.0.0.1:*");
    push.connect(endpoint);
    await push.send("one", limit);
    expect((await before.receive()).map(String)).toEqual(["one"]);
    await first.kill();
    await disconnected;
    await using second = await startAgent(implementations.java);
    await using after = await PeerSocket.open(second, "PULL");
    await after.bind(endpoint);
    await push.send("two", limit);
    expect((await after.receive()).map(String)).toEqual(["two"]);
  });

  test("its socket reconnects after ours was closed and bound again", async () => {
    await using peer = await PeerSocket.open(agent, "PUSH");
    const first = new Pull();
    await first.bind("tcp://127.0.0.1:*");
    const endpoint = first.lastEndpoint as string;
    await peer.connect(endpoint);
    await peer.send(["one"]);
    expect((await first.receive(limit)).map(String)).toEqual(["one"]);
    await first.close({ linger: 0 });
    using second = new Pull();
    await second.bind(endpoint);
    // Messages on the old connection are lost, so it sends until one arrives.
    const received = second.receive(limit);
    let arrived = false;
    received.then(
      () => {
        arrived = true;
      },
      () => {},
    );
    while (!arrived) await peer.send(["two"]);
    expect((await received).map(String)).toEqual(["two"]);
  });
});
