// What each type of socket does when there is no room: wait, or drop. And how to choose otherwise.

import { Pull, Push, Subscriber, XPublisher, type ZmqError } from "zmq-native";

const code = ({ code }: ZmqError) => code;

// Over inproc the marks of both ends add up: here 1 + 1 messages, and nothing in between that holds more.
using pull = new Pull({ receiveHighWaterMark: 1 });
using push = new Push({ sendHighWaterMark: 1 });
await pull.bind("inproc://pull");
push.connect("inproc://pull");
const room = [1, 2, 3].map((number) => push.trySend(`message ${number}`));
console.log(`Push, trySend: ${room.join(", ")}`);
console.log(`Push, send, 50 ms: ${await push.send("message 3", { timeout: 50 }).catch(code)}`);
const waiting = push.send("message 3");
console.log(`Pull: ${await pull.receive()}`);
await waiting;
console.log("Push, send: waited until there was room");

for (const noDrop of [false, true]) {
  using publisher = new XPublisher({ sendHighWaterMark: 1, noDrop });
  using subscriber = new Subscriber({ receiveHighWaterMark: 1 });
  subscriber.subscribe();
  await publisher.bind(`inproc://publisher-${noDrop}`);
  subscriber.connect(`inproc://publisher-${noDrop}`);
  await publisher.waitForSubscribers(1);
  const results = [1, 2, 3].map((number) => publisher.trySend(`message ${number}`));
  const arrived = await subscriber.receiveMany();
  console.log(`XPublisher, noDrop ${noDrop}: ${results.join(", ")}; arrived: ${arrived.join(", ")}`);
}

using conflating = new Pull({ conflate: true });
using sender = new Push({ conflate: true });
await conflating.bind("inproc://conflate");
sender.connect("inproc://conflate");
for (const number of [1, 2, 3]) await sender.send(`message ${number}`);
console.log(`conflate keeps the last: ${await conflating.receive()}`);
