// Counts of the messages of a socket: sent, received, queued and dropped, with the reason of each drop.

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  Dealer,
  type DropCounts,
  type DropReport,
  Pair,
  Proxy,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type SendQueueOptions,
  type Socket,
  type SocketStatistics,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "zmq-native";
import { Dish, Gather, Radio } from "zmq-native/draft";
import { runProgram } from "../helpers/program.js";
import { freshEndpoint, transports } from "../helpers/transports.js";
import { until } from "../helpers/until.js";

const sends = { sendHighWaterMark: 0 };
const receives = { receiveHighWaterMark: 0 };

/** The reasons for which messages were dropped. */
function drops(socket: { statistics(): Pick<SocketStatistics, "dropped"> }): Partial<DropCounts> {
  const { total, ...reasons } = socket.statistics().dropped;
  const found = Object.entries(reasons).filter(([, count]) => count > 0);
  expect(found.reduce((sum, [, count]) => sum + count, 0)).toBe(total);
  return Object.fromEntries(found);
}

async function connected<A extends Socket, B extends Socket>(
  bound: A,
  other: B,
  endpoint: string,
): Promise<[A, B]> {
  await bound.bind(endpoint);
  other.connect(bound.lastEndpoint!);
  await Promise.all([bound.waitForPeers(), other.waitForPeers()]);
  return [bound, other];
}

const only = (socket: Socket) => [...socket.peers][0]!;

test("are zero for a new socket", () => {
  using push = new Push();
  const { dropped, ...counts } = push.statistics();
  expect(counts).toEqual({
    messagesReceived: 0,
    messagesSent: 0,
    bytesReceived: 0,
    bytesSent: 0,
    receiveQueue: 0,
    sendQueue: 0,
  });
  expect(Object.values(dropped).every((count) => count === 0)).toBe(true);
});

test("throw EBADF once the socket is closed", () => {
  const push = new Push();
  push.close();
  expect(() => push.statistics()).toThrow(expect.objectContaining({ code: "EBADF" }));
  expect(() => Reflect.apply(Push.prototype.statistics, {}, [])).toThrow(TypeError);
  // @ts-expect-error: no argument
  expect(() => new Push().statistics(1)).toThrow(TypeError);
});

