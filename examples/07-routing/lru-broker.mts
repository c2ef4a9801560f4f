// A broker that gives work to those who have asked for it: whoever has been idle longest is next, and nobody waits
// behind a slow one.

import { setTimeout as sleep } from "node:timers/promises";
import { Request, Router } from "zmq-native";
import { bind } from "../common/bind.mjs";
import { Queue } from "../common/queue.mjs";

using front = new Router();
using back = new Router();
const clientsAt = await bind(front);
const workersAt = await bind(back);
const ready = new Queue<Buffer>();

async function passQuestions() {
  for await (const [client, , question] of front) {
    await back.send([await ready.take(), "", client, "", question]);
  }
}

async function passAnswers() {
  for await (const [worker, , client, , answer] of back) {
    // Each answer, and the "ready" before the first one, says that the worker is free again.
    ready.put(worker);
    if (answer) await front.send([client, "", answer]);
  }
}

async function work(worker: Request, milliseconds: number): Promise<number> {
  worker.connect(workersAt);
  await worker.send("ready");
  let count = 0;
  for await (const [client, , question] of worker) {
    await sleep(milliseconds);
    await worker.send([client, "", `${question} is done`]);
    count++;
  }
  return count;
}

async function ask(name: string) {
  using client = new Request();
  client.connect(clientsAt);
  for (let number = 1; number <= 10; number++) {
    await client.send(`task ${number} of ${name}`);
    await client.receive();
  }
}

const passing = [passQuestions(), passAnswers()];
const workers = [new Request(), new Request(), new Request()];
const working = [5, 5, 50].map((milliseconds, index) => work(workers[index], milliseconds));
await Promise.all(["Anna", "Bert", "Cleo", "Dora"].map(ask));
for (const socket of [...workers, front, back]) socket.close();
const [quick, alike, slow] = await Promise.all(working);
console.log(`40 tasks: ~${quick} and ~${alike} by the quick workers, ~${slow} by the slow one`);
await Promise.all(passing);
