// Waiting costs nothing: a hundred sockets, each with a loop and a peer, and a processor that has nothing to do.

import { setTimeout as sleep } from "node:timers/promises";
import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";

const sockets: (Pull | Push)[] = [];
for (let count = 0; count < 50; count++) {
  const pull = new Pull();
  const push = new Push();
  push.connect(await bind(pull));
  sockets.push(pull, push);
  (async () => {
    for await (const _ of pull);
  })();
}
await sleep(200);

const before = process.cpuUsage();
await sleep(1_000);
const { user, system } = process.cpuUsage(before);
console.log(
  `${sockets.length} sockets that wait for a second: ~${Math.round((user + system) / 1_000)} ms of processor time`,
);
for (const socket of sockets) socket.close();
