// A subscriber does not receive: the high-water mark limits the publisher's queue, and its memory.

import { fork } from "node:child_process";
import { once } from "node:events";
import { Publisher, Subscriber, type ZmqError } from "zmq-native";

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

/** Publishes 10,000 messages of 10 kB before the subscriber receives. */
async function measure(mark: number) {
  const publisher = new Publisher({ sendHighWaterMark: mark, linger: 0 });
  const subscriber = new Subscriber({ receiveHighWaterMark: 100 });
  await publisher.bind("tcp://127.0.0.1:*");
  subscriber.subscribe();
  subscriber.connect(publisher.lastEndpoint!);
  await publisher.waitForSubscribers(1);

  const message = Buffer.alloc(10_000);
  const before = process.memoryUsage().rss;
  for (let number = 0; number < 10_000; number++) await publisher.send(message);
  const megabytes = Math.round((process.memoryUsage().rss - before) / 1e6);

  let received = 0;
  while (await subscriber.receive({ timeout: 500 }).catch(onTimeout)) received++;
  console.log(
    `high-water mark ${mark}: ~${megabytes} MB of memory, ~${received} of 10,000 messages received`,
  );
  publisher.close();
  subscriber.close();
}

const [mark] = process.argv.slice(2);
if (mark) {
  await measure(Number(mark));
} else {
  // A process for each measurement, since memory that a process has freed is reused. 0 means no limit.
  for (const mark of ["100", "1000", "0"]) await once(fork(import.meta.filename, [mark]), "exit");
}
