// A server answers each greeting. Stop it with Ctrl-C.

import { Reply } from "zmq-native";

const [endpoint = "tcp://127.0.0.1:5555"] = process.argv.slice(2);

const reply = new Reply();
await reply.bind(endpoint);
console.log(`server: listening at ${reply.lastEndpoint}`);

for await (const [greeting] of reply) {
  console.log(`server: got "${greeting}"`);
  await reply.send(`${greeting}, world`);
}
