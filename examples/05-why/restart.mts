// A server that is restarted twenty times: the client connects again by itself, and nobody has to do anything.

import { Reply, Request } from "zmq-native";

using client = new Request({ reconnectInterval: 5 });
const connections = { connect: 0, disconnect: 0 };
client.events.on("connect", () => connections.connect++);
client.events.on("disconnect", () => connections.disconnect++);

let endpoint = "tcp://127.0.0.1:*";
for (let life = 1; life <= 20; life++) {
  using server = new Reply();
  // The port is given up a moment after the server before has closed.
  const bind = () =>
    server.bind(endpoint).then(
      () => true,
      () => false,
    );
  while (!(await bind())) await new Promise(setImmediate);
  endpoint = server.lastEndpoint as string;
  if (life === 1) client.connect(endpoint);
  // Until the client knows that the server before is gone, it would send to that one.
  while (connections.disconnect < life - 1) await new Promise(setImmediate);

  await client.send(`question ${life}`);
  await server.send(`answer to ${await server.receive()}`);
  const [answer] = await client.receive();
  if (life % 5 === 0) console.log(`life ${life} of the server: ${answer}`);
}
console.log(`connected ${connections.connect} times, by itself ${connections.connect - 1} times`);
client.close();
