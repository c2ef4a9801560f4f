// fastify/worker.mts
// A worker for fastify/main.mts. It could also be a process on another host, in any language.

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
await socket.bind("tcp://127.0.0.1:*");
parentPort?.postMessage(socket.lastEndpoint);
parentPort?.once("message", () => socket.close());

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
