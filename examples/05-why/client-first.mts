// The client starts first: what it sends is queued until there is a server, and then arrives, all of it, in order.

import { Pull, Push } from "zmq-native";
import { ipc } from "../common/ipc.mjs";

const endpoint = ipc("server");

// 10,000 messages would not fit into the thousand that a socket queues by default.
using client = new Push({ sendHighWaterMark: 0, reconnectInterval: 10 });
client.connect(endpoint);
for (let number = 0; number < 10_000; number++) await client.send(`${number}`);
console.log("client: 10,000 messages sent, and no server anywhere");

using server = new Pull();
await server.bind(endpoint);
console.log("server: started");
let expected = 0;
for await (const [number] of server) {
  if (Number(number) !== expected) throw new Error(`${number} where ${expected} was due`);
  if (++expected === 10_000) break;
}
console.log("server: got all 10,000, in order");
