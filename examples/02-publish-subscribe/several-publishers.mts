// A subscriber of three publishers receives from each of them in turn, although one sends much more.

import { setTimeout as sleep } from "node:timers/promises";
import { Publisher, Subscriber } from "zmq-native";

const subscriber = new Subscriber();
subscriber.subscribe();

const publishers: Publisher[] = [];
for (const [name, count] of [
  ["loud", 900],
  ["calm", 10],
  ["quiet", 5],
] as const) {
  const publisher = new Publisher();
  await publisher.bind("tcp://127.0.0.1:*");
  // One connect for each publisher.
  subscriber.connect(publisher.lastEndpoint!);
  await publisher.waitForSubscribers(1);
  for (let number = 1; number <= count; number++) await publisher.send([name, `${number}`]);
  publishers.push(publisher);
}
// Until all messages wait in the subscriber's queues.
await sleep(500);

const counts = { loud: 0, calm: 0, quiet: 0 };
for (let received = 1; received <= 915; received++) {
  const [name] = await subscriber.receive();
  counts[String(name) as keyof typeof counts]++;
  if ([15, 25, 915].includes(received)) {
    const { loud, calm, quiet } = counts;
    console.log(`after ${received} messages: ${loud} loud, ${calm} calm, ${quiet} quiet`);
  }
}
for (const socket of [subscriber, ...publishers]) socket.close();
