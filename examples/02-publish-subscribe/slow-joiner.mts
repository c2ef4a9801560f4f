// The slow joiner: what is published before a subscription has arrived is lost. The cure: wait for the subscribers.

import { Publisher, Subscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";
import { Cable } from "../common/cable.mjs";

/** Publishes 1,000 messages, with a subscriber from the 500th on; answers how many of the other 500 arrive. */
async function publish(wait: boolean): Promise<number> {
  using publisher = new Publisher();
  using subscriber = new Subscriber();
  using cable = await Cable.lay(await bind(publisher));
  subscriber.subscribe();

  for (let number = 0; number < 500; number++) publisher.trySend(`message ${number}`);
  subscriber.connect(cable.endpoint);
  // Connecting and subscribing takes some milliseconds, in the background. The publisher may wait for it, or not.
  if (wait) await publisher.waitForSubscribers(1);
  for (let number = 500; number < 1_000; number++) publisher.trySend(`message ${number}`);

  // Only now it is certain that there is a subscriber.
  await publisher.waitForSubscribers(1);
  publisher.trySend("end");

  let received = 0;
  for await (const [text] of subscriber) {
    if (String(text) === "end") break;
    received++;
  }
  return received;
}

console.log(`published right after it has connected: ${await publish(false)} of 500 messages arrive`);
console.log(`published when it has subscribed: ${await publish(true)} of 500 messages arrive`);
