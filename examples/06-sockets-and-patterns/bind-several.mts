// One socket bound to four endpoints. An endpoint is a transport and an address.

import { Reply, Request } from "zmq-native";

const server = new Reply();
const endpoints: string[] = [];
for (const endpoint of ["inproc://server", "ipc://*", "tcp://127.0.0.1:*", "ws://127.0.0.1:*/path"]) {
  await server.bind(endpoint);
  endpoints.push(server.lastEndpoint!);
}

async function serve() {
  for await (const [transport] of server) await server.send(`reply over ${transport}`);
}
const serving = serve();

for (const endpoint of endpoints) {
  const client = new Request();
  client.connect(endpoint);
  await client.send(endpoint.split(":")[0]);
  console.log(String(await client.receive()));
  client.close();
}
server.close();
await serving;
