// A bridge forwards messages from an inner network to an outer one, and subscriptions in the other direction.

import { Proxy, Publisher, Subscriber, XPublisher, XSubscriber } from "zmq-native";

// inproc stands for a network that subscribers outside cannot reach.
const station = new Publisher();
await station.bind("inproc://inside");

const bridge = new Proxy(new XSubscriber(), new XPublisher());
bridge.frontEnd.connect("inproc://inside");
await bridge.backEnd.bind("tcp://127.0.0.1:*");
const outside = bridge.backEnd.lastEndpoint!;
const running = bridge.run();

const subscribers: Subscriber[] = [];
for (const place of ["10001 ", "10002 "]) {
  const subscriber = new Subscriber();
  subscriber.subscribe(place);
  subscriber.connect(outside);
  // The subscription reaches the station through the bridge.
  await station.waitForSubscribers(1, { topic: place });
  subscribers.push(subscriber);
}

for (let place = 10_000; place < 10_100; place++) await station.send(`${place} 18 degrees`);
for (const subscriber of subscribers) console.log(`outside: ${await subscriber.receive()}`);

const { frontEnd } = await bridge.statistics();
console.log(`the bridge forwarded ${frontEnd.received.messages} of 100 messages`);
bridge.terminate();
await running;
for (const socket of [station, ...subscribers]) socket.close();
