// Clone: a table that all have alike. Whoever joins gets a snapshot and then the updates; everybody may change it.

import { Client } from "./clone/client.mjs";
import { Server } from "./clone/server.mjs";

const server = new Server();
const endpoints = await server.start();
const clients: Client[] = [];
async function join() {
  const client = new Client();
  await client.start(endpoints);
  clients.push(client);
}

// Three clients change the table all the time; two more join in the middle of it.
for (let count = 0; count < 3; count++) await join();
for (let change = 1; change <= 3_000; change++) {
  await clients[change % 3].set(`key ${change % 100}`, `value ${change}`);
  if (change === 1_000 || change === 2_000) await join();
}

// A last change of each, so that all can know that they have everything.
for (const client of clients.slice(0, 3)) await client.set(`end ${clients.indexOf(client)}`, "");
const complete = ({ entries }: Client) => [0, 1, 2].every((number) => entries.has(`end ${number}`));
while (!clients.every(complete)) await new Promise(setImmediate);

const table = (entries: Map<string, string>) => JSON.stringify([...entries].sort());
for (const [number, { entries, sequence }] of clients.entries()) {
  const same = table(entries) === table(server.entries);
  console.log(
    `client ${number + 1}: ${entries.size} entries at change ${sequence}, ${same ? "like" : "UNLIKE"} the server`,
  );
}
for (const part of [...clients, server]) part.stop();
