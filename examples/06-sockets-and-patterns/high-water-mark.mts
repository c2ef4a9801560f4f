// A subscriber that does not read: the high-water mark is what its publisher's queue, and memory, may grow to.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Publisher, Subscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

/** Publishes 10,000 messages of 10 kB to a subscriber that sleeps; answers what arrives when it wakes up. */
async function measure(mark: number) {
  using publisher = new Publisher({ sendHighWaterMark: mark, linger: 0 });
  using subscriber = new Subscriber({ receiveHighWaterMark: 100 });
  subscriber.subscribe();
  subscriber.connect(await bind(publisher));
  await publisher.waitForSubscribers(1);

  const message = Buffer.alloc(10_000);
  const before = process.memoryUsage().rss;
  for (let number = 0; number < 10_000; number++) await publisher.send(message);
  const grown = Math.round((process.memoryUsage().rss - before) / 1e6);

  let received = 0;
  while (await subscriber.receive({ timeout: 200 }).catch(() => undefined)) received++;
  const lost = received < 10_000 ? "some are dropped" : "none is dropped";
  console.log(`mark ${mark || "none"}: ~${grown} MB more, ~${received} of 10000 arrive, ${lost}`);
}

const mark = process.argv[2];
if (mark === undefined) {
  // A process for each, so that one does not use the memory of the other.
  for (const mark of [100, 1_000, 0]) await once(fork(fileURLToPath(import.meta.url), [`${mark}`]), "exit");
} else {
  await measure(Number(mark));
}
