// How many connections ten nodes need: without a broker, and with one.

import { Proxy, Publisher, Subscriber, XPublisher, XSubscriber } from "zmq-native";

class Node {
  readonly publisher = new Publisher();
  readonly subscriber = new Subscriber();
  connections = 0;

  constructor() {
    for (const socket of [this.publisher, this.subscriber]) {
      socket.events.on("connect", () => this.connections++);
    }
    this.subscriber.subscribe();
  }

  close() {
    this.publisher.close();
    this.subscriber.close();
  }
}

/** Waits until ten nodes have made `expected` connections. */
async function connected(nodes: Node[], expected: number) {
  const count = () => nodes.reduce((sum, { connections }) => sum + connections, 0);
  while (count() < expected) await new Promise(setImmediate);
  return count();
}
const tenNodes = () => Array.from({ length: 10 }, () => new Node());

// Each node binds its publisher and connects its subscriber to the nine others.
const mesh = tenNodes();
for (const { publisher } of mesh) await publisher.bind("tcp://127.0.0.1:*");
for (const node of mesh) {
  for (const other of mesh) if (other !== node) node.subscriber.connect(other.publisher.lastEndpoint!);
}
console.log(`10 nodes without a broker: ${await connected(mesh, 90)} connections`);

// Each node connects its two sockets to the broker.
const broker = new Proxy(new XSubscriber(), new XPublisher());
await broker.frontEnd.bind("tcp://127.0.0.1:*");
await broker.backEnd.bind("tcp://127.0.0.1:*");
const [front, back] = [broker.frontEnd.lastEndpoint!, broker.backEnd.lastEndpoint!];
const running = broker.run();
const star = tenNodes();
for (const { publisher, subscriber } of star) {
  publisher.connect(front);
  subscriber.connect(back);
}
console.log(`10 nodes with a broker: ${await connected(star, 20)} connections`);

for (const node of [...mesh, ...star]) node.close();
broker.terminate();
await running;
