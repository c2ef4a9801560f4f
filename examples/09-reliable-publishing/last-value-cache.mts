// Late joiners are given the last value of what they subscribe to: a cache between XPublisher and Subscriber.

import { Publisher, Subscriber, XPublisher } from "zmq-native";
import { bind } from "../common/bind.mjs";

using front = new Subscriber();
using back = new XPublisher();
// Each subscription is wanted, not only the first one for a topic.
back.verbosity = "allSubs";
front.subscribe();
const publishersAt = await bind(front);
const subscribersAt = await bind(back);
const cache = new Map<string, Buffer>();

async function keep() {
  for await (const [topic, value] of front) {
    cache.set(String(topic), Buffer.from(value));
    await back.send([topic, value]);
  }
}

async function welcome() {
  for await (const [subscription] of back) {
    // A byte that says whether it is a subscription or the end of one, then the topic.
    const topic = String(subscription.subarray(1));
    const value = cache.get(topic);
    if (subscription[0] === 1 && value) await back.send([topic, value]);
  }
}
const working = [keep(), welcome()];

using publisher = new Publisher();
publisher.connect(publishersAt);
await publisher.waitForSubscribers(1);
for (let price = 100; price <= 110; price++) await publisher.send(["EUR", `${price}`]);
await publisher.send(["USD", "90"]);
while (!cache.has("USD")) await new Promise(setImmediate);
console.log("all is published, and nobody was there");

for (const topic of ["EUR", "USD"]) {
  using late = new Subscriber();
  late.subscribe(topic);
  late.connect(subscribersAt);
  console.log(`who comes late: ${(await late.receive()).join(" is ")}`);
}
front.close();
back.close();
await Promise.all(working);
