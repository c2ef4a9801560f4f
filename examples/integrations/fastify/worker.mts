// fastify/worker.mts
// A worker: a thread of fastify/main.mts, or a process whose argument is the endpoint. It could be in any language.

import { setTimeout as sleep } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import { Reply } from "zmq-native";

interface Job {
  text: string;
  milliseconds?: number;
}

async function work({ text, milliseconds = 0 }: Job): Promise<unknown> {
  await sleep(milliseconds);
  if (text === "") throw new Error("there is no text");
  return { text: text.toUpperCase() };
}

const socket = new Reply();
await socket.bind(process.argv[2] ?? "tcp://127.0.0.1:*");
parentPort?.postMessage(socket.lastEndpoint);
parentPort?.once("message", () => socket.close());
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => socket.close());

/** Each job gets a reply, also one that is not JSON. */
async function replyTo(job: string): Promise<string[]> {
  try {
    const result = await work(JSON.parse(job));
    return ["ok", JSON.stringify(result ?? null)];
  } catch (error) {
    return ["error", error instanceof Error ? error.message : String(error)];
  }
}

for await (const [job] of socket) {
  const reply = await replyTo(String(job));
  if (!socket.closed) await socket.send(reply);
}