describe.each(transports)("over %s", (transport) => {
  test("count messages, bytes and queues of all peers, also of those that left", async () => {
    using pull = new Pull();
    await pull.bind(freshEndpoint(transport));
    for (let round = 1; round <= 3; round++) {
      using push = new Push();
      push.connect(pull.lastEndpoint!);
      for (let index = 0; index < 10; index++) await push.send(["frame", "x".repeat(300)]);
      await until(() => pull.statistics(), { messagesReceived: round * 10, receiveQueue: 10 });
      for (let index = 0; index < 10; index++) await pull.receive();
      await until(() => push.statistics(), { messagesSent: 10, sendQueue: 0, messagesReceived: 0 });
      // A short frame has a header of 2 bytes, a long one of 9.
      const bytes = 10 * (2 + 5 + 9 + 300);
      const { bytesSent } = push.statistics();
      if (transport === "inproc") expect(bytesSent).toBe(0);
      else expect(bytesSent).toBeGreaterThan(bytes);
      expect(bytesSent - (transport === "inproc" ? 0 : bytes)).toBeLessThan(200);
      expect(drops(push)).toEqual({});
    }
    await until(() => pull.statistics(), { messagesReceived: 30, messagesSent: 0, receiveQueue: 0 });
    expect(drops(pull)).toEqual({});
  });

  test("count the messages that a publisher drops: no peer, no subscription, full queue", async () => {
    using publisher = new Publisher({ sendHighWaterMark: 10 });
    await publisher.bind(freshEndpoint(transport));
    for (let index = 0; index < 3; index++) await publisher.send(["topic", "nobody"]);
    expect(drops(publisher)).toEqual({ noPeer: 3 });
    const subscribers = [1, 2].map(() => new Subscriber({ receiveHighWaterMark: 10 }));
    for (const subscriber of subscribers) {
      subscriber.connect(publisher.lastEndpoint!);
      // Both match, and the message still counts once.
      subscriber.subscribe("topic", "top");
    }
    await publisher.waitForSubscribers(2, { topic: "topic" });
    for (let index = 0; index < 4; index++) await publisher.send("other");
    expect(drops(publisher)).toEqual({ noPeer: 3, filtered: 4 });
    const size = transport === "inproc" ? 10 : 100_000;
    for (let index = 0; index < 100; index++) await publisher.send(["topic", Buffer.alloc(size)]);
    let received = 0;
    await until(
      () => {
        for (const subscriber of subscribers) while (subscriber.tryReceive() !== undefined) received++;
        const { sendQueue, messagesSent } = publisher.statistics();
        return { sendQueue, inFlight: messagesSent - received };
      },
      { sendQueue: 0, inFlight: 0 },
    );
    expect(drops(publisher)).toEqual({ noPeer: 3, filtered: 4, highWaterMark: 200 - received });
    await until(() => publisher.statistics(), { messagesSent: received, sendQueue: 0 });
    const each = [...publisher.peers].map((peer) => peer.statistics().dropped.highWaterMark);
    expect(each[0]! + each[1]!).toBe(200 - received);
    for (const subscriber of subscribers) subscriber.close();
  }, 300_000);

  test("count the messages of a Router without a peer, and with a full queue", async () => {
    using router = new Router({ sendHighWaterMark: 5 });
    using dealer = new Dealer({ routingId: "worker", receiveHighWaterMark: 5 });
    await connected(router, dealer, freshEndpoint(transport));
    for (let index = 0; index < 3; index++) await router.send(["nobody", "hello", "world"]);
    await router.send("worker");
    expect(drops(router)).toEqual({ noRoute: 4 });
    const size = transport === "inproc" ? 10 : 100_000;
    for (let index = 0; index < 100; index++) await router.send(["worker", Buffer.alloc(size)]);
    const { highWaterMark } = router.statistics().dropped;
    expect(highWaterMark).toBeGreaterThan(0);
    expect(only(router).statistics().dropped).toMatchObject({ total: highWaterMark, highWaterMark });
    for (let index = 0; index < 100 - highWaterMark; index++) await dealer.receive();
    await until(() => router.statistics(), { messagesSent: 100 - highWaterMark, sendQueue: 0 });
    router.mandatory = true;
    await expect(router.send(["nobody", "hello"])).rejects.toMatchObject({ code: "EHOSTUNREACH" });
    expect(drops(router)).toEqual({ noRoute: 4, highWaterMark });
  });

  test("count messages that a newer one replaces", async () => {
    using pull = new Pull({ conflate: true });
    using push = new Push(sends);
    await connected(push, pull, freshEndpoint(transport));
    for (let index = 0; index < 10; index++) await push.send(`${index}`);
    // Over inproc the sender's queue is that of the receiver.
    const sent = transport === "inproc" ? 0 : 10;
    await until(() => push.statistics(), { messagesSent: sent });
    await until(() => pull.statistics(), { messagesReceived: 10, receiveQueue: 1 });
    expect(drops(pull)).toEqual({ conflated: 9 });
    expect(String(await pull.receive())).toBe("9");
    expect(pull.statistics()).toMatchObject({ messagesReceived: 10, receiveQueue: 0 });
    expect(drops(pull)).toEqual({ conflated: 9 });
    expect(drops(push)).toEqual(transport === "inproc" ? { conflated: 9 } : {});
    expect(only(pull).statistics().dropped).toMatchObject({ total: 9, conflated: 9 });
    await push.send(["two", "frames"]);
    await until(() => pull.statistics().dropped, { conflated: 9, tooLarge: 1 });
  });

  test("count the queue of a peer that leaves", async () => {
    using push = new Push(sends);
    const pull = new Pull({ receiveHighWaterMark: 1 });
    await connected(push, pull, freshEndpoint(transport));
    const size = transport === "inproc" ? 10 : 1_000_000;
    for (let index = 0; index < 30; index++) await push.send(Buffer.alloc(size));
    pull.close();
    await until(() => push.statistics(), { sendQueue: 0 });
    const { messagesSent, dropped } = push.statistics();
    expect(dropped.peerGone).toBeGreaterThan(0);
    expect(messagesSent + dropped.peerGone).toBe(30);
    expect(drops(push)).toEqual({ peerGone: dropped.peerGone });
  });

  test("count the messages that are left when the socket disconnects", async () => {
    using pull = new Pull(receives);
    using push = new Push({ ...sends, linger: 0 });
    await push.bind(freshEndpoint(transport));
    const endpoint = push.lastEndpoint!;
    pull.connect(endpoint);
    await Promise.all([pull.waitForPeers(), push.waitForPeers()]);
    for (let index = 0; index < 10; index++) await push.send("hello");
    await until(() => pull.statistics(), { messagesReceived: 10, receiveQueue: 10 });
    for (let index = 0; index < 3; index++) await pull.receive();
    pull.disconnect(endpoint);
    await until(() => pull.statistics(), {
      messagesReceived: 10,
      receiveQueue: 0,
      dropped: { total: 7, unread: 7 },
    });
    const lost = transport === "inproc" ? { peerGone: 7 } : {};
    await until(() => push.statistics(), { sendQueue: 0, messagesSent: transport === "inproc" ? 3 : 10 });
    expect(drops(push)).toEqual(lost);
  });
});

