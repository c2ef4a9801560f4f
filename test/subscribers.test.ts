// Waiting for subscribers, against the slow joiner.

import { describe, expect, test } from "vitest";
import { Publisher, Subscriber, XPublisher, XSubscriber } from "zmq-native";
import { join } from "./helpers/pairs.js";
import { freshEndpoint, transports } from "./helpers/transports.js";

describe.each(transports)("over %s", (transport) => {
  test("what is published after the wait reaches everybody", async () => {
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

  test("counts peers, by topic or by any subscription, as they come and go", async () => {
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
    // Messages can be received meanwhile: the wait does not take them.
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

test("a wait ends with its signal, its time-out, or the socket", async () => {
  const publisher = new Publisher({ distinctErrors: true });
  await publisher.bind(freshEndpoint("inproc"));
  const abort = new AbortController();
  const aborted = publisher.waitForSubscribers(1, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(aborted).rejects.toThrow("enough");
  await expect(publisher.waitForSubscribers(1, { signal: abort.signal })).rejects.toThrow("enough");
  await expect(publisher.waitForSubscribers(1, { timeout: 1 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
  const waiting = publisher.waitForSubscribers(1);
  expect(() => publisher.waitForSubscribers(1)).toThrow(expect.objectContaining({ code: "EBUSY" }));
  publisher.close();
  await expect(waiting).rejects.toMatchObject({ code: "ECANCELED" });
  expect(() => publisher.waitForSubscribers(1)).toThrow(expect.objectContaining({ code: "EBADF" }));
});

test("a number of subscribers that is none is refused", () => {
  using publisher = new Publisher();
  for (const count of [0, -1, 1.5, Number.NaN, "2", undefined]) {
    expect(() => publisher.waitForSubscribers(count as number)).toThrow(TypeError);
  }
});
