// A client asks, a server answers. Run both at once, or `server [ENDPOINT]` and `client ENDPOINT` in two terminals.

import { Reply, Request } from "zmq-native";

async function serve(reply: Reply) {
  for await (const [greeting] of reply) {
    console.log(`server: got "${greeting}"`);
    await reply.send(`${greeting}, world`);
  }
}

async function ask(endpoint: string) {
  using request = new Request();
  request.connect(endpoint);
  for (const greeting of ["Hello", "Good morning", "Good night"]) {
    await request.send(greeting);
    const [answer] = await request.receive();
    console.log(`client: got "${answer}"`);
  }
}

const [part = "both", endpoint = "tcp://127.0.0.1:*"] = process.argv.slice(2);

if (part === "client") {
  await ask(endpoint);
} else {
  using reply = new Reply();
  await reply.bind(endpoint);
  const serving = serve(reply);
  if (part === "server") {
    console.log(`server: listening at ${reply.lastEndpoint}`);
  } else {
    await ask(reply.lastEndpoint as string);
    // Ends the loop of `serve`.
    reply.close();
  }
  await serving;
}
