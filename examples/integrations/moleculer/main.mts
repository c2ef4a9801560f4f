// moleculer/main.mts
// Three nodes of a cluster. The first asks the other two.

import { setTimeout as sleep } from "node:timers/promises";
import moleculer from "moleculer";
import { startProxy } from "../bus/bus.mjs";
import { ZmqTransporter } from "./transporter.mjs";

const proxy = await startProxy();

function node(nodeID: string, endpoints = proxy.endpoints, timeout = 5_000) {
  const transporter = new ZmqTransporter({ ...endpoints, timeout });
  // Without `requestTimeout`, a call whose request or response is lost would never settle.
  return new moleculer.ServiceBroker({ nodeID, transporter, logger: false, requestTimeout: 5_000 });
}

interface Sum {
  sum: number;
  nodeID: string;
}

const heard: string[] = [];
const workers = ["worker-1", "worker-2"].map((nodeID) => {
  const broker = node(nodeID);
  broker.createService({
    name: "math",
    actions: {
      add: ({ params: { a, b } }: moleculer.Context<{ a: number; b: number }>) => ({ sum: a + b, nodeID }),
      fail() {
        throw new moleculer.Errors.MoleculerClientError("out of numbers", 422, "NUMBERS");
      },
    },
    events: {
      // Moleculer looks at the name `ctx`.
      "order.created"(ctx: moleculer.Context<{ id: number }>) {
        heard.push(`${nodeID}: order ${ctx.params.id}`);
      },
    },
  });
  return broker;
});
const client = node("client");
await Promise.all([...workers, client].map((broker) => broker.start()));
// Moleculer waits for one node with a service. This program needs both.
while (client.registry.nodes.list({ onlyAvailable: true }).length < 3) await sleep(10);

const sums = await Promise.all([1, 2].map((a) => client.call<Sum, object>("math.add", { a, b: 10 })));
console.log(sums.sort((one, other) => one.nodeID.localeCompare(other.nodeID)).map(({ nodeID }) => nodeID));
console.log(await client.call("math.fail").catch(({ name, code, message }) => `${name} ${code}: ${message}`));
console.log(await client.call("math.unknown").catch(({ name }) => name));

await client.broadcast("order.created", { id: 7 });
// Each node receives the packets of a sender in order.
for (const nodeID of ["worker-1", "worker-2"]) await client.call("math.add", { a: 0, b: 0 }, { nodeID });
console.log(heard.sort());

const left = new Promise((resolve) => client.localBus.once("$node.disconnected", resolve));
await workers[0]!.stop();
await left;
console.log(await client.call("math.add", { a: 1, b: 1 }));
await Promise.all([client.stop(), workers[1]!.stop()]);
await proxy.close();
