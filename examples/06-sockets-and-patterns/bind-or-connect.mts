// For each pattern, either end can bind and the other connects.

import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Subscriber,
} from "zmq-native";

interface Sender extends Socket {
  send(message: string): Promise<void>;
}
interface Receiver extends Socket {
  receive(): Promise<Buffer[]>;
}

async function show(title: string, makeSender: () => Sender, makeReceiver: () => Receiver) {
  for (const binding of ["sender", "receiver"]) {
    const sender = makeSender();
    const receiver = makeReceiver();
    if (receiver instanceof Subscriber) receiver.subscribe();
    const [bound, connected] = binding === "sender" ? [sender, receiver] : [receiver, sender];
    await bound.bind("tcp://127.0.0.1:*");
    connected.connect(bound.lastEndpoint!);

    // A bound Subscriber sends its subscriptions to a new publisher while it receives.
    const received = receiver.receive();
    if (sender instanceof Publisher) await sender.waitForSubscribers(1);
    await sender.send(`the ${binding} binds`);
    console.log(`${title}: ${(await received).at(-1)}`);
    sender.close();
    receiver.close();
  }
}

await show(
  "Push to Pull",
  () => new Push(),
  () => new Pull(),
);
await show(
  "Publisher to Subscriber",
  () => new Publisher(),
  () => new Subscriber(),
);
await show(
  "Request to Reply",
  () => new Request(),
  () => new Reply(),
);
await show(
  "Dealer to Router",
  () => new Dealer(),
  () => new Router(),
);
await show(
  "Pair to Pair",
  () => new Pair(),
  () => new Pair(),
);
