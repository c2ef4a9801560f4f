// A broker that gives each request to the worker that has been idle longest.

import { setTimeout as sleep } from "node:timers/promises";
import { Request, Router } from "zmq-native";

const front = new Router();
const back = new Router();
await front.bind("tcp://127.0.0.1:*");
await back.bind("tcp://127.0.0.1:*");

const idle: Buffer[] = [];
const requests: Buffer[][] = [];
function dispatch() {
  while (idle.length > 0 && requests.length > 0) {
    const [client, question] = requests.shift()!;
    back.trySend([idle.shift()!, "", client, "", question]);
  }
}
async function receiveRequests() {
  for await (const [client, , question] of front) {
    requests.push([client, question]);
    dispatch();
  }
}
async function receiveReplies() {
  for await (const [worker, , client, , answer] of back) {
    // A worker is idle after its reply, and after its first message, "ready".
    if (answer) await front.send([client, "", answer]);
    idle.push(worker);
    dispatch();
  }
}

async function work(worker: Request, milliseconds: number) {
  worker.connect(back.lastEndpoint!);
  await worker.send("ready");
  let count = 0;
  for await (const [client, , question] of worker) {
    await sleep(milliseconds);
    await worker.send([client, "", `${question} is done`]);
    count++;
  }
  return count;
}

async function ask() {
  const client = new Request();
  client.connect(front.lastEndpoint!);
  for (let task = 1; task <= 10; task++) {
    await client.send(`task ${task}`);
    await client.receive();
  }
  client.close();
}

const brokering = [receiveRequests(), receiveReplies()];
const workers = [new Request(), new Request(), new Request()];
const counts = [work(workers[0], 5), work(workers[1], 5), work(workers[2], 50)];
await Promise.all([ask(), ask(), ask(), ask()]);
for (const socket of [...workers, front, back]) socket.close();
const [fast, other, slow] = await Promise.all(counts);
console.log(`40 tasks: ~${fast} and ~${other} by the fast workers, ~${slow} by the slow one`);
await Promise.all(brokering);
