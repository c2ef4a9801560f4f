// socket.io/main.mts
// Two servers, with a client each, that behave as one.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { Bus, startProxy } from "../bus/bus.mjs";
import { adapter } from "./adapter.mjs";

const proxy = await startProxy();

async function start(name: string) {
  const bus = new Bus(proxy.endpoints);
  const http = createServer();
  const server = new Server(http, { adapter: adapter(bus), transports: ["websocket"] });
  server.on("connection", (socket) => socket.join(["all", name]));
  server.on("whoIsThere", (answer: (name: string) => void) => answer(name));
  await bus.ready();
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const close = async () => {
    await server.close();
    bus.close();
  };
  return { server, url: `http://127.0.0.1:${port}`, close };
}

const [a, b] = [await start("A"), await start("B")];
const clients = await Promise.all(
  [a, b].map(async ({ url }, index) => {
    const client = io(url, { transports: ["websocket"] });
    await once(client as never, "connect");
    client.on("question", (text: string, answer: (text: string) => void) => answer(`${text} ${index + 1}`));
    return client;
  }),
);

// Servers learn of each other by their heartbeats.
const known = () => Promise.all([a, b].map(({ server }) => server.of("/").adapter.serverCount()));
while (Math.min(...(await known())) < 2) await sleep(10);

/** The next event of each client. */
const heard = (event: string) => Promise.all(clients.map((client) => once(client as never, event)));

const news = heard("news");
a.server.to("all").emit("news", { price: 101.5 }, Buffer.from("binary"));
console.log((await news).map(([value, bytes]) => `${JSON.stringify(value)} ${bytes}`));

const toB = once(clients[1] as never, "room");
a.server.to("B").emit("room", "only for clients of B");
console.log(await toB);

const answers: string[] = await b.server.timeout(2_000).emitWithAck("question", "client");
console.log(answers.sort());
console.log((await a.server.fetchSockets()).length, "sockets");
console.log(await b.server.serverSideEmitWithAck("whoIsThere"));

for (const client of clients) client.disconnect();
await a.close();
await b.close();
await proxy.close();

const lonely = new Bus({ publish: "tcp://127.0.0.1:1", subscribe: "tcp://127.0.0.1:2" });
console.log(await lonely.ready(300).catch((error: Error) => error.message));
lonely.close();
