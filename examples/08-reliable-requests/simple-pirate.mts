// Simple Pirate: lazy clients, and a broker that hands their questions to workers that have said that they are ready.
// A worker may die: what it had is asked again, and goes to another one.

import { setTimeout as sleep } from "node:timers/promises";
import { Request, Router } from "zmq-native";
import { bind } from "../common/bind.mjs";
import { Queue } from "../common/queue.mjs";

using front = new Router();
using back = new Router();
const clientsAt = await bind(front);
const workersAt = await bind(back);

async function broker() {
  const ready = new Queue<Buffer>();
  const questions = async () => {
    for await (const [client, , question] of front) {
      await back.send([await ready.take(), "", client, question]);
    }
  };
  const answers = async () => {
    for await (const [worker, , client, answer] of back) {
      ready.put(worker);
      if (answer) await front.send([client, "", answer]);
    }
  };
  await Promise.all([questions(), answers()]);
}

/** Works until it dies, with the question that it should have answered. */
async function work(worker: Request, name: string, lifetime: number) {
  worker.connect(workersAt);
  await worker.send("ready");
  let answered = 0;
  for await (const [client, question] of worker) {
    if (answered++ === lifetime) return console.log(`${name}: dies with "${question}"`);
    await worker.send([client, `${question}: answered by ${name}`]);
  }
}

async function ask(question: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    using client = new Request({ linger: 0 });
    client.connect(clientsAt);
    await client.send(question);
    const answer = await client.receive({ timeout: 200 }).catch(() => undefined);
    if (answer) return `${answer}${attempt > 1 ? `, at attempt ${attempt}` : ""}`;
  }
}

const running = broker();
const [anna, bert] = [new Request({ linger: 0 }), new Request({ linger: 0 })];
const working = [work(anna, "Anna", Number.POSITIVE_INFINITY)];
console.log(await ask("question 1"));
working.push(work(bert, "Bert", 1));
await sleep(100);
for (let number = 2; number <= 6; number++) console.log(await ask(`question ${number}`));

for (const socket of [anna, bert, front, back]) socket.close();
await Promise.all([running, ...working]);
