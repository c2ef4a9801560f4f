// One publisher, or many subscribers in one process. The subscribers' process measures all deliveries together.

import { finish, options, stopwatch, tell, zmq } from "./peer.mjs";

const { role, count, size, subscribers } = options;

if (role === "publish") {
  const publisher = new zmq.XPublisher({ sendHighWaterMark: 0 });
  await publisher.bind("tcp://127.0.0.1:*");
  await tell({ endpoint: publisher.lastEndpoint });
  publisher.verbosity = "allSubs";
  for (let heard = 0; heard < subscribers; heard++) await publisher.receive();
  const message = Buffer.alloc(size);
  for (let i = 0; i < count; i++) await publisher.send(message);
  setInterval(() => {}, 1000);
} else {
  let received = 0;
  let watch;
  const total = count * subscribers;
  for (let i = 0; i < subscribers; i++) {
    const subscriber = new zmq.Subscriber({ receiveHighWaterMark: 0 });
    subscriber.subscribe();
    subscriber.connect(options.endpoint);
    const took = (messages) => {
      if (received === 0) watch = stopwatch();
      received += messages;
      if (received === total) finish({ rate: total / watch().seconds });
    };
    (async () => {
      if (options.by === "batch") for await (const messages of subscriber.batches()) took(messages.length);
      else for await (const _ of subscriber) took(1);
    })();
  }
}
