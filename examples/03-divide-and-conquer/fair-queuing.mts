// A sink takes from its peers in turn: who sends much cannot keep out who sends little.

import { setTimeout as sleep } from "node:timers/promises";
import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";

using sink = new Pull();
const endpoint = await bind(sink);

const messages = { busy: 900, idle: 10, lazy: 10 };
const workers: Push[] = [];
for (const [name, count] of Object.entries(messages)) {
  const worker = new Push();
  worker.connect(endpoint);
  for (let result = 1; result <= count; result++) await worker.send([name, `${result}`]);
  workers.push(worker);
}
// A moment later, all of it waits at the sink.
await sleep(200);

const order: string[] = [];
for (let received = 0; received < 30; received++) order.push(String((await sink.receive())[0]));
for (const name of Object.keys(messages)) {
  console.log(`of the first 30 results: ${order.filter((sender) => sender === name).length} by ${name}`);
}
for (const worker of workers) worker.close({ linger: 0 });
