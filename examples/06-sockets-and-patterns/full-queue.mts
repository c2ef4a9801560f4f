// When a queue is full, a socket waits, returns false, or drops the message.

import { Pull, Push, Subscriber, XPublisher, type ZmqError } from "zmq-native";

// Over inproc the queue holds the sum of both high-water marks: 1 + 1 messages.
const pull = new Pull({ receiveHighWaterMark: 1 });
const push = new Push({ sendHighWaterMark: 1 });
await pull.bind("inproc://pull");
push.connect("inproc://pull");
const results = [1, 2, 3].map((number) => push.trySend(`message ${number}`));
console.log(`Push, trySend: ${results.join(", ")}`);
const code = await push.send("message 3", { timeout: 50 }).catch(({ code }: ZmqError) => code);
console.log(`Push, send with a timeout of 50 ms: ${code}`);
const sending = push.send("message 3");
await pull.receive();
await sending;
console.log("Push, send: resolved when the Pull had received a message");

for (const noDrop of [false, true]) {
  const publisher = new XPublisher({ sendHighWaterMark: 1, noDrop });
  const subscriber = new Subscriber({ receiveHighWaterMark: 1 });
  subscriber.subscribe();
  await publisher.bind(`inproc://publisher-${noDrop}`);
  subscriber.connect(`inproc://publisher-${noDrop}`);
  await publisher.waitForSubscribers(1);
  const results = [1, 2, 3].map((number) => publisher.trySend(`message ${number}`));
  const received = await subscriber.receiveMany();
  console.log(`XPublisher, noDrop ${noDrop}: ${results.join(", ")}; received: ${received.join(", ")}`);
  publisher.close();
  subscriber.close();
}

const newest = new Pull({ conflate: true });
const sender = new Push({ conflate: true });
await newest.bind("inproc://newest");
sender.connect("inproc://newest");
for (const number of [1, 2, 3]) await sender.send(`message ${number}`);
console.log(`conflate: ${await newest.receive()}`);
for (const socket of [pull, push, newest, sender]) socket.close({ linger: 0 });
