// Lazy Pirate: a client that repeats its request after a timeout, with a new socket, up to three times.

import { Request, Router, type ZmqError } from "zmq-native";

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

async function ask(endpoint: string, question: string) {
  for (let attempt = 1; attempt <= 3; attempt++) {
    // A Request without a reply cannot send again: each attempt needs a new one.
    const request = new Request({ linger: 0 });
    request.connect(endpoint);
    await request.send(question);
    const reply = await request.receive({ timeout: 500 }).catch(onTimeout);
    request.close();
    if (reply) return String(reply);
    console.log(`client: no reply, attempt ${attempt} of 3`);
  }
  return "the server is not available";
}

/** A server that ignores some requests: `plan` has + for each one that it answers, and - for the others. */
async function serve(server: Router, plan: string) {
  const steps = [...plan];
  for await (const [client, , question] of server) {
    if (steps.shift() === "+") await server.send([client, "", `reply to ${question}`]);
    else console.log(`server: ignores ${question}`);
  }
}

const server = new Router();
await server.bind("tcp://127.0.0.1:*");
const serving = serve(server, "+--+---");
for (const question of ["request 1", "request 2", "request 3"]) {
  console.log(`client: ${await ask(server.lastEndpoint!, question)}`);
}
server.close();
await serving;
