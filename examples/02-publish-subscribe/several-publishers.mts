// One subscriber of three publishers, one of which is loud: each gets its turn, and nobody is drowned out.

import { setTimeout as sleep } from "node:timers/promises";
import { Publisher, Subscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

const loudness = { loud: 900, calm: 10, quiet: 5 };

using subscriber = new Subscriber();
subscriber.subscribe();

const publishers = await Promise.all(
  Object.entries(loudness).map(async ([name, messages]) => {
    const publisher = new Publisher();
    // One connect for each publisher.
    subscriber.connect(await bind(publisher));
    await publisher.waitForSubscribers(1);
    for (let number = 1; number <= messages; number++) await publisher.send([name, `${number}`]);
    return publisher;
  }),
);
// Now all have sent what they had to say; a moment later it waits at the subscriber.
await sleep(200);

const counts = { loud: 0, calm: 0, quiet: 0 };
const show = (title: string) =>
  console.log(`${title}: ${counts.loud} loud, ${counts.calm} calm, ${counts.quiet} quiet`);
for (let received = 1; received <= 915; received++) {
  const [name] = await subscriber.receive();
  counts[String(name) as keyof typeof counts]++;
  if ([15, 25, 915].includes(received)) show(`after ${received} messages`);
}
for (const publisher of publishers) publisher.close();
