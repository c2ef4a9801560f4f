// Three publishers and three subscribers, each connected to each: every subscriber receives all messages.

import { Publisher, Subscriber } from "zmq-native";

const publishers = [new Publisher(), new Publisher(), new Publisher()];
const subscribers = [new Subscriber(), new Subscriber(), new Subscriber()];
for (const publisher of publishers) {
  await publisher.bind("tcp://127.0.0.1:*");
  for (const subscriber of subscribers) subscriber.connect(publisher.lastEndpoint!);
}
for (const subscriber of subscribers) subscriber.subscribe();
for (const publisher of publishers) await publisher.waitForSubscribers(3);

for (const [index, publisher] of publishers.entries()) {
  for (let count = 0; count < 100; count++) await publisher.send(`${index}`);
}
for (const [index, subscriber] of subscribers.entries()) {
  const counts = [0, 0, 0];
  for (let received = 0; received < 300; received++) {
    const [publisher] = await subscriber.receive();
    counts[Number(publisher)]++;
  }
  console.log(`subscriber ${index + 1}: ${counts.join(", ")} messages of the three publishers`);
}
for (const socket of [...publishers, ...subscribers]) socket.close();
