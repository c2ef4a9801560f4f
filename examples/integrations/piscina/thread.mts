// piscina/thread.mts
// The side of a thread: receives a task, and sends its result.

import { deserialize, serialize } from "node:v8";
import { workerData } from "node:worker_threads";
import { Dealer } from "zmq-native";

/** Calls `work` with the value of each task. */
export async function serve(work: (value: never) => unknown): Promise<void> {
  const { endpoint, id } = workerData as { endpoint: string; id: string };
  const socket = new Dealer({ routingId: id, linger: 0 });
  socket.connect(endpoint);
  await socket.send("ready");
  for await (const [value] of socket) {
    let reply: (Buffer | string)[];
    try {
      reply = ["ok", serialize(await work(deserialize(value!) as never))];
    } catch (error) {
      reply = ["error", error instanceof Error ? error.message : String(error)];
    }
    await socket.send(reply);
  }
}
