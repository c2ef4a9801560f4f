// A network of nodes starts together: ten subscribers check in, and the publisher begins when all are there.

import { Publisher, Reply, Request, Subscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

const expected = 10;
using publisher = new Publisher({ sendHighWaterMark: 0 });
using registry = new Reply();
const updatesAt = await bind(publisher);
const registryAt = await bind(registry);

/** A node: subscribes, knows that it is subscribed when it hears the publisher, checks in, then counts the updates. */
async function node(): Promise<number> {
  using subscriber = new Subscriber({ receiveHighWaterMark: 0 });
  subscriber.subscribe();
  subscriber.connect(updatesAt);
  await subscriber.receive();

  using request = new Request();
  request.connect(registryAt);
  await request.send("I am here");
  await request.receive();

  let updates = 0;
  for await (const [text] of subscriber) {
    if (String(text) === "end") return updates;
    if (String(text) === "update") updates++;
  }
  return updates;
}
const nodes = Promise.all(Array.from({ length: expected }, node));

// Until all have checked in, it only says that it is there.
const hello = setInterval(() => publisher.send("hello"), 10);
for (let present = 0; present < expected; present++) {
  await registry.receive();
  await registry.send("welcome");
}
clearInterval(hello);
console.log(`${expected} nodes have checked in`);

for (let update = 0; update < 10_000; update++) await publisher.send("update");
await publisher.send("end");
console.log(`updates that each has got: ${(await nodes).join(", ")}`);
