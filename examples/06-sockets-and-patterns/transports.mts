// The same publisher and subscriber over six transports. Only the URL changes.

import { setTimeout as sleep } from "node:timers/promises";
import { capability, Publisher, Subscriber } from "zmq-native";

const [multicast = "epgm://127.0.0.1;239.192.1.1:5555"] = process.argv.slice(2);

async function show(title: string, endpoint: string) {
  const ipv6 = endpoint.includes("[");
  const publisher = new Publisher({ ipv6, linger: 0, rate: 10_000 });
  const subscriber = new Subscriber({ ipv6, rate: 10_000 });
  subscriber.subscribe("news");
  await publisher.bind(endpoint);
  subscriber.connect(publisher.lastEndpoint!);

  // Over epgm, a publisher does not know its subscribers. So it sends until the subscriber has ten messages.
  let done = false;
  const publishing = (async () => {
    for (let number = 1; !done; number++) {
      await publisher.send(["news", `${number}`]);
      await sleep(5);
    }
  })();
  const numbers: number[] = [];
  while (numbers.length < 10) numbers.push(Number((await subscriber.receive())[1]));
  done = true;
  await publishing;

  const gaps = numbers.slice(1).filter((number, index) => number !== numbers[index] + 1).length;
  console.log(`${title}: ${numbers.length} messages, ${gaps} gaps`);
  publisher.close();
  subscriber.close();
}

await show("inproc", "inproc://news");
if (capability.ipc) await show("ipc", "ipc://*");
await show("tcp", "tcp://127.0.0.1:*");
await show("tcp, IPv6", "tcp://[::1]:*");
await show("ws", "ws://127.0.0.1:*/news");
if (capability.pgm) await show("epgm", multicast);
