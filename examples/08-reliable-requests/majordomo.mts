// Majordomo: services by name. Clients ask for one, workers offer one, and a broker brings them together.

import { Broker } from "./majordomo/broker.mjs";
import { ask } from "./majordomo/client.mjs";
import { Worker } from "./majordomo/worker.mjs";

const broker = new Broker();
const endpoint = await broker.start();

const workers = [
  new Worker(endpoint, "echo", (text) => [text]),
  new Worker(endpoint, "sum", (...numbers) => [
    `${numbers.reduce((sum, number) => sum + Number(number), 0)}`,
  ]),
  new Worker(endpoint, "sum", (...numbers) => [
    `${numbers.reduce((sum, number) => sum + Number(number), 0)}`,
  ]),
];

console.log(`echo: ${await ask(endpoint, "echo", ["hello"])}`);
const sums = await Promise.all([1, 2, 3, 4].map((number) => ask(endpoint, "sum", [`${number}`, "10"])));
console.log(`sum, by two workers: ${sums.join(", ")}`);
console.log(`nobody offers coffee: ${await ask(endpoint, "coffee", [], { attempts: 2, timeout: 100 })}`);

// A worker that dies is given up after a few heartbeats; the other one does its work.
workers[1].stop();
const answers = await Promise.all([5, 6].map((number) => ask(endpoint, "sum", [`${number}`, "10"])));
console.log(`sum, by the one that is left: ${answers.join(", ")}`);

// A question waits at the broker for a worker that is yet to come.
const early = ask(endpoint, "late", ["who is it?"]);
workers.push(new Worker(endpoint, "late", () => ["better late than never"]));
console.log(`late: ${await early}`);

for (const worker of workers) worker.stop();
broker.stop();
