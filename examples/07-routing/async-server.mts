// Clients that ask without waiting, and a server that answers when it can: Dealer, Router, Dealer, out of order.

import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Router } from "zmq-native";
import { bind } from "../common/bind.mjs";

using server = new Router();
const endpoint = await bind(server);

async function serve() {
  for await (const [client, number, milliseconds] of server) {
    // Not awaited: the next question is taken meanwhile.
    sleep(Number(milliseconds)).then(() => server.send([client, number, `took ${milliseconds} ms`]));
  }
}
const serving = serve();

using client = new Dealer();
client.connect(endpoint);
for (const [number, milliseconds] of [150, 50, 100].entries()) {
  await client.send([`${number}`, `${milliseconds}`]);
  console.log(`asked question ${number}`);
}
for (let answers = 0; answers < 3; answers++) {
  const [number, text] = await client.receive();
  console.log(`answer to question ${number}: ${text}`);
}
server.close();
await serving;
