// Espresso: a look at what passes through a proxy, by a third socket that is sent a copy of everything.

import { Proxy, Publisher, Pull, Push, Subscriber, XPublisher, XSubscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

using capture = new Push();
using observer = new Pull();
await bind(observer, "inproc://espresso");
capture.connect("inproc://espresso");

const proxy = new Proxy(new XSubscriber(), new XPublisher(), { capture });
const publishersAt = await bind(proxy.frontEnd);
const subscribersAt = await bind(proxy.backEnd);
const running = proxy.run();

using publisher = new Publisher();
publisher.connect(publishersAt);
using subscriber = new Subscriber();
subscriber.subscribe("B");
subscriber.connect(subscribersAt);
await publisher.waitForSubscribers(1);
for (const text of ["A1", "B1", "A2", "B2"]) await publisher.send(text);
console.log(`subscriber: ${await subscriber.receive()}, ${await subscriber.receive()}`);
subscriber.unsubscribe("B");

for (let seen = 0; seen < 4; seen++) {
  const [copy] = await observer.receive();
  // Subscriptions begin with a byte 1, their ends with a byte 0.
  const text = ["end of a subscription to", "subscription to"][copy[0]];
  console.log(`observer: ${text ? `${text} ${copy.subarray(1)}` : `message ${copy}`}`);
}
proxy.terminate();
await running;
