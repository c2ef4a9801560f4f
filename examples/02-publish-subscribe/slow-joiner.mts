// A message published before the subscription has arrived is lost, even if the subscriber started first.

import { Publisher, Subscriber } from "zmq-native";

const [endpoint = "tcp://127.0.0.1:5556"] = process.argv.slice(2);

const subscriber = new Subscriber({ reconnectInterval: 500 });
const { events } = subscriber;
subscriber.subscribe();
subscriber.connect(endpoint);
// The subscriber finds no publisher yet, and will try again in the background.
for await (const { type } of events) if (type === "connect:retry") break;

const publisher = new Publisher();
await publisher.bind(endpoint);
await publisher.send("too early");

await publisher.waitForSubscribers(1);
await publisher.send("in time");

const [text] = await subscriber.receive();
console.log(`the first message received: "${text}"`);
publisher.close();
subscriber.close();
