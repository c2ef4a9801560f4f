// A last-value cache: sends the newest message of a topic to each new subscriber.

import { Publisher, Subscriber, XPublisher } from "zmq-native";

const input = new Subscriber();
const output = new XPublisher();
// Passes on every subscription, not only the first one of a topic.
output.verbosity = "allSubs";
input.subscribe();
await input.bind("tcp://127.0.0.1:*");
await output.bind("tcp://127.0.0.1:*");

const cache = new Map<string, Buffer>();
async function forward() {
  for await (const [topic, value] of input) {
    // A copy, since small received frames share memory.
    cache.set(String(topic), Buffer.from(value));
    await output.send([topic, value]);
  }
}
async function answerSubscriptions() {
  for await (const [subscription] of output) {
    // The first byte is 1 for a subscription and 0 for its end. The topic follows.
    const topic = String(subscription.subarray(1));
    const value = cache.get(topic);
    if (subscription[0] === 1 && value) await output.send([topic, value]);
  }
}
const caching = [forward(), answerSubscriptions()];

const publisher = new Publisher();
publisher.connect(input.lastEndpoint!);
await publisher.waitForSubscribers(1);
for (let price = 100; price <= 110; price++) await publisher.send(["EUR", `${price}`]);
await publisher.send(["USD", "90"]);
while (!cache.has("USD")) await new Promise(setImmediate);
console.log("12 messages published, without subscribers");

for (const topic of ["EUR", "USD"]) {
  const subscriber = new Subscriber();
  subscriber.subscribe(topic);
  subscriber.connect(output.lastEndpoint!);
  console.log(`new subscriber: ${(await subscriber.receive()).join(" ")}`);
  subscriber.close();
}
for (const socket of [publisher, input, output]) socket.close();
await Promise.all(caching);
