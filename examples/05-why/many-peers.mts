// One socket is not one connection: here one holds five hundred. It is a facade, behind which peers come and go.

import { Dealer, Router } from "zmq-native";
import { bind } from "../common/bind.mjs";

using server = new Router();
let peers = 0;
const all = new Promise<void>((resolve) => server.events.on("handshake", () => ++peers === 500 && resolve()));
server.events.on("disconnect", () => peers--);
const endpoint = await bind(server);

const clients = Array.from({ length: 500 }, () => {
  const client = new Dealer();
  client.connect(endpoint);
  return client;
});
await all;
console.log(`one socket, ${peers} peers`);

for (const [number, client] of clients.entries()) await client.send(`${number}`);
let sum = 0;
for (let received = 0; received < clients.length; received++) {
  const [id, number] = await server.receive();
  sum += Number(number);
  await server.send([id, `${number} times two is ${2 * Number(number)}`]);
}
console.log(`one loop has heard them all: 0 + 1 + ... + 499 = ${sum}`);
console.log(`the last one was answered: ${await clients[499].receive()}`);

for (const client of clients.slice(0, 400)) client.close();
while (peers > 100) await new Promise(setImmediate);
console.log(`400 have left: ${peers} peers`);
for (const client of clients) client.close();
server.close();
