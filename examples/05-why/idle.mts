// A hundred sockets wait for messages for a second, and use almost no CPU time.

import { setTimeout as sleep } from "node:timers/promises";
import { Pull, Push } from "zmq-native";

const sockets: (Pull | Push)[] = [];
async function receive(pull: Pull) {
  for await (const [text] of pull) console.log(text);
}
for (let pair = 0; pair < 50; pair++) {
  const pull = new Pull();
  const push = new Push();
  await pull.bind("tcp://127.0.0.1:*");
  push.connect(pull.lastEndpoint!);
  sockets.push(pull, push);
  receive(pull);
}
await sleep(200);

const before = process.cpuUsage();
await sleep(1_000);
const { user, system } = process.cpuUsage(before);
console.log(`${sockets.length} sockets, 1 second: ~${Math.round((user + system) / 1_000)} ms of CPU time`);
for (const socket of sockets) socket.close();
