// The round-trip time to a server over tcp: directly, and through a broker.

import { Dealer, Proxy, Reply, Request, Router } from "zmq-native";

/** The median of 801 round-trip times, in microseconds. */
async function measure(request: Request) {
  const times: number[] = [];
  for (let trip = 0; trip < 1_001; trip++) {
    const start = performance.now();
    await request.send("question");
    await request.receive();
    times.push((performance.now() - start) * 1_000);
  }
  // Without the first 200, which V8 has not optimized yet.
  return times.slice(200).sort((a, b) => a - b)[400];
}

async function serve(reply: Reply) {
  for await (const [question] of reply) await reply.send(question);
}

const server = new Reply();
const client = new Request();
await server.bind("tcp://127.0.0.1:*");
client.connect(server.lastEndpoint!);
const serving = serve(server);
const direct = await measure(client);

const broker = new Proxy(new Router(), new Dealer());
await broker.frontEnd.bind("tcp://127.0.0.1:*");
await broker.backEnd.bind("tcp://127.0.0.1:*");
const worker = new Reply();
const brokerClient = new Request();
worker.connect(broker.backEnd.lastEndpoint!);
brokerClient.connect(broker.frontEnd.lastEndpoint!);
const running = broker.run();
const working = serve(worker);
const brokered = await measure(brokerClient);

console.log(`directly: ~${direct.toFixed(0)} µs`);
console.log(`through a broker: ~${brokered.toFixed(0)} µs, ~${(brokered / direct).toFixed(1)} times as long`);
for (const socket of [server, client, worker, brokerClient]) socket.close();
broker.terminate();
await Promise.all([serving, working, running]);
