// An endpoint is a protocol and an address, and one socket may have many: here clients come in by four doors.

import { Reply, Request } from "zmq-native";
import { bind } from "../common/bind.mjs";
import { ipc } from "../common/ipc.mjs";

using server = new Reply();
const doors = ["inproc://door", ipc("door"), "tcp://127.0.0.1:*", "ws://127.0.0.1:*/door"];
const endpoints: string[] = [];
for (const door of doors) endpoints.push(await bind(server, door));

async function serve() {
  for await (const [question] of server) await server.send(`you came by ${question}`);
}
const serving = serve();

for (const endpoint of endpoints) {
  using client = new Request();
  client.connect(endpoint);
  await client.send(endpoint.split(":")[0]);
  console.log(`${await client.receive()}`);
}
server.close();
await serving;
