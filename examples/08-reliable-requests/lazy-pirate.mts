// Lazy Pirate: the client alone makes it reliable. No answer in time: a new socket, the same question, three times.

import { Request, Router, type ZmqError } from "zmq-native";
import { bind } from "../common/bind.mjs";

/** A server that goes wrong as it is told to: a + for each question that it answers, a - for each that it loses. */
async function serve(server: Router, fates: string) {
  const remaining = [...fates];
  for await (const [client, , question] of server) {
    if (remaining.shift() === "+") await server.send([client, "", `${question}? yes`]);
    else console.log(`server: loses "${question}"`);
  }
}

async function ask(endpoint: string, question: string): Promise<string> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    // A Request that has got no answer may not ask again: it is closed, and the next attempt has one of its own.
    using request = new Request({ linger: 0 });
    request.connect(endpoint);
    await request.send(question);
    try {
      const [answer] = await request.receive({ timeout: 100 });
      return String(answer);
    } catch (error) {
      if ((error as ZmqError).code !== "EAGAIN") throw error;
      console.log(`client: no answer, attempt ${attempt} of 3`);
    }
  }
  throw new Error("the server seems to be gone");
}

using server = new Router();
const endpoint = await bind(server);
const serving = serve(server, "+--+---");
for (const question of ["Are you there", "Still there", "And now"]) {
  console.log(`client: ${await ask(endpoint, question).catch((error: Error) => error.message)}`);
}
server.close();
await serving;
