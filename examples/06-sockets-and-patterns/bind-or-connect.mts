// Who binds and who connects has nothing to do with who sends: what stays binds, what comes and goes connects.

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
import { bind } from "../common/bind.mjs";

interface Sender extends Socket {
  send(message: string): Promise<void>;
}
interface Receiver extends Socket {
  receive(): Promise<Buffer[]>;
}
const patterns: [name: string, sender: () => Sender, receiver: () => Receiver][] = [
  ["Push to Pull", () => new Push(), () => new Pull()],
  ["Publisher to Subscriber", () => new Publisher(), subscribed],
  ["Request to Reply", () => new Request(), () => new Reply()],
  ["Dealer to Router", () => new Dealer(), () => new Router()],
  ["Pair to Pair", () => new Pair(), () => new Pair()],
];
function subscribed() {
  const subscriber = new Subscriber();
  subscriber.subscribe();
  return subscriber;
}

for (const [name, makeSender, makeReceiver] of patterns) {
  for (const bound of ["sender", "receiver"]) {
    using sender = makeSender();
    using receiver = makeReceiver();
    const [stable, dynamic] = bound === "sender" ? [sender, receiver] : [receiver, sender];
    dynamic.connect(await bind(stable));
    // A Subscriber that has bound subscribes at whoever connects as soon as it is read.
    const received = receiver.receive();
    if (sender instanceof Publisher) await sender.waitForSubscribers(1);
    await sender.send(`the ${bound} has bound`);
    console.log(`${name}: ${(await received).at(-1)}`);
  }
}
