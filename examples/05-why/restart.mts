// The client reconnects by itself each time the server restarts.

import { Reply, Request } from "zmq-native";

const [endpoint = "tcp://127.0.0.1:5555"] = process.argv.slice(2);

const client = new Request({ reconnectInterval: 10 });
const { events } = client;
client.connect(endpoint);

for (let start = 1; start <= 5; start++) {
  const server = new Reply();
  await server.bind(endpoint);

  await client.send(`question ${start}`);
  const [question] = await server.receive();
  await server.send(`${question} is answered`);
  console.log(`start ${start} of the server: ${await client.receive()}`);

  // Resolves when the port is free again.
  await server.close({ linger: 1_000 });
  // Until the client notices that the server is gone.
  for await (const { type } of events) if (type === "disconnect") break;
}
client.close();
