// A publisher without subscribers drops what it sends, at once and in silence. It can be asked whether somebody listens.

import { Publisher, Subscriber, type ZmqError } from "zmq-native";
import { bind } from "../common/bind.mjs";

using publisher = new Publisher();
const endpoint = await bind(publisher);

for (let number = 0; number < 100_000; number++) await publisher.send("into the void");
console.log("100,000 messages sent, and not one of them kept");

await publisher.waitForSubscribers(1, { timeout: 50 }).catch(({ code }: ZmqError) => {
  console.log(`waitForSubscribers, 50 ms: ${code}`);
});

using subscriber = new Subscriber();
subscriber.subscribe("news");
subscriber.connect(endpoint);
console.log(`waitForSubscribers: ${await publisher.waitForSubscribers(1)}`);
console.log(`of "news": ${await publisher.waitForSubscribers(1, { topic: "news" })}`);
await publisher.waitForSubscribers(1, { topic: "sports", timeout: 50 }).catch(({ code }: ZmqError) => {
  console.log(`of "sports", 50 ms: ${code}`);
});
