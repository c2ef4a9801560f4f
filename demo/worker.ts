// A worker: asks the ventilator for files, computes digest and gzip size of each, tells the sink. Runs as a process of
// its own, or as a thread.

import { createHash } from "node:crypto";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { Dealer, Push } from "zmq-native";
import { decodeWork, encodeResult, type Result, type Setup, slots, type Work } from "./protocol.js";

function digest(worker: string, { id, path, content }: Work): Result {
  return {
    worker,
    id,
    path,
    digest: createHash("sha256").update(content).digest("hex"),
    bytes: content.length,
    gzipBytes: gzipSync(content).length,
  };
}

async function work({ name, ventilator, sink }: Setup): Promise<void> {
  // When the farewell comes every result has arrived, so there is nothing to linger for.
  using tasks = new Dealer({ routingId: name, linger: 0 });
  using results = new Push({ linger: 0 });
  tasks.connect(ventilator);
  results.connect(sink);

  await tasks.send(slots);
  for await (const frames of tasks) {
    const task = decodeWork(frames);
    if (task === undefined) break;
    await results.send(encodeResult(digest(name, task)));
    await tasks.send(1);
  }
}

async function main(): Promise<void> {
  if (!isMainThread) {
    parentPort?.once("message", () => process.exit()).unref();
    return work(workerData as Setup);
  }
  // Ctrl-C reaches every process of the terminal: the main program decides what becomes of its workers.
  process.on("SIGINT", () => {});
  // It may be killed itself, and then nobody would send a farewell.
  process.once("disconnect", () => process.exit());
  await work(JSON.parse(process.argv[2] ?? "") as Setup);
  // The channel to the main program would keep this process alive.
  process.disconnect();
}

main();
