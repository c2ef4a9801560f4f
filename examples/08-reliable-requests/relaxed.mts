// A client that repeats its request on the same socket, up to three times, and ignores late replies.

import { setTimeout as sleep } from "node:timers/promises";
import { Reply, Request } from "zmq-native";

const server = new Reply();
await server.bind("tcp://127.0.0.1:*");
async function serve() {
  let count = 0;
  for await (const [question] of server) {
    count++;
    if (count === 1) await sleep(700); // longer than the client waits
    await server.send(`reply ${count} to ${question}`);
  }
}
const serving = serve();

const client = new Request({ relaxed: true, correlate: true, linger: 0 });
client.connect(server.lastEndpoint!);
async function ask(question: string) {
  for (let attempt = 1; attempt <= 3; attempt++) {
    await client.send(question);
    try {
      return String(await client.receive({ timeout: 500 }));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      console.log(`no reply, attempt ${attempt} of 3`);
    }
  }
  return "the server is not available";
}
console.log(await ask("request A"));
console.log(await ask("request B"));

client.close();
server.close();
await serving;
