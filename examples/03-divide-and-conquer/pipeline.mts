// A ventilator hands out tasks, workers do them in parallel, a sink collects the results: one worker, two, four.
// `worker VENTILATOR SINK` runs a worker alone, `ventilator WORKERS` the rest, for workers of your own.

import { setTimeout as sleep } from "node:timers/promises";
import { Worker, workerData } from "node:worker_threads";
import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";
import { handshakes } from "../common/handshakes.mjs";

/** A worker connects upstream, to the ventilator, and downstream, to the sink. */
async function work(ventilator: string, sink: string) {
  const upstream = new Pull();
  const downstream = new Push();
  upstream.connect(ventilator);
  downstream.connect(sink);
  for await (const [milliseconds] of upstream) {
    // Instead of work, so that it does not matter how many processors there are.
    await sleep(Number(milliseconds));
    await downstream.send("done");
  }
}

/** Milliseconds that 40 tasks of 10 ms take. `hire` makes the workers. */
async function distribute(count: number, hire: (ventilator: string, sink: string) => Disposable) {
  using ventilator = new Push();
  using sink = new Pull();
  // Whoever comes late would get less to do: the tasks wait until all workers are here.
  const ready = handshakes(ventilator, count);
  using _workers = hire(await bind(ventilator), await bind(sink));
  await ready;

  const start = performance.now();
  for (let task = 0; task < 40; task++) await ventilator.send("10");
  for (let task = 0; task < 40; task++) await sink.receive();
  console.log(`40 tasks of 10 ms, ${count} workers: ~${Math.round(performance.now() - start)} ms`);
}

/** Starts this file in threads. */
function startThreads(count: number, ...endpoints: string[]): Disposable {
  const threads = Array.from(
    { length: count },
    () => new Worker(new URL(import.meta.url), { workerData: endpoints }),
  );
  return { [Symbol.dispose]: () => threads.forEach((thread) => void thread.terminate()) };
}

const [part = "all", ...rest] = workerData ? ["worker", ...workerData] : process.argv.slice(2);

if (part === "worker") {
  await work(rest[0], rest[1]);
} else if (part === "ventilator") {
  await distribute(Number(rest[0]), (ventilator, sink) => {
    console.log(`worker ${ventilator} ${sink}`);
    return { [Symbol.dispose]() {} };
  });
} else {
  for (const count of [1, 2, 4]) await distribute(count, (...endpoints) => startThreads(count, ...endpoints));
}
