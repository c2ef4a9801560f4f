// A client sends several requests at once, and the server replies to each when it is ready.

import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Router } from "zmq-native";

const server = new Router();
const client = new Dealer();
await server.bind("tcp://127.0.0.1:*");
client.connect(server.lastEndpoint!);

// A socket takes one `send` at a time, so each reply waits for the one before it.
let sending = Promise.resolve();
function reply(frames: (Buffer | string)[]) {
  sending = sending.then(() => server.send(frames)).catch((error) => console.error(error));
}

async function serve() {
  for await (const [id, number, milliseconds] of server) {
    // Without await: the loop receives the next request meanwhile.
    sleep(Number(milliseconds)).then(() => reply([id, number, `took ${milliseconds} ms`]));
  }
}
const serving = serve();

for (const [number, milliseconds] of [300, 100, 200].entries()) {
  await client.send([`${number}`, `${milliseconds}`]);
  console.log(`request ${number} sent`);
}
for (let replies = 0; replies < 3; replies++) {
  const [number, text] = await client.receive();
  console.log(`reply to request ${number}: ${text}`);
}
client.close();
server.close();
await serving;
