// One socket serves five hundred clients.

import { Dealer, Router } from "zmq-native";

const server = new Router();
const { events } = server;
await server.bind("tcp://127.0.0.1:*");
const clients = Array.from({ length: 500 }, () => new Dealer());
for (const client of clients) client.connect(server.lastEndpoint!);

let peers = 0;
for await (const { type } of events) if (type === "handshake" && ++peers === 500) break;
console.log(`one socket, ${peers} peers`);

for (const [number, client] of clients.entries()) await client.send(`${number}`);
let sum = 0;
for (let received = 0; received < 500; received++) {
  const [id, number] = await server.receive();
  sum += Number(number);
  await server.send([id, `2 × ${number} = ${2 * Number(number)}`]);
}
console.log(`messages of all clients: 0 + 1 + ... + 499 = ${sum}`);
console.log(`reply to the last client: ${await clients[499].receive()}`);

for (const client of clients.slice(0, 400)) client.close();
for await (const { type } of events) if (type === "disconnect" && --peers === 100) break;
console.log(`400 clients have left: ${peers} peers`);
for (const socket of [server, ...clients]) socket.close();