test("count the messages that are left when linger expires", async () => {
  using push = new Push({ ...sends, linger: 50 });
  push.connect("tcp://127.0.0.1:9");
  for (let index = 0; index < 10; index++) await push.send("hello");
  expect(push.statistics()).toMatchObject({ sendQueue: 10, dropped: { total: 0 } });
  push.disconnect("tcp://127.0.0.1:9");
  await until(() => push.statistics(), { sendQueue: 0, dropped: { total: 10, lingerExpired: 10 } });

  push.linger = 0;
  push.connect("inproc://nobody-binds-this");
  await push.send("hello");
  push.disconnect("inproc://nobody-binds-this");
  await until(() => push.statistics(), { sendQueue: 0, dropped: { total: 11, lingerExpired: 11 } });
});

test("count the messages for an endpoint that libzmq gives up as lost with their peer", async () => {
  const pull = new Pull({ receiveHighWaterMark: 1 });
  using push = new Push({ ...sends, reconnectInterval: -1 });
  await connected(pull, push, "tcp://127.0.0.1:*");
  for (let index = 0; index < 30; index++) await push.send(Buffer.alloc(1_000_000));
  pull.close();
  await until(() => push.statistics(), { sendQueue: 0 });
  const { messagesSent, dropped } = push.statistics();
  expect(drops(push)).toEqual({ peerGone: 30 - messagesSent });
  expect(dropped.peerGone).toBeGreaterThan(0);
});

test("count messages above the limits", async () => {
  for (const limits of [{ maxMessageSize: 100 }, { maxFrames: 1 }]) {
    using pull = new Pull(limits);
    using push = new Push({ linger: 0 });
    await connected(pull, push, "tcp://127.0.0.1:*");
    const [peer] = pull.peers;
    await push.send("small");
    await push.send(["x".repeat(60), "x".repeat(60)]);
    await until(() => pull.statistics(), {
      messagesReceived: 1,
      receiveQueue: 1,
      dropped: { total: 1, tooLarge: 1 },
    });
    await until(() => peer, { state: "closed" });
    expect(peer!.statistics().dropped).toMatchObject({ total: 1, tooLarge: 1 });
  }
});

test("count messages that a subscription no longer matches", async () => {
  using publisher = new Publisher();
  using subscriber = new Subscriber();
  subscriber.subscribe("a", "b");
  await connected(publisher, subscriber, freshEndpoint("inproc"));
  await publisher.waitForSubscribers(1, { topic: "b" });
  for (const topic of ["a", "b", "a", "b"]) await publisher.send([topic, "text"]);
  subscriber.unsubscribe("a");
  expect(String((await subscriber.receive())[0])).toBe("b");
  expect(String((await subscriber.receive())[0])).toBe("b");
  expect(drops(subscriber)).toEqual({ filtered: 2 });
  expect(subscriber.statistics()).toMatchObject({ messagesReceived: 4, receiveQueue: 0 });
  expect(only(subscriber).statistics().dropped).toMatchObject({ filtered: 2 });
  expect(drops(publisher)).toEqual({});
});

