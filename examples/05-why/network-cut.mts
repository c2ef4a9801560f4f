// The network fails and recovers: the socket reconnects, and sends what it has queued meanwhile.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Pull, Push } from "zmq-native";

const pull = new Pull();
await pull.bind("tcp://127.0.0.1:*");
const port = Number(pull.lastEndpoint!.split(":").at(-1));

// The network: a relay that passes bytes on while it works.
let working = true;
const connections: Socket[] = [];
const relay = createServer((near) => {
  if (!working) return near.destroy();
  const far = connect(port, "127.0.0.1");
  for (const socket of [near, far]) connections.push(socket.on("error", () => {}));
  near.pipe(far).pipe(near);
});
await once(relay.listen(0, "127.0.0.1"), "listening");

const push = new Push({ reconnectInterval: 10 });
const { events } = push;
const { port: relayPort } = relay.address() as AddressInfo;
push.connect(`tcp://127.0.0.1:${relayPort}`);
await push.send("message 1");
console.log(`received: ${await pull.receive()}`);

working = false;
for (const connection of connections) connection.destroy();
for await (const { type } of events) if (type === "disconnect") break;
console.log("the network has failed");
await push.send("message 2");
await sleep(100);
console.log(`received: ${pull.tryReceive() ?? "nothing"}`);

working = true;
console.log("the network works again");
console.log(`received: ${await pull.receive()}`);

push.close();
pull.close();
for (const connection of connections) connection.destroy();
relay.close();
