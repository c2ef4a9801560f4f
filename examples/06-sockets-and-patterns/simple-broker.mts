// The same broker by hand, to see what passes through it: an empty frame ends the envelope of addresses.

import { Dealer, Reply, Request, Router } from "zmq-native";
import { bind } from "../common/bind.mjs";

using front = new Router();
using back = new Dealer();
const clientsAt = await bind(front);
const workersAt = await bind(back);

const shown = (frames: Buffer[]) => frames.map((frame) => (frame.length ? `"${frame}"` : "empty")).join(", ");

async function pass(from: Router | Dealer, to: Router | Dealer, direction: string) {
  for await (const frames of from) {
    console.log(`${direction}: ${shown(frames)}`);
    await to.send(frames);
  }
}
const passing = [pass(front, back, "to the worker"), pass(back, front, "to the client")];

using worker = new Reply();
worker.connect(workersAt);
// A name instead of the five bytes that libzmq would make up.
using client = new Request({ routingId: "Anna" });
client.connect(clientsAt);

await client.send("question");
const [question] = await worker.receive();
console.log(`worker: "${question}", without the envelope`);
await worker.send("answer");
console.log(`client: "${await client.receive()}"`);

for (const socket of [front, back]) socket.close();
await Promise.all(passing);
