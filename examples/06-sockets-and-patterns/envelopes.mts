// The topic in a frame of its own. Subscriptions are compared with this frame only, never with the content.

import { Publisher, Subscriber } from "zmq-native";

const publisher = new Publisher();
const subscriber = new Subscriber();
await publisher.bind("tcp://127.0.0.1:*");
subscriber.subscribe("B");
subscriber.connect(publisher.lastEndpoint!);
await publisher.waitForSubscribers(1);

await publisher.send(["A", "sender 7", "a message about A"]);
await publisher.send(["B", "sender 7", "a message about B"]);
await publisher.send(["A", "sender 7", "B is mentioned here"]);
await publisher.send(["B", "sender 7", "the end"]);

for await (const [topic, sender, text] of subscriber) {
  console.log(`${topic}, ${sender}: ${text}`);
  if (String(text) === "the end") break;
}
publisher.close();
subscriber.close();
