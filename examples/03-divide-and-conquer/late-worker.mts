// The slow joiner among workers: tasks that are sent before the second one is there all go to the first one.

import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";
import { Cable } from "../common/cable.mjs";
import { handshakes } from "../common/handshakes.mjs";

/** Sends 1,000 tasks when so many of two workers are there; the other one connects in the middle. What each gets. */
async function distribute(present: number): Promise<number[]> {
  using ventilator = new Push();
  const ready = handshakes(ventilator, present);
  const endpoint = await bind(ventilator);
  using cable = await Cable.lay(endpoint);

  const workers = [new Pull(), new Pull()];
  for (const worker of workers.slice(0, present)) worker.connect(endpoint);
  await ready;
  for (let task = 0; task < 1_000; task++) {
    if (task === 500 && present === 1) workers[1].connect(cable.endpoint);
    ventilator.trySend(`task ${task}`);
  }

  const counts = [0, 0];
  for (const [index, worker] of workers.entries()) {
    while (await worker.receive({ timeout: 200 }).catch(() => undefined)) counts[index]++;
    worker.close();
  }
  return counts;
}

const [first, second] = await distribute(1);
console.log(`one worker is there, another one comes after 500 tasks: ${first} and ${second} tasks`);
const [one, other] = await distribute(2);
console.log(`both are there: ${one} and ${other} tasks`);
