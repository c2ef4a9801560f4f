// One node in three places: in this thread, in a thread of its own, in a process of its own. Only its URL differs.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker, workerData } from "node:worker_threads";
import { Reply, Request } from "zmq-native";
import { ipc } from "../common/ipc.mjs";

/** The node: it squares numbers, until it gets an empty message. */
async function node(endpoint: string) {
  using reply = new Reply();
  reply.connect(endpoint);
  for await (const [number] of reply) {
    await reply.send(`${Number(number) ** 2}`);
    if (number.length === 0) break;
  }
}

const file = fileURLToPath(import.meta.url);
const deployed: string | undefined = workerData ?? process.argv[2];
if (deployed) {
  await node(deployed);
} else {
  const startThread = (at: string) => void new Worker(file, { workerData: at });
  const startProcess = (at: string) => void fork(file, [at]);
  await use("this thread", "inproc://squares", node);
  await use("a thread", "inproc://thread-squares", startThread);
  await use("a process", ipc("squares"), startProcess);
  await use("a process, as on another machine", "tcp://127.0.0.1:*", startProcess);
}

async function use(place: string, endpoint: string, deploy: (at: string) => unknown) {
  using request = new Request();
  await request.bind(endpoint);
  deploy(request.lastEndpoint as string);
  await request.send("12");
  console.log(`${place}, ${endpoint.split(":")[0]}: 12 squared is ${await request.receive()}`);
  // Whoever answers an empty message has got it, and ends.
  await request.send("");
  await request.receive();
}
