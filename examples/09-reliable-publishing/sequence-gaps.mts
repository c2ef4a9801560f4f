// A slow subscriber detects lost messages by their sequence numbers.

import { Publisher, Subscriber } from "zmq-native";

const publisher = new Publisher({ sendHighWaterMark: 10 });
const subscriber = new Subscriber({ receiveHighWaterMark: 10 });
subscriber.subscribe();
await publisher.bind("inproc://numbers");
subscriber.connect("inproc://numbers");
await publisher.waitForSubscribers(1);

let next = 1;
let expected = 1;
for (const burst of [10, 50, 5]) {
  for (let count = 0; count < burst; count++) await publisher.send(`${next++}`);

  // The queues hold 10 + 10 messages. The publisher has dropped the others.
  const messages = await subscriber.receiveMany();
  for (const [frame] of messages) {
    const number = Number(frame);
    if (number !== expected) console.log(`messages ${expected} to ${number - 1} are lost`);
    expected = number + 1;
  }
  console.log(`${burst} published, ${messages.length} received`);
}
publisher.close();
subscriber.close();
