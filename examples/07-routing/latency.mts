// Zero broker, zero latency: a round trip to the server itself, and one with a broker in the middle.

import { Dealer, Proxy, Reply, Request, Router } from "zmq-native";
import { bind } from "../common/bind.mjs";

/** Microseconds of a round trip, the median of 2,000. */
async function measure(request: Request): Promise<number> {
  const times: number[] = [];
  for (let trip = 0; trip < 2_500; trip++) {
    const start = performance.now();
    await request.send("question");
    await request.receive();
    times.push((performance.now() - start) * 1_000);
  }
  // Without the first ones, for which the code was not yet compiled.
  return times.slice(500).sort((a, b) => a - b)[1_000];
}

async function serve(reply: Reply) {
  for await (const [question] of reply) await reply.send(question);
}

using server = new Reply();
const serving = serve(server);
using direct = new Request();
direct.connect(await bind(server));
const without = await measure(direct);

const broker = new Proxy(new Router(), new Dealer());
using brokered = new Request();
brokered.connect(await bind(broker.frontEnd));
using worker = new Reply();
worker.connect(await bind(broker.backEnd));
const running = broker.run();
const working = serve(worker);
const through = await measure(brokered);

console.log(`without a broker: ~${without.toFixed(0)} microseconds`);
console.log(
  `through a broker: ~${through.toFixed(0)} microseconds, ~${(through / without).toFixed(1)} times as much`,
);
server.close();
worker.close();
broker.terminate();
await Promise.all([serving, working, running]);
