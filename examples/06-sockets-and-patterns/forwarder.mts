// A bridge between two networks: what is published inside is forwarded outside, and subscriptions the other way.

import { Proxy, Publisher, Subscriber, XPublisher, XSubscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

// Inside, addresses of this process stand for a network that nobody outside can reach.
using station = new Publisher();
await station.bind("inproc://inside");

const bridge = new Proxy(new XSubscriber(), new XPublisher());
bridge.frontEnd.connect("inproc://inside");
const outside = await bind(bridge.backEnd);
const running = bridge.run();

const listeners = ["10001 ", "10002 "].map((place) => {
  const listener = new Subscriber();
  listener.subscribe(place);
  listener.connect(outside);
  return listener;
});
// Through the bridge, the station hears what is wanted outside, and sends nothing else.
for (const topic of ["10001 ", "10002 "]) await station.waitForSubscribers(1, { topic });

for (let place = 10_000; place < 10_100; place++) await station.send(`${place} 18 degrees`);
for (const listener of listeners) console.log(`outside: ${await listener.receive()}`);

const { frontEnd } = await bridge.statistics();
console.log(`of 100 messages, ${frontEnd.received.messages} went over the bridge`);
bridge.terminate();
await running;
for (const listener of listeners) listener.close();
