// Sockets with a ZAP domain that are closed while they connect: their sessions end while they ask the ZAP handler.

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { Context, Dealer, Router } from "zmq-native";
import { runProgram } from "../helpers/program.js";
import { whenFree } from "../helpers/transports.js";
import { greeting } from "../helpers/zmtp.js";

// A race of three threads: without vendor patch libzmq/peers/zap-while-ending, seven of eight runs abort.
test("sockets with a ZAP domain that end while they connect do not abort the process", async () => {
  const accepted = new Set<Socket>();
  const server = createServer((socket) => {
    accepted.add(socket.on("error", () => {}).on("close", () => accepted.delete(socket)));
    socket.resume().write(greeting());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const outcome = await runProgram(`
    const context = new zmq.Context({ ioThreads: 8 });
    await context.authenticate({ domain: "d", addresses: { allow: ["127.0.0.1"] } });
    const busy = (milliseconds) => {
      const end = performance.now() + Math.random() * milliseconds;
      while (performance.now() < end);
    };
    const end = Date.now() + 10_000;
    while (Date.now() < end) {
      const dealers = Array.from({ length: 20 }, () => {
        const dealer = new zmq.Dealer({ context, zapDomain: "d", linger: 0, reconnectInterval: 1 });
        dealer.connect("tcp://127.0.0.1:${(server.address() as { port: number }).port}");
        return dealer;
      });
      busy(3);
      for (const dealer of dealers) {
        dealer.close();
        if (Math.random() < 0.3) busy(0.3);
      }
      await new Promise(setImmediate);
    }
    console.log("no abort");
    process.exit();
  `);
  for (const socket of accepted) socket.destroy();
  server.close();
  expect(outcome).toMatchObject({ code: 0, stdout: "no abort\n", stderr: "" });
});

test("a socket with a ZAP domain that was closed before it connected ends once its messages were sent", async () => {
  const context = new Context();
  await context.authenticate({ domain: "d", addresses: { allow: ["127.0.0.1"] } });
  using router = new Router();
  await router.bind("tcp://127.0.0.1:*");
  const endpoint = router.lastEndpoint as string;
  await router.unbind(endpoint);
  const dealer = new Dealer({ context, zapDomain: "d", reconnectInterval: 20 });
  dealer.connect(endpoint);
  await dealer.send("last words");
  dealer.close({ linger: 60_000 });
  const left = new Promise((resolve) => router.peers.on("leave", resolve));
  await whenFree(() => router.bind(endpoint));
  expect(String((await router.receive())[1])).toBe("last words");
  await left;
  await context.close();
});
