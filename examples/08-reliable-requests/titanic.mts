// Titanic: questions survive on disk. The client may go, the service may be down, Titanic itself may be restarted.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Broker } from "./majordomo/broker.mjs";
import { ask } from "./majordomo/client.mjs";
import { Worker } from "./majordomo/worker.mjs";
import { Titanic } from "./titanic/titanic.mjs";

const folder = await mkdtemp(join(tmpdir(), "zmq-native-titanic-"));
const broker = new Broker();
const endpoint = await broker.start();
let titanic = new Titanic(endpoint, folder);

const [id] = (await ask(endpoint, "titanic.request", ["translate", "Guten Tag"])) ?? [];
console.log("the question is stored, and nobody is there who could answer it");
console.log(`asked for the answer: ${await ask(endpoint, "titanic.reply", [id])}`);

await titanic.stop();
console.log("Titanic has gone down");
titanic = new Titanic(endpoint, folder);
console.log("Titanic is up again");
const translator = new Worker(endpoint, "translate", (text) => [`${text}`.replace("Guten Tag", "Good day")]);

let reply = "pending";
while (reply === "pending") {
  await sleep(20);
  reply = `${await ask(endpoint, "titanic.reply", [id])}`;
}
console.log(`asked for the answer: ${reply}`);
console.log(`fetched, it may be forgotten: ${await ask(endpoint, "titanic.close", [id])}`);
console.log(`asked for the answer: ${await ask(endpoint, "titanic.reply", [id])}`);

translator.stop();
await titanic.stop();
broker.stop();
await rm(folder, { recursive: true });
