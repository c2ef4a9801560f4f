// Waiting for subscribers to prevent the slow joiner problem.

import { describe, expect, test } from "vitest";
import { Proxy, Publisher, Subscriber, XPublisher, XSubscriber } from "zmq-native";
import { join } from "../helpers/pairs.js";
import { freshEndpoint, transports, whenFree } from "../helpers/transports.js";

describe.each(transports)("over %s", (transport) => {
  test("all subscribers receive messages published after waitForSubscribers", async () => {
    for (let round = 0; round < 20; round++) {
      using publisher = new Publisher();
      await publisher.bind(freshEndpoint(transport));
      const subscribers = Array.from({ length: 3 }, () => {
        const subscriber = new Subscriber();
        subscriber.connect(publisher.lastEndpoint as string);
        subscriber.subscribe("a", "b");
        return subscriber;
      });
      expect(await publisher.waitForSubscribers(3, { topic: "a" })).toBe(3);
      await publisher.send("a first");
      for (const subscriber of subscribers) {
        expect(String(await subscriber.receive())).toBe("a first");
        subscriber.close();
      }
    }
  });

  test("waitForSubscribers counts peers by topic or by any subscription as they connect and disconnect", async () => {
    using pair = await join(new XPublisher(), new XSubscriber(), transport);
    const { bound: publisher, connected } = pair;
    for (const topic of ["", "a", "ab", "x"]) await connected.send(`\x01${topic}`);
    using other = new Subscriber();
    other.connect(publisher.lastEndpoint as string);
    other.subscribe("ab");
    expect(await publisher.waitForSubscribers(2)).toBe(2);
    expect(await publisher.waitForSubscribers(2, { topic: "abc" })).toBe(2);
    expect(await publisher.waitForSubscribers(1, { topic: "a" })).toBe(1);
    expect(await publisher.waitForSubscribers(1, { topic: Buffer.from("zzz") })).toBe(1);
    const third = publisher.waitForSubscribers(2, { topic: "q" });
    // Messages can be received meanwhile: the wait does not consume them.
    const subscriptions = new Set<string>();
    while (subscriptions.size < 4) subscriptions.add(String(await publisher.receive()));
    other.subscribe("q");
    expect(await third).toBe(2);
    other.close();
    for (;;) {
      const [frame] = await publisher.receive();
      if (String(frame) === "\0q") break;
    }
    await expect(publisher.waitForSubscribers(2, { timeout: 10 })).rejects.toThrow(
      expect.objectContaining({ code: "EAGAIN" }),
    );
  });
});

