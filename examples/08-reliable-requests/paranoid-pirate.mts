// Paranoid Pirate: broker and workers send each other heartbeats, so each notices when the other one is killed.

import { fork } from "node:child_process";
import { once } from "node:events";
import { Dealer, Request, Router, type ZmqError } from "zmq-native";

const [
  role = "main",
  clientEndpoint = "tcp://127.0.0.1:5555",
  workerEndpoint = "tcp://127.0.0.1:5556",
  name,
] = process.argv.slice(2);

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

/** Milliseconds between heartbeats, and without one until the other end is considered dead. */
const interval = 50;
const patience = 3 * interval;

async function runBroker() {
  const front = new Router();
  // A worker that reconnects has the same name: the new connection replaces the old one.
  const back = new Router({ handover: true });
  await front.bind(clientEndpoint);
  await back.bind(workerEndpoint);

  const requests: Buffer[][] = [];
  /** When each idle worker was heard last. The first entry has been idle longest. */
  const idle = new Map<string, number>();
  function dispatch() {
    for (const worker of idle.keys()) {
      const request = requests.shift();
      if (!request) return;
      idle.delete(worker);
      back.trySend([worker, "request", ...request]);
    }
  }
  setInterval(() => {
    for (const [worker, heard] of idle) {
      if (performance.now() - heard > patience) idle.delete(worker);
      else back.trySend([worker, "heartbeat"]);
    }
  }, interval);

  async function receiveRequests() {
    for await (const [client, , question] of front) {
      requests.push([client, question]);
      dispatch();
    }
  }
  async function receiveReplies() {
    for await (const [worker, kind, client, reply] of back) {
      idle.set(String(worker), performance.now());
      if (String(kind) === "reply") await front.send([client, "", reply]);
      dispatch();
    }
  }
  await Promise.all([receiveRequests(), receiveReplies()]);
}

async function runWorker() {
  for (;;) {
    const socket = new Dealer({ routingId: name, linger: 0, reconnectInterval: 10 });
    socket.connect(workerEndpoint);
    const timer = setInterval(() => socket.trySend("heartbeat"), interval);
    for (;;) {
      const frames = await socket.receive({ timeout: patience }).catch(onTimeout);
      if (!frames) break;
      const [kind, client, question] = frames;
      if (String(kind) === "request")
        await socket.send(["reply", client, `${question}: answered by ${name}`]);
    }
    // The broker is silent: try again with a new connection.
    clearInterval(timer);
    socket.close();
  }
}

/** Asks as the Lazy Pirate does. */
async function ask(question: string) {
  for (;;) {
    const client = new Request({ linger: 0, reconnectInterval: 10 });
    client.connect(clientEndpoint);
    await client.send(question);
    const reply = await client.receive({ timeout: 500 }).catch(onTimeout);
    client.close();
    if (reply) return String(reply);
  }
}

if (role !== "main") {
  // Parts of this program end with it.
  process.once("disconnect", () => process.exit());
  await (role === "broker" ? runBroker() : runWorker());
}

const start = (role: string, name = "") => {
  return fork(import.meta.filename, [role, clientEndpoint, workerEndpoint, name]);
};
let broker = start("broker");
const anna = start("worker", "Anna");
console.log(await ask("question 1"));

anna.kill("SIGKILL");
const bert = start("worker", "Bert");
console.log("Anna is killed");
console.log(await ask("question 2"));

broker.kill("SIGKILL");
await once(broker, "exit");
console.log("the broker is killed");
broker = start("broker");
console.log("a new broker is started");
console.log(await ask("question 3"));

for (const child of [broker, bert]) child.kill("SIGKILL");
