// A worker receives tasks and sends results. Start as many as you like, and stop each with Ctrl-C.

import { setTimeout as sleep } from "node:timers/promises";
import { Pull, Push } from "zmq-native";

const [tasks = "tcp://127.0.0.1:5557", results = "tcp://127.0.0.1:5558"] = process.argv.slice(2);

const upstream = new Pull();
const downstream = new Push();
upstream.connect(tasks);
downstream.connect(results);

for await (const [milliseconds] of upstream) {
  await sleep(Number(milliseconds));
  await downstream.send("done");
}
