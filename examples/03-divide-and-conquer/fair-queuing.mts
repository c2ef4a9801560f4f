// A Pull receives from its peers in turn: a busy worker cannot delay the results of the others.

import { setTimeout as sleep } from "node:timers/promises";
import { Pull, Push } from "zmq-native";

const sink = new Pull();
await sink.bind("tcp://127.0.0.1:*");

const workers: Push[] = [];
for (const [name, results] of [
  ["busy", 900],
  ["idle", 10],
  ["lazy", 10],
] as const) {
  const worker = new Push();
  worker.connect(sink.lastEndpoint!);
  for (let result = 1; result <= results; result++) await worker.send([name, `${result}`]);
  workers.push(worker);
}
// Until all results wait in the sink's queues.
await sleep(500);

const senders: string[] = [];
for (let received = 0; received < 30; received++) {
  const [name] = await sink.receive();
  senders.push(String(name));
}
for (const name of ["busy", "idle", "lazy"]) {
  console.log(`of the first 30 results, ${name} sent ${senders.filter((sender) => sender === name).length}`);
}
for (const socket of [sink, ...workers]) socket.close({ linger: 0 });