test("count what an XSubscriber sends to nobody, and what a Publisher receives", async () => {
  using xsub = new XSubscriber();
  await xsub.send("hello");
  expect(drops(xsub)).toEqual({ noPeer: 1 });
  await xsub.send(Buffer.from("\x01topic"));
  expect(drops(xsub)).toEqual({ noPeer: 1 });
  using publisher = new Publisher();
  await connected(publisher, xsub, freshEndpoint("inproc"));
  await xsub.send("hello");
  await publisher.waitForSubscribers(1);
  await until(() => publisher.statistics(), { dropped: { total: 1, unexpected: 1 }, messagesReceived: 2 });
});

test("count replies and requests that nobody expects", async () => {
  using router = new Router();
  using request = new Request({ relaxed: true });
  await connected(router, request, freshEndpoint("inproc"));
  await request.send("first");
  const [id] = await router.receive();
  await request.send("second");
  await router.send([id!, "", "answer"]);
  await router.send([id!, "malformed"]);
  await router.send([id!, "", "answer"]);
  await request.receive();
  expect(request.statistics()).toMatchObject({ messagesReceived: 3, receiveQueue: 2 });
  await request.send("third");
  expect(request.statistics()).toMatchObject({ receiveQueue: 0 });
  expect(drops(request)).toEqual({ unexpected: 2 });

  using reply = new Reply();
  using dealer = new Dealer();
  await connected(reply, dealer, freshEndpoint("inproc"));
  await dealer.send("malformed");
  await dealer.send(["", "request"]);
  await reply.receive();
  expect(drops(reply)).toEqual({ unexpected: 1 });
});

test("count the reply to a requester that has left", async () => {
  using reply = new Reply();
  const request = new Request({ linger: 0 });
  await connected(reply, request, "tcp://127.0.0.1:*");
  await request.send("question");
  await reply.receive();
  request.close();
  await until(() => reply.peers, { size: 0 });
  expect(drops(reply)).toEqual({});
  await reply.send("answer");
  await until(() => reply.statistics().dropped, { total: 1, peerGone: 1 });
});

test("count messages of several frames that a draft socket refuses", async () => {
  using gather = new Gather();
  using push = new Push();
  await connected(gather, push, freshEndpoint("inproc"));
  await push.send(["two", "frames"]);
  await push.send("one");
  expect(String((await gather.receive())[0])).toBe("one");
  expect(drops(gather)).toEqual({ unexpected: 1 });
});

test("count the messages of a Radio, and those that a Dish has left", async () => {
  using radio = new Radio();
  await radio.send("nobody", { group: "news" });
  expect(drops(radio)).toEqual({ noPeer: 1 });
  using dish = new Dish();
  dish.join("news");
  await connected(radio, dish, freshEndpoint("inproc"));
  await radio.send("first", { group: "news" });
  await radio.send("first", { group: "sport" });
  expect(drops(radio)).toEqual({ noPeer: 1, filtered: 1 });
  dish.leave("news");
  expect(dish.tryReceive()).toBeUndefined();
  expect(drops(dish)).toEqual({ filtered: 1 });
});

test("count messages of a second peer of a Pair as unread", async () => {
  using pair = new Pair();
  using first = new Pair();
  using second = new Pair({ linger: 0 });
  await connected(pair, first, freshEndpoint("inproc"));
  second.connect(pair.lastEndpoint!);
  await second.send("hello").catch(() => {});
  await until(() => pair.statistics(), { receiveQueue: 0, dropped: { total: 1, unread: 1 } });
  await until(() => second.statistics(), { sendQueue: 0, dropped: { total: 1, peerGone: 1 } });
});

