// A subscription is a prefix of bytes: no pattern, no word. Several of them add up, and each message comes once.

import { Publisher, Subscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

const topics = ["a", "ab", "abc", "b", "", Buffer.from([0, 255, 1])];

async function show(title: string, subscribe: (subscriber: Subscriber) => void) {
  using publisher = new Publisher();
  using subscriber = new Subscriber();
  subscribe(subscriber);
  subscriber.subscribe("end");
  subscriber.connect(await bind(publisher));
  await publisher.waitForSubscribers(1, { topic: "end" });
  await publisher.sendMany([...topics, "end"]);

  const received = [];
  for await (const [topic] of subscriber) {
    if (String(topic) === "end") break;
    received.push(topic[0] === 0 ? topic.toString("hex") : `"${topic}"`);
  }
  console.log(`${title}: ${received.join(" ") || "nothing"}`);
}

await show("no subscription", () => {});
await show('"a"', (subscriber) => subscriber.subscribe("a"));
await show('"ab" and "b"', (subscriber) => subscriber.subscribe("ab", "b"));
await show('"a" and "ab" overlap', (subscriber) => subscriber.subscribe("a", "ab"));
await show("the empty prefix", (subscriber) => subscriber.subscribe(""));
await show("two bytes, 00 ff", (subscriber) => subscriber.subscribe(Buffer.from([0, 255])));
await show('"a" twice, undone once', (subscriber) => {
  subscriber.subscribe("a", "a");
  subscriber.unsubscribe("a");
});
await show('"a" and "b", "a" undone', (subscriber) => {
  subscriber.subscribe("a", "b");
  subscriber.unsubscribe("a");
});
