// Espresso: a proxy that sends a copy of all its messages to a third socket.

import { Proxy, Publisher, Pull, Push, Subscriber, XPublisher, XSubscriber } from "zmq-native";

const capture = new Push();
const observer = new Pull();
await observer.bind("inproc://capture");
capture.connect("inproc://capture");

const proxy = new Proxy(new XSubscriber(), new XPublisher(), { capture });
await proxy.frontEnd.bind("tcp://127.0.0.1:*");
await proxy.backEnd.bind("tcp://127.0.0.1:*");
const [front, back] = [proxy.frontEnd.lastEndpoint!, proxy.backEnd.lastEndpoint!];
const running = proxy.run();

const publisher = new Publisher();
const subscriber = new Subscriber();
publisher.connect(front);
subscriber.subscribe("B");
subscriber.connect(back);
await publisher.waitForSubscribers(1);
for (const text of ["A1", "B1", "A2", "B2"]) await publisher.send(text);
console.log(`subscriber: ${await subscriber.receive()}, ${await subscriber.receive()}`);
subscriber.unsubscribe("B");

for (let count = 0; count < 4; count++) {
  const [frame] = await observer.receive();
  if (frame[0] === 1) console.log(`observer: subscribe ${frame.subarray(1)}`);
  else if (frame[0] === 0) console.log(`observer: unsubscribe ${frame.subarray(1)}`);
  else console.log(`observer: message ${frame}`);
}
proxy.terminate();
await running;
for (const socket of [publisher, subscriber, observer]) socket.close();
