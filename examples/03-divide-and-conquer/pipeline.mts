// A ventilator sends tasks, workers process them in parallel, and a sink collects the results: with 1, 2 and 4 workers.

import { setTimeout as sleep } from "node:timers/promises";
import { Worker, workerData } from "node:worker_threads";
import { Pull, Push } from "zmq-native";

if (workerData) {
  // This thread is a worker: it connects upstream to the ventilator and downstream to the sink.
  const upstream = new Pull();
  const downstream = new Push();
  upstream.connect(workerData.tasks);
  downstream.connect(workerData.results);
  for await (const [milliseconds] of upstream) {
    await sleep(Number(milliseconds));
    await downstream.send("done");
  }
}

for (const count of [1, 2, 4]) {
  const ventilator = new Push();
  const sink = new Pull();
  const { events } = ventilator;
  await ventilator.bind("tcp://127.0.0.1:*");
  await sink.bind("tcp://127.0.0.1:*");
  const workers = Array.from({ length: count }, () => {
    const endpoints = { tasks: ventilator.lastEndpoint, results: sink.lastEndpoint };
    return new Worker(new URL(import.meta.url), { workerData: endpoints });
  });

  // A worker that connects late would get fewer tasks: wait for all of them.
  let connected = 0;
  for await (const { type } of events) {
    if (type === "handshake" && ++connected === count) break;
  }

  const start = performance.now();
  for (let task = 0; task < 40; task++) await ventilator.send("10");
  for (let task = 0; task < 40; task++) await sink.receive();
  console.log(`40 tasks of 10 ms, ${count} workers: ~${Math.round(performance.now() - start)} ms`);

  for (const worker of workers) await worker.terminate();
  ventilator.close();
  sink.close();
}
