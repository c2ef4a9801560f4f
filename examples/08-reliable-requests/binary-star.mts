// Binary Star: two servers, of which one is active. When it is killed, the other one takes over.

import { fork } from "node:child_process";
import { once } from "node:events";
import { Publisher, Request, Router, Subscriber, type ZmqError } from "zmq-native";

const [
  role = "main",
  primaryEndpoint = "tcp://127.0.0.1:5551",
  backupEndpoint = "tcp://127.0.0.1:5552",
  primaryStateEndpoint = "tcp://127.0.0.1:5553",
  backupStateEndpoint = "tcp://127.0.0.1:5554",
] = process.argv.slice(2);

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

/** Milliseconds between two messages about the own state, and without one until the peer is considered dead. */
const interval = 50;
const patience = 10 * interval;

async function runServer(isPrimary: boolean) {
  const clients = new Router();
  const publisher = new Publisher();
  const peer = new Subscriber({ reconnectInterval: 10 });
  peer.subscribe();
  await clients.bind(isPrimary ? primaryEndpoint : backupEndpoint);
  await publisher.bind(isPrimary ? primaryStateEndpoint : backupStateEndpoint);
  peer.connect(isPrimary ? backupStateEndpoint : primaryStateEndpoint);

  let state = "waiting";
  let peerHeard = performance.now();
  function become(next: string) {
    state = next;
    process.send?.(state);
  }
  setInterval(() => publisher.trySend(state), interval);

  async function hearPeer() {
    for await (const [frame] of peer) {
      const peerState = String(frame);
      peerHeard = performance.now();
      if (state === "waiting" && peerState === "active") become("passive");
      // Neither is active yet: the primary begins.
      if (state !== "active" && peerState === "waiting" && isPrimary) become("active");
      if (state === "active" && peerState === "active") throw new Error("both are active: stop one of them");
    }
  }

  async function answerClients() {
    for await (const [client, , question] of clients) {
      // Takes over only if the peer is silent and a client asks: the connection between the servers may have failed.
      if (state !== "active" && performance.now() - peerHeard > patience) become("active");
      if (state !== "active") continue;
      await clients.send([client, "", `${question}: answered by the ${isPrimary ? "primary" : "backup"}`]);
    }
  }
  await Promise.all([hearPeer(), answerClients()]);
}

if (role !== "main") {
  // The servers end with this program.
  process.once("disconnect", () => process.exit());
  await runServer(role === "primary");
}

const servers = [primaryEndpoint, backupEndpoint];
/** Asks one server, then the other, until one of them replies. */
async function ask(question: string) {
  for (;;) {
    const request = new Request({ linger: 0, reconnectInterval: 10 });
    request.connect(servers[0]);
    await request.send(question);
    const reply = await request.receive({ timeout: 1_000 }).catch(onTimeout);
    request.close();
    if (reply) return String(reply);
    servers.reverse();
  }
}

const start = (role: string) => fork(import.meta.filename, [role, ...process.argv.slice(3)]);
let primary = start("primary");
const backup = start("backup");
const [[primaryState], [backupState]] = await Promise.all([
  once(primary, "message"),
  once(backup, "message"),
]);
console.log(`the primary is ${primaryState}, the backup is ${backupState}`);
console.log(await ask("question 1"));

primary.kill("SIGKILL");
await once(primary, "exit");
console.log("the primary is killed");
console.log(await ask("question 2"));

primary = start("primary");
const [state] = await once(primary, "message");
console.log(`the primary is started again, and is ${state}`);
console.log(await ask("question 3"));

backup.kill("SIGKILL");
await once(backup, "exit");
console.log("the backup is killed");
console.log(await ask("question 4"));
primary.kill("SIGKILL");
