// Titanic: stores requests on disk, so they survive when client, server or Titanic itself are not running.

import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ClassicLevel } from "classic-level";
import { Reply, Request, type ZmqError } from "zmq-native";

const [role = "main", endpoint = "tcp://127.0.0.1:5555", serverEndpoint = "tcp://127.0.0.1:5556", folder] =
  process.argv.slice(2);

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

interface Entry {
  request: string;
  reply?: string;
}

async function runTitanic() {
  const database = new ClassicLevel<string, Entry>(folder, { valueEncoding: "json" });
  // With `sync`, the promise resolves when the entry is on the disk.
  const store = (id: string, entry: Entry) => database.put(id, entry, { sync: true });

  async function respond([command, text]: string[]) {
    if (command === "request") {
      const id = randomUUID();
      await store(id, { request: text });
      return id;
    }
    if (command === "close") {
      await database.del(text, { sync: true });
      return "ok";
    }
    const entry = await database.get(text);
    return entry ? (entry.reply ?? "pending") : "unknown";
  }

  /** Asks the server again and again, until each request has its reply. */
  async function forward() {
    for (;;) {
      for await (const [id, entry] of database.iterator()) {
        if (entry.reply !== undefined) continue;
        const reply = await ask(serverEndpoint, [entry.request], 1);
        if (reply !== undefined) await store(id, { ...entry, reply });
      }
      await sleep(20);
    }
  }
  forward();

  const titanic = new Reply();
  await titanic.bind(endpoint);
  for await (const frames of titanic) await titanic.send(await respond(frames.map(String)));
}

/** Asks as the Lazy Pirate does. */
async function ask(endpoint: string, frames: string[], attempts = 20) {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const request = new Request({ linger: 0, reconnectInterval: 10 });
    request.connect(endpoint);
    await request.send(frames);
    const reply = await request.receive({ timeout: 500 }).catch(onTimeout);
    request.close();
    if (reply) return String(reply);
  }
  return undefined;
}

async function runServer(server: Reply) {
  await server.bind(serverEndpoint);
  for await (const [text] of server) await server.send(`${text}`.toUpperCase());
}

if (role === "titanic") {
  // Titanic ends with this program.
  process.once("disconnect", () => process.exit());
  await runTitanic();
}

const database = await mkdtemp(join(tmpdir(), "titanic-"));
const start = () => fork(import.meta.filename, ["titanic", endpoint, serverEndpoint, database]);

let titanic = start();
const id = (await ask(endpoint, ["request", "hello"])) ?? "";
console.log("the request is stored");
console.log(`reply: ${await ask(endpoint, ["reply", id])}`);

titanic.kill("SIGKILL");
await once(titanic, "exit");
console.log("Titanic is killed");
titanic = start();
console.log("Titanic and the server are started");
const server = new Reply();
runServer(server);

while ((await ask(endpoint, ["reply", id])) === "pending") await sleep(20);
console.log(`reply: ${await ask(endpoint, ["reply", id])}`);
await ask(endpoint, ["close", id]);
console.log(`after close: ${await ask(endpoint, ["reply", id])}`);

server.close();
titanic.kill("SIGKILL");
await once(titanic, "exit");
await rm(database, { recursive: true });
