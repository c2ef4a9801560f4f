// Threads signal each other over Pair sockets: each step starts the one before it and waits for its signal.

import { Worker, workerData } from "node:worker_threads";
import { Pair } from "zmq-native";

/** Starts the thread of a step; resolves with its signal. */
async function waitFor(step: number) {
  const receiver = new Pair();
  await receiver.bind(`inproc://step-${step}`);
  new Worker(new URL(import.meta.url), { workerData: step });
  const signal = await receiver.receive();
  receiver.close();
  return signal.map(String);
}

const step: number | null = workerData;
if (step === null) {
  for (const line of await waitFor(3)) console.log(line);
  console.log("all steps are ready");
} else {
  const before = step > 1 ? await waitFor(step - 1) : [];
  const sender = new Pair();
  sender.connect(`inproc://step-${step}`);
  await sender.send([...before, `step ${step} is ready`]);
  await sender.close({ linger: 1_000 });
}
