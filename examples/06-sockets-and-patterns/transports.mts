// The same program over another transport: only the URL is changed.

import { setTimeout as sleep } from "node:timers/promises";
import { capability, Publisher, Subscriber } from "zmq-native";
import { group } from "../common/group.mjs";
import { ipc } from "../common/ipc.mjs";

/** Publishes until the subscriber has ten of them: over epgm nobody can say when it is there. */
async function exchange(endpoint: string): Promise<string> {
  using publisher = new Publisher({ ipv6: endpoint.includes("["), linger: 0, rate: 10_000 });
  using subscriber = new Subscriber({ ipv6: endpoint.includes("["), rate: 10_000 });
  subscriber.subscribe("news");
  await publisher.bind(endpoint);
  subscriber.connect(publisher.lastEndpoint as string);

  const enough = new AbortController();
  const publishing = (async () => {
    for (let number = 1; !enough.signal.aborted; number++) {
      await publisher.send(`news ${number}`);
      await sleep(5);
    }
  })();
  const texts: string[] = [];
  while (texts.push(String(await subscriber.receive())) < 10);
  enough.abort();
  await publishing;
  const numbers = texts.map((text) => Number(text.split(" ")[1]));
  const inOrder = numbers.every((number, index) => index === 0 || number === numbers[index - 1] + 1);
  return `${numbers.length} messages, ${inOrder ? "none missing between them" : "with GAPS"}`;
}

const endpoints = {
  inproc: "inproc://news",
  ipc: capability.ipc && ipc("news"),
  tcp: "tcp://127.0.0.1:*",
  "tcp, IPv6": "tcp://[::1]:*",
  ws: "ws://127.0.0.1:*/news",
  epgm: capability.pgm && group("epgm"),
};
for (const [name, endpoint] of Object.entries(endpoints)) {
  if (endpoint) console.log(`${name}: ${await exchange(endpoint)}`);
}
