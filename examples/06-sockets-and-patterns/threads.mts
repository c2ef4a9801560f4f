// A server with two worker threads: clients connect over tcp, the workers over inproc.

import { once } from "node:events";
import { isMainThread, parentPort, threadId, Worker } from "node:worker_threads";
import { Dealer, Proxy, Reply, Request, Router } from "zmq-native";

/** Work that would block the event loop of a server with one thread. */
function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

if (!isMainThread) {
  const reply = new Reply();
  reply.connect("inproc://workers");
  parentPort!.postMessage("ready");
  for await (const [n] of reply) await reply.send([`${fibonacci(Number(n))}`, `${threadId}`]);
}

const server = new Proxy(new Router(), new Dealer());
await server.frontEnd.bind("tcp://127.0.0.1:*");
const endpoint = server.frontEnd.lastEndpoint!;
// All threads share the default context, and so its inproc names.
await server.backEnd.bind("inproc://workers");
const running = server.run();
const threads = [1, 2].map(() => new Worker(new URL(import.meta.url)));
await Promise.all(threads.map((thread) => once(thread, "message")));

const used = new Set<string>();
async function ask(n: number) {
  const client = new Request();
  client.connect(endpoint);
  await client.send(`${n}`);
  const [result, thread] = await client.receive();
  used.add(String(thread));
  client.close();
  return `fibonacci(${n}) = ${result}`;
}
for (const line of await Promise.all([20, 21, 22, 23, 24, 25].map(ask))) console.log(line);
console.log(`computed by ${used.size} threads`);

server.terminate();
await running;
for (const thread of threads) await thread.terminate();
