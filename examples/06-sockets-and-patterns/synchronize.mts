// The publisher starts when ten nodes have checked in, so that no update is lost.

import { Publisher, Reply, Request, Subscriber } from "zmq-native";

const publisher = new Publisher({ sendHighWaterMark: 0 });
const registry = new Reply();
await publisher.bind("tcp://127.0.0.1:*");
await registry.bind("tcp://127.0.0.1:*");

/** A node: subscribes, waits for a "hello", checks in, and counts the updates. */
async function node() {
  const subscriber = new Subscriber({ receiveHighWaterMark: 0 });
  subscriber.subscribe();
  subscriber.connect(publisher.lastEndpoint!);
  // A message proves that the subscription has arrived.
  await subscriber.receive();

  const request = new Request();
  request.connect(registry.lastEndpoint!);
  await request.send("ready");
  await request.receive();
  request.close();

  let updates = 0;
  for await (const [text] of subscriber) {
    if (String(text) === "end") break;
    if (String(text) === "update") updates++;
  }
  subscriber.close();
  return updates;
}
const nodes = Array.from({ length: 10 }, node);

// Sends "hello" until all nodes have checked in.
const hello = setInterval(() => publisher.trySend("hello"), 10);
for (const _ of nodes) {
  await registry.receive();
  await registry.send("welcome");
}
clearInterval(hello);
console.log("10 nodes have checked in");

for (let update = 0; update < 10_000; update++) await publisher.send("update");
await publisher.send("end");
console.log(`updates received: ${(await Promise.all(nodes)).join(", ")}`);
publisher.close();
registry.close();
