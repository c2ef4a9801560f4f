// Suicidal Snail: a subscriber that stops when it is too far behind.

import { setTimeout as sleep } from "node:timers/promises";
import { Publisher, Subscriber } from "zmq-native";

const maximumDelay = 1_000;

const publisher = new Publisher();
await publisher.bind("tcp://127.0.0.1:*");
async function publish() {
  while (!publisher.closed) {
    // Each message has the time at which it was sent.
    await publisher.send(`${performance.now()}`);
    await sleep(1);
  }
}

/** Receives 300 messages, and works for `milliseconds` on each. */
async function subscribe(name: string, milliseconds: number) {
  const subscriber = new Subscriber();
  subscriber.subscribe();
  subscriber.connect(publisher.lastEndpoint!);
  let result = `${name}: received 300 messages`;
  for (let count = 0; count < 300; count++) {
    const [sent] = await subscriber.receive();
    if (performance.now() - Number(sent) > maximumDelay) {
      result = `${name}: stops, more than a second behind`;
      break;
    }
    if (milliseconds > 0) await sleep(milliseconds);
  }
  subscriber.close();
  return result;
}

const publishing = publish();
for (const line of await Promise.all([subscribe("fast", 0), subscribe("slow", 10)])) console.log(line);
publisher.close();
await publishing;
