// The client starts first: its messages are queued until the server starts, and arrive in order.

import { Pull, Push } from "zmq-native";

const [endpoint = "tcp://127.0.0.1:5555"] = process.argv.slice(2);

// A high-water mark of 0 means no limit. The default is 1,000 messages.
const client = new Push({ sendHighWaterMark: 0 });
client.connect(endpoint);
for (let number = 0; number < 10_000; number++) await client.send(`${number}`);
console.log("client: 10,000 messages sent");

const server = new Pull();
await server.bind(endpoint);
console.log("server: started");

let next = 0;
for await (const [number] of server) {
  if (Number(number) !== next) throw new Error(`received ${number} instead of ${next}`);
  if (++next === 10_000) break;
}
console.log("server: 10,000 messages received in order");
client.close();
server.close();
