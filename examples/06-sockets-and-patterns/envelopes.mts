// An envelope: the key in a frame of its own. Subscriptions look at that frame alone, and never at what is inside.

import { Publisher, Subscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

using publisher = new Publisher();
using subscriber = new Subscriber();
subscriber.subscribe("B");
subscriber.connect(await bind(publisher));
await publisher.waitForSubscribers(1);

const sender = "publisher 7";
await publisher.send(["A", sender, "for those who want A"]);
await publisher.send(["B", sender, "for those who want B"]);
await publisher.send(["A", sender, "B is mentioned here, in vain"]);
await publisher.send(["B", sender, "the end"]);

for await (const [key, address, text] of subscriber) {
  console.log(`${key}, by ${address}: ${text}`);
  if (String(text) === "the end") break;
}