test("count what a send queue holds and drops", async () => {
  const trial = async (sendQueue: SendQueueOptions, topics: string[], expected: object) => {
    using push = new Push({ sendHighWaterMark: 1, linger: 0, sendQueue });
    push.connect(freshEndpoint("inproc"));
    const sends = topics.map((topic) => push.send(topic).catch(() => {}));
    await until(() => push.statistics(), expected);
    push.close();
    await Promise.all(sends);
  };
  const topics = ["first", "a", "b", "b", "c"];
  await trial({ max: 2, overflow: "dropOldest" }, topics, {
    sendQueue: 3,
    dropped: { total: 2, overflow: 2 },
  });
  await trial({ max: 3, overflow: "latestByTopic" }, topics, {
    sendQueue: 4,
    dropped: { total: 1, replaced: 1 },
  });
  await trial({ max: 9, ttl: 20 }, topics, { sendQueue: 1, dropped: { total: 4, expired: 4 } });
});

test("count prefetched messages as queued", async () => {
  using pull = new Pull();
  using push = new Push();
  await connected(pull, push, freshEndpoint("inproc"));
  for (let index = 0; index < 50; index++) await push.send(`${index}`);
  for await (const _ of pull) break;
  expect(pull.statistics()).toMatchObject({ messagesReceived: 50, receiveQueue: 49 });
});

test("count subscriptions as messages", async () => {
  using publisher = new XPublisher();
  using subscriber = new Subscriber();
  await connected(publisher, subscriber, "tcp://127.0.0.1:*");
  subscriber.subscribe("a", "b");
  for (let count = 0; count < 2; count++) await publisher.receive();
  expect(publisher.statistics()).toMatchObject({ messagesReceived: 2, receiveQueue: 0 });
  await until(() => subscriber.statistics(), { messagesSent: 2 });
});

test("the sockets of a proxy count while it runs", async () => {
  using front = new Pull();
  using back = new Push();
  await front.bind(freshEndpoint("inproc"));
  await back.bind(freshEndpoint("inproc"));
  const proxy = new Proxy(front, back);
  const run = proxy.run();
  using push = new Push();
  using pull = new Pull();
  push.connect(front.lastEndpoint!);
  pull.connect(back.lastEndpoint!);
  for (let index = 0; index < 100; index++) {
    await push.send("hello");
    await pull.receive();
    front.statistics();
  }
  await until(() => front.statistics(), { messagesReceived: 100, receiveQueue: 0 });
  await until(() => back.statistics(), { messagesSent: 100, sendQueue: 0 });
  proxy.terminate();
  await run;
});

describe("the event drop", () => {
  test("reports drops once in a second, with the sum", async () => {
    using publisher = new Publisher();
    await publisher.send("before");
    const reports: DropReport[] = [];
    publisher.peers.on("drop", (report) => reports.push(report));
    const started = performance.now();
    let sent = 0;
    while (reports.length < 2) {
      await publisher.send("hello");
      sent++;
      await sleep(10);
    }
    const duration = performance.now() - started;
    expect(duration).toBeGreaterThan(1900);
    const counted = reports.reduce((sum, { dropped }) => sum + dropped.noPeer, 0);
    expect(reports[1]).toMatchObject({ type: "drop", total: { total: counted + 1, noPeer: counted + 1 } });
    expect(sent - counted).toBeLessThan(50);
  });

  test("reports the last drops when the socket is closed", async () => {
    const publisher = new Publisher();
    const reported = once(publisher.peers as never, "drop");
    await publisher.send("hello");
    publisher.close();
    expect(await reported).toMatchObject([{ dropped: { total: 1, noPeer: 1 } }]);
  });

  test("is not reported while nothing is dropped, or without a listener", async () => {
    using publisher = new Publisher();
    const listener = () => {
      throw new Error("nothing was dropped");
    };
    publisher.peers.on("drop", listener);
    await sleep(1200);
    publisher.peers.off("drop", listener);
    await publisher.send("hello");
    await sleep(1200);
  });

  test("a listener does not keep the process alive", async () => {
    const body = `
      const publisher = new zmq.Publisher();
      publisher.peers.on("drop", () => {});`;
    expect(await runProgram(body)).toMatchObject({ code: 0, stderr: "" });
  });
});
