// The same broker without Proxy, to show the frames that it passes on.

import { Dealer, Reply, Request, Router } from "zmq-native";

const front = new Router();
const back = new Dealer();
await front.bind("tcp://127.0.0.1:*");
await back.bind("tcp://127.0.0.1:*");

async function pass(from: Router | Dealer, to: Router | Dealer, direction: string) {
  for await (const frames of from) {
    console.log(`${direction}: ${JSON.stringify(frames.map(String))}`);
    await to.send(frames);
  }
}
const passing = [pass(front, back, "to the worker"), pass(back, front, "to the client")];

const worker = new Reply();
worker.connect(back.lastEndpoint!);
// Without a routingId, libzmq generates one of five bytes.
const client = new Request({ routingId: "Anna" });
client.connect(front.lastEndpoint!);

await client.send("question");
console.log(`worker: "${await worker.receive()}"`);
await worker.send("answer");
console.log(`client: "${await client.receive()}"`);

for (const socket of [front, back, worker, client]) socket.close();
await Promise.all(passing);
