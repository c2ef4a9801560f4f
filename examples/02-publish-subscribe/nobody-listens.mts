// A publisher without subscribers drops its messages. waitForSubscribers tells whether there are subscribers.

import { Publisher, Subscriber, type ZmqError } from "zmq-native";

const codeOf = ({ code }: ZmqError) => code;

const publisher = new Publisher();
await publisher.bind("tcp://127.0.0.1:*");
for (let number = 0; number < 100_000; number++) await publisher.send("news");
console.log("100,000 messages sent and dropped");

const none = publisher.waitForSubscribers(1, { timeout: 50 });
console.log(`subscribers within 50 ms: ${await none.catch(codeOf)}`);

const subscriber = new Subscriber();
subscriber.subscribe("news");
subscriber.connect(publisher.lastEndpoint!);
console.log(`subscribers: ${await publisher.waitForSubscribers(1)}`);
console.log(`subscribers of "news": ${await publisher.waitForSubscribers(1, { topic: "news" })}`);
const sports = publisher.waitForSubscribers(1, { topic: "sports", timeout: 50 });
console.log(`subscribers of "sports" within 50 ms: ${await sports.catch(codeOf)}`);

publisher.close();
subscriber.close();
