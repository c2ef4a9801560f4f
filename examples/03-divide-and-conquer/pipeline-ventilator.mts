// Ventilator and sink in one program: sends 40 tasks when the workers have connected, and waits for the results.

import { Pull, Push } from "zmq-native";

const [workers = "2", tasks = "tcp://127.0.0.1:5557", results = "tcp://127.0.0.1:5558"] =
  process.argv.slice(2);

const ventilator = new Push();
const sink = new Pull();
const { events } = ventilator;
await ventilator.bind(tasks);
await sink.bind(results);
console.log(`ventilator: waiting for ${workers} workers at ${ventilator.lastEndpoint} ${sink.lastEndpoint}`);

let connected = 0;
for await (const { type } of events) {
  if (type === "handshake" && ++connected === Number(workers)) break;
}

for (let task = 0; task < 40; task++) await ventilator.send("10");
for (let task = 0; task < 40; task++) await sink.receive();
console.log("sink: 40 tasks are done");
ventilator.close();
sink.close();
