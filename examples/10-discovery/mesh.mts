// N to N: three publishers, three subscribers, everybody connected with everybody, and each message at all of them.

import { Publisher, Subscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

const publishers = [new Publisher(), new Publisher(), new Publisher()];
const subscribers = [new Subscriber(), new Subscriber(), new Subscriber()];
for (const publisher of publishers) {
  const endpoint = await bind(publisher);
  for (const subscriber of subscribers) subscriber.connect(endpoint);
}
for (const subscriber of subscribers) subscriber.subscribe();
for (const publisher of publishers) await publisher.waitForSubscribers(3);

for (const [number, publisher] of publishers.entries()) {
  for (let count = 0; count < 100; count++) await publisher.send(`publisher ${number + 1}`);
}
for (const [number, subscriber] of subscribers.entries()) {
  const counts = new Map<string, number>();
  for (let received = 0; received < 300; received++) {
    const from = String(await subscriber.receive());
    counts.set(from, (counts.get(from) ?? 0) + 1);
  }
  const lines = [...counts].sort().map(([from, count]) => `${count} of ${from}`);
  console.log(`subscriber ${number + 1}: ${lines.join(", ")}`);
}
for (const socket of [...publishers, ...subscribers]) socket.close();
