// Suicidal Snail: a subscriber that cannot keep up gives up, loudly, before it works on what has long been untrue.

import { setTimeout as sleep } from "node:timers/promises";
import { Publisher, Subscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

const mostDelay = 200;

async function publish(publisher: Publisher) {
  while (!publisher.closed) {
    await publisher.send(`${performance.now()}`);
    await sleep(1);
  }
}

/** Takes ticks until it has had enough of them, or is too late for one; `pause` is what its work takes. */
async function subscribe(endpoint: string, name: string, pause: number): Promise<string> {
  using subscriber = new Subscriber();
  subscriber.subscribe();
  subscriber.connect(endpoint);
  let ticks = 0;
  for await (const [sent] of subscriber) {
    const delay = performance.now() - Number(sent);
    if (delay > mostDelay) return `${name}: gives up, ${mostDelay} ms behind`;
    if (++ticks === 300) return `${name}: has kept up`;
    if (pause > 0) await sleep(pause);
  }
  return `${name}: the publisher is gone`;
}

using publisher = new Publisher();
const endpoint = await bind(publisher);
const publishing = publish(publisher);
const ends = await Promise.all([subscribe(endpoint, "rabbit", 0), subscribe(endpoint, "snail", 10)]);
for (const end of ends) console.log(end);
publisher.close();
await publishing;