test("waitForSubscribers ends with its signal, its timeout, or the socket", async () => {
  const publisher = new Publisher({ distinctErrors: true });
  await publisher.bind(freshEndpoint("inproc"));
  const abort = new AbortController();
  const aborted = publisher.waitForSubscribers(1, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(aborted).rejects.toThrow("enough");
  await expect(publisher.waitForSubscribers(1, { signal: abort.signal })).rejects.toThrow("enough");
  await expect(publisher.waitForSubscribers(1, { timeout: 1 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
  const waiting = publisher.waitForSubscribers(1);
  const second = publisher.waitForSubscribers(2);
  await expect(publisher.flush()).resolves.toBeUndefined();
  publisher.close();
  for (const each of [waiting, second]) await expect(each).rejects.toMatchObject({ code: "ECANCELED" });
  expect(() => publisher.waitForSubscribers(1)).toThrow(expect.objectContaining({ code: "EBADF" }));
});

test("waitForSubscribers rejects an invalid number", () => {
  using publisher = new Publisher();
  for (const count of [0, -1, 1.5, Number.NaN, "2", undefined]) {
    expect(() => publisher.waitForSubscribers(count as number)).toThrow(TypeError);
  }
});

/** Receives until exactly these topics are subscribed. Returns how often each was. */
async function hear(
  publisher: XPublisher,
  wanted: string[],
): Promise<{ told: number; topics: Map<string, number> }> {
  const topics = new Map<string, number>();
  const left = new Set(wanted);
  for (let told = 1; ; told++) {
    const frame = (await publisher.receive())[0] as Buffer;
    const topic = String(frame.subarray(1));
    const times = (topics.get(topic) ?? 0) + (frame[0] === 1 ? 1 : -1);
    if (times === 0) topics.delete(topic);
    else topics.set(topic, times);
    if (times === 1) left.delete(topic);
    if (left.size === 0 && topics.size === wanted.length) return { told, topics };
  }
}

// Without vendor patch libzmq/pubsub/every-subscription, no more of them arrived than the high-water mark allowed.
describe("twenty thousand topics", () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `topic ${i}`);
  const once = (topics: string[]) => new Map(topics.map((topic) => [topic, 1]));

  test.each(transports)("arrive over %s when subscribed before the connection", async (transport) => {
    using publisher = new XPublisher({ receiveTimeout: 10_000 });
    await publisher.bind(freshEndpoint(transport));
    using subscriber = new Subscriber();
    subscriber.subscribe(...names);
    subscriber.connect(publisher.lastEndpoint as string);
    expect((await hear(publisher, names)).topics).toEqual(once(names));
  });

  test.each(transports)("arrive over %s when subscribed after it", async (transport) => {
    using publisher = new XPublisher({ receiveTimeout: 10_000 });
    await publisher.bind(freshEndpoint(transport));
    using subscriber = new Subscriber();
    subscriber.connect(publisher.lastEndpoint as string);
    subscriber.subscribe(...names);
    expect((await hear(publisher, names)).topics).toEqual(once(names));
  });

  test("arrive through a proxy", async () => {
    using publisher = new XPublisher({ receiveTimeout: 10_000 });
    await publisher.bind(freshEndpoint("tcp"));
    const front = new XPublisher();
    await front.bind(freshEndpoint("tcp"));
    const frontEndpoint = front.lastEndpoint as string;
    const back = new XSubscriber();
    back.connect(publisher.lastEndpoint as string);
    const proxy = new Proxy(front, back);
    const running = proxy.run();
    using subscriber = new Subscriber();
    subscriber.connect(frontEndpoint);
    subscriber.subscribe(...names);
    expect((await hear(publisher, names)).topics).toEqual(once(names));
    proxy.terminate();
    await running;
  });

  test("arrive again when the publisher restarts, and so does one more", async () => {
    const first = new XPublisher({ receiveTimeout: 10_000 });
    await first.bind(freshEndpoint("tcp"));
    const endpoint = first.lastEndpoint as string;
    using subscriber = new Subscriber({ reconnectInterval: 10 });
    subscriber.connect(endpoint);
    subscriber.subscribe(...names);
    await hear(first, names);
    // A socket that receives notices the end of the connection.
    const received = subscriber.receive();
    first.close();
    using second = new XPublisher({ receiveTimeout: 10_000 });
    await whenFree(() => second.bind(endpoint));
    expect((await hear(second, names)).topics).toEqual(once(names));
    subscriber.subscribe("late");
    await second.waitForSubscribers(1, { topic: "late" });
    await second.send("late");
    expect(String(await received)).toBe("late");
  });
});

// Without vendor patch libzmq/pubsub/every-subscription, each change waited for the publisher, up to the high-water
// mark, and the last changes were lost.
test("changes of topics during an outage of the publisher arrive as their final state", async () => {
  const absent = new XPublisher();
  await absent.bind(freshEndpoint("tcp"));
  const endpoint = absent.lastEndpoint as string;
  await absent.unbind(endpoint);
  absent.close();
  using subscriber = new Subscriber({ reconnectInterval: 10 });
  subscriber.connect(endpoint);
  subscriber.subscribe("kept", "given up");
  for (let i = 0; i < 30_000; i++) {
    subscriber.subscribe(`topic ${i}`);
    subscriber.unsubscribe(`topic ${i}`);
  }
  subscriber.unsubscribe("given up");
  subscriber.subscribe("new");
  using publisher = new XPublisher({ receiveTimeout: 10_000 });
  await whenFree(() => publisher.bind(endpoint));
  // Changes without room are sent when the socket processes commands.
  const received = subscriber.receive();
  const { told, topics } = await hear(publisher, ["kept", "new"]);
  expect([...topics.keys()].sort()).toEqual(["kept", "new"]);
  // Not sixty thousand: a thousand in the pipe, and the final state.
  expect(told).toBeLessThan(3000);
  await publisher.send("new");
  expect(String(await received)).toBe("new");
});

// Without vendor patch libzmq/peers/conflate-one-direction, the last subscription replaced the others.
describe("a conflating socket", () => {
  const names = ["a", "b", "c"];

  test.each(transports)("subscribes to all topics over %s as a subscriber", async (transport) => {
    const endpoint = freshEndpoint(transport);
    using publisher = new XPublisher({ receiveTimeout: 10_000 });
    using subscriber = new Subscriber({ conflate: true });
    subscriber.subscribe(...names);
    // Over inproc also before the endpoint is bound.
    if (transport === "inproc") subscriber.connect(endpoint);
    await publisher.bind(endpoint);
    if (transport !== "inproc") subscriber.connect(publisher.lastEndpoint as string);
    await hear(publisher, names);
    for (const name of names) {
      await publisher.send(name);
      expect(String(await subscriber.receive())).toBe(name);
    }
  });

  test.each(transports)("receives subscriptions to all topics over %s as a publisher", async (transport) => {
    using publisher = new Publisher({ conflate: true });
    await publisher.bind(freshEndpoint(transport));
    using subscriber = new Subscriber({ receiveTimeout: 10_000 });
    subscriber.connect(publisher.lastEndpoint as string);
    subscriber.subscribe(...names);
    for (const topic of names) await publisher.waitForSubscribers(1, { topic });
    for (const name of names) {
      await publisher.send(name);
      expect(String(await subscriber.receive())).toBe(name);
    }
  });
});
