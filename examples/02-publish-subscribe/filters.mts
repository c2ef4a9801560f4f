// A subscription is a prefix of the first frame, compared byte by byte. A message that matches several comes once.

import { Publisher, Subscriber } from "zmq-native";

const topics = ["a", "ab", "abc", "b", "", Buffer.from([0, 255, 1])];

async function show(title: string, subscribe: (subscriber: Subscriber) => void) {
  const publisher = new Publisher();
  const subscriber = new Subscriber();
  subscribe(subscriber);
  subscriber.subscribe("end");
  await publisher.bind("tcp://127.0.0.1:*");
  subscriber.connect(publisher.lastEndpoint!);
  await publisher.waitForSubscribers(1, { topic: "end" });
  await publisher.sendMany([...topics, "end"]);

  const received: string[] = [];
  for await (const [topic] of subscriber) {
    if (String(topic) === "end") break;
    received.push(topic[0] === 0 ? topic.toString("hex") : `"${topic}"`);
  }
  console.log(`${title}: ${received.join(" ") || "nothing"}`);
  publisher.close();
  subscriber.close();
}

await show("no subscription", () => {});
await show('"a"', (subscriber) => subscriber.subscribe("a"));
await show('"ab" and "b"', (subscriber) => subscriber.subscribe("ab", "b"));
await show('"a" and "ab"', (subscriber) => subscriber.subscribe("a", "ab"));
await show("the empty prefix", (subscriber) => subscriber.subscribe(""));
await show("the bytes 00 ff", (subscriber) => subscriber.subscribe(Buffer.from([0, 255])));
await show('"a" twice, removed once', (subscriber) => {
  subscriber.subscribe("a", "a");
  subscriber.unsubscribe("a");
});
await show('"a" and "b", "a" removed', (subscriber) => {
  subscriber.subscribe("a", "b");
  subscriber.unsubscribe("a");
});
