// Threads signal to each other over pairs: each step starts the one before it, waits for its signal, and gives its own.

import { Worker, workerData } from "node:worker_threads";
import { Pair } from "zmq-native";

/** Starts the thread of a step; answers what it signals. */
async function awaitStep(step: number): Promise<string[]> {
  // Bound before the thread starts, so that it finds somebody there.
  using receiver = new Pair();
  await receiver.bind(`inproc://step-${step}`);
  new Worker(new URL(import.meta.url), { workerData: step });
  return (await receiver.receive()).map(String);
}

const step: number | null = workerData;
if (step === null) {
  for (const signal of await awaitStep(3)) console.log(signal);
  console.log("all steps are ready");
} else {
  const before = step > 1 ? await awaitStep(step - 1) : [];
  using signaller = new Pair();
  signaller.connect(`inproc://step-${step}`);
  await signaller.send([...before, `step ${step} is ready`]);
}
