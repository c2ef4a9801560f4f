// A broker between clients and workers: a Router and a Dealer, joined by a Proxy.

import { Dealer, Proxy, Reply, Request, Router } from "zmq-native";

// The Router remembers which client asked, and the Dealer distributes requests to the workers.
const broker = new Proxy(new Router(), new Dealer());
await broker.frontEnd.bind("tcp://127.0.0.1:*");
await broker.backEnd.bind("tcp://127.0.0.1:*");
const clientEndpoint = broker.frontEnd.lastEndpoint!;
const workerEndpoint = broker.backEnd.lastEndpoint!;
const running = broker.run();

const workers = [new Reply(), new Reply(), new Reply()];
async function work(worker: Reply) {
  worker.connect(workerEndpoint);
  let count = 0;
  for await (const [name] of worker) {
    count++;
    await worker.send(`Hello, ${name}`);
  }
  return count;
}
const counts = workers.map(work);

async function ask(name: string) {
  const client = new Request();
  client.connect(clientEndpoint);
  let reply = "";
  for (let request = 0; request < 10; request++) {
    await client.send(name);
    reply = String(await client.receive());
  }
  client.close();
  return `${name}: 10 replies, the last is "${reply}"`;
}
for (const line of await Promise.all(["Anna", "Bert", "Cleo"].map(ask))) console.log(line);

const { frontEnd } = await broker.statistics();
console.log(`broker: ${frontEnd.received.messages} requests, ${frontEnd.sent.messages} replies`);
for (const worker of workers) worker.close();
console.log(`requests per worker: ~${(await Promise.all(counts)).join(", ~")}`);
broker.terminate();
await running;
