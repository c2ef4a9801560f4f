// The same node as a function of this thread, as a thread, and as a process. Only its endpoint differs.

import { fork } from "node:child_process";
import { Worker, workerData } from "node:worker_threads";
import { Reply, Request } from "zmq-native";

/** The node: squares one number. */
async function node(endpoint: string) {
  const reply = new Reply();
  reply.connect(endpoint);
  const [number] = await reply.receive();
  await reply.send(`${Number(number) ** 2}`);
  await reply.close({ linger: 1_000 });
}

const file = import.meta.filename;
const startThread = (endpoint: string) => new Worker(file, { workerData: endpoint });
const startProcess = (endpoint: string) => fork(file, [endpoint]);

async function use(title: string, endpoint: string, start: (endpoint: string) => unknown) {
  const request = new Request();
  await request.bind(endpoint);
  start(request.lastEndpoint!);
  await request.send("12");
  console.log(`${title}: 12 squared is ${await request.receive()}`);
  request.close();
}

const endpoint: string | undefined = workerData ?? process.argv[2];
if (endpoint) {
  await node(endpoint);
} else {
  await use("this thread, inproc", "inproc://function", node);
  await use("another thread, inproc", "inproc://thread", startThread);
  await use("another process, ipc", "ipc://*", startProcess);
  await use("another process or machine, tcp", "tcp://127.0.0.1:*", startProcess);
}
