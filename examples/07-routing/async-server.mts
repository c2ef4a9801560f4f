// A client sends several requests at once, and the server replies to each when it is ready.

import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Router } from "zmq-native";

// With `sendQueue`, a reply can be sent while another one is pending.
const server = new Router({ mandatory: true, sendQueue: {} });
const client = new Dealer();
await server.bind("tcp://127.0.0.1:*");
client.connect(server.lastEndpoint!);

async function answer([id, number, milliseconds]: Buffer[]) {
  await sleep(Number(milliseconds));
  await server.send([id!, number!, `took ${milliseconds} ms`]);
}

async function serve() {
  // Without await: the loop receives the next request meanwhile.
  for await (const request of server) answer(request).catch((error) => console.error(error));
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
