// Lost messages are noticed by their numbers: a subscriber that reads too slowly learns what it has missed.

import { setTimeout as sleep } from "node:timers/promises";
import { Publisher, Subscriber } from "zmq-native";

using publisher = new Publisher({ sendHighWaterMark: 10 });
using subscriber = new Subscriber({ receiveHighWaterMark: 10 });
subscriber.subscribe();
// Over inproc there are no buffers in between, and the numbers are the same each time.
await publisher.bind("inproc://numbers");
subscriber.connect("inproc://numbers");
await publisher.waitForSubscribers(1);

let next = 1;
let expected = 1;
for (const burst of [10, 50, 5]) {
  for (let count = 0; count < burst; count++) await publisher.send(`${next++}`);
  // The subscriber does something else for a while, and reads what is there then.
  await sleep(20);
  let received = 0;
  for (let message = subscriber.tryReceive(); message; message = subscriber.tryReceive()) {
    const number = Number(message[0]);
    if (number !== expected) console.log(`gap: ${expected} to ${number - 1} are missing`);
    expected = number + 1;
    received++;
  }
  console.log(`${burst} published, ${received} received`);
}
