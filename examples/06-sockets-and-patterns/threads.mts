// A server of several threads: one door outside, over tcp, and workers inside, over inproc, which is the fastest way.

import { once } from "node:events";
import { isMainThread, parentPort, threadId, Worker } from "node:worker_threads";
import { Dealer, Proxy, Reply, Request, Router } from "zmq-native";
import { bind } from "../common/bind.mjs";

/** Something that would hold up the event loop of a server with one thread. */
function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

if (isMainThread) {
  const server = new Proxy(new Router(), new Dealer());
  const endpoint = await bind(server.frontEnd);
  // All threads share the default context, and so its inproc names.
  await bind(server.backEnd, "inproc://workers");
  const running = server.run();
  const threads = [1, 2].map(() => new Worker(new URL(import.meta.url)));
  // Whoever is there first would get all the work.
  await Promise.all(threads.map((thread) => once(thread, "message")));

  const ask = async (n: number) => {
    using client = new Request();
    client.connect(endpoint);
    await client.send(`${n}`);
    const [answer, thread] = await client.receive();
    return { line: `fibonacci(${n}) = ${answer}`, thread: String(thread) };
  };
  const answers = await Promise.all([20, 21, 22, 23, 24, 25].map(ask));
  for (const { line } of answers) console.log(line);
  console.log(`by ${new Set(answers.map(({ thread }) => thread)).size} threads`);

  server.terminate();
  await running;
  for (const thread of threads) {
    thread.terminate();
    await once(thread, "exit");
  }
} else {
  using reply = new Reply();
  reply.connect("inproc://workers");
  parentPort?.postMessage("ready");
  for await (const [n] of reply) await reply.send([`${fibonacci(Number(n))}`, `${threadId}`]);
}
