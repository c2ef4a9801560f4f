// Everybody with everybody, or through one in the middle: how many connections ten nodes need.

import { Proxy, Publisher, Subscriber, XPublisher, XSubscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

const nodes = 10;
let connections = 0;
/** A node's own publisher and subscriber, whose connections are counted where they go out. */
function join(): { publisher: Publisher; subscriber: Subscriber } {
  const node = { publisher: new Publisher(), subscriber: new Subscriber() };
  node.subscriber.subscribe();
  for (const socket of [node.publisher, node.subscriber]) socket.events.on("connect", () => connections++);
  return node;
}
const arrived = async (expected: number) => {
  while (connections < expected) await new Promise(setImmediate);
};

// Everybody binds a publisher, and connects a subscriber to those of all others.
const mesh = Array.from({ length: nodes }, join);
const endpoints = await Promise.all(mesh.map(({ publisher }) => bind(publisher)));
for (const [number, { subscriber }] of mesh.entries()) {
  for (const endpoint of endpoints) if (endpoint !== endpoints[number]) subscriber.connect(endpoint);
}
await arrived(nodes * (nodes - 1));
console.log(`${nodes} nodes, each with all others: ${connections} connections`);

// With a broker in the middle, everybody connects twice, and knows two addresses.
connections = 0;
const broker = new Proxy(new XSubscriber(), new XPublisher());
const [front, back] = [await bind(broker.frontEnd), await bind(broker.backEnd)];
const running = broker.run();
const star = Array.from({ length: nodes }, join);
for (const { publisher, subscriber } of star) {
  publisher.connect(front);
  subscriber.connect(back);
}
await arrived(2 * nodes);
console.log(`${nodes} nodes with one in the middle: ${connections} connections`);

for (const { publisher, subscriber } of [...mesh, ...star]) {
  publisher.close();
  subscriber.close();
}
broker.terminate();
await running;
