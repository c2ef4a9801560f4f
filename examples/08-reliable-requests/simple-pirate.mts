// Simple Pirate: a broker with several workers. When a worker fails, the client's next attempt goes to another one.

import { Request, Router, type ZmqError } from "zmq-native";

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

const front = new Router();
const back = new Router();
await front.bind("tcp://127.0.0.1:*");
await back.bind("tcp://127.0.0.1:*");

const idle: Buffer[] = [];
const requests: Buffer[][] = [];
function dispatch() {
  while (idle.length > 0 && requests.length > 0) {
    back.trySend([idle.shift()!, "", ...requests.shift()!]);
  }
}
async function receiveRequests() {
  for await (const [client, , question] of front) {
    requests.push([client, question]);
    dispatch();
  }
}
async function receiveReplies() {
  for await (const [worker, , client, answer] of back) {
    if (answer) await front.send([client, "", answer]);
    idle.push(worker);
    dispatch();
  }
}

/** A worker that fails after `limit` replies. */
async function work(worker: Request, name: string, limit: number) {
  worker.connect(back.lastEndpoint!);
  await worker.send("ready");
  let count = 0;
  for await (const [client, question] of worker) {
    if (count++ === limit) return console.log(`${name} fails at ${question}`);
    await worker.send([client, `${question}: answered by ${name}`]);
  }
}

/** Asks as the Lazy Pirate does. */
async function ask(question: string) {
  for (let attempt = 1; ; attempt++) {
    const client = new Request({ linger: 0 });
    client.connect(front.lastEndpoint!);
    await client.send(question);
    const reply = await client.receive({ timeout: 1_000 }).catch(onTimeout);
    client.close();
    if (reply) return `${reply} at attempt ${attempt}`;
  }
}

const brokering = [receiveRequests(), receiveReplies()];
const [anna, bert] = [new Request({ linger: 0 }), new Request({ linger: 0 })];
const working = [work(anna, "Anna", Number.POSITIVE_INFINITY)];
console.log(await ask("question 1"));
working.push(work(bert, "Bert", 1));
while (idle.length < 2) await new Promise(setImmediate);
for (let number = 2; number <= 6; number++) console.log(await ask(`question ${number}`));

for (const socket of [anna, bert, front, back]) socket.close();
await Promise.all([...brokering, ...working]);
