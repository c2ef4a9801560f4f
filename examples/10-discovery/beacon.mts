// Nodes find each other by beacons over udp multicast. A node without beacons is considered gone.

import { Dish, Radio } from "zmq-native/draft";

// On a network, use the name of an interface instead of 127.0.0.1: udp://eth0;239.192.7.1:5670
const [group = "udp://127.0.0.1;239.192.7.1:5670"] = process.argv.slice(2);

/** Milliseconds between beacons, and without one until a node is considered gone. */
const interval = 30;
const patience = 10 * interval;

async function startNode(name: string) {
  const radio = new Radio({ linger: 0 });
  const dish = new Dish();
  dish.join("beacon");
  await dish.bind(group);
  radio.connect(group);

  /** When each node was heard last, including this one. */
  const heard = new Map<string, number>();
  async function listen() {
    for await (const [beacon] of dish) heard.set(String(beacon), performance.now());
  }
  listen();
  const timer = setInterval(() => {
    radio.trySend(name, { group: "beacon" });
    for (const [other, time] of heard) if (performance.now() - time > patience) heard.delete(other);
  }, interval);

  const stop = () => {
    clearInterval(timer);
    radio.close();
    dish.close();
  };
  return { name, heard, stop };
}

type Node = Awaited<ReturnType<typeof startNode>>;
/** Waits until each node hears exactly `count` nodes, and prints their names. */
async function show(nodes: Node[], count: number) {
  while (nodes.some(({ heard }) => heard.size !== count))
    await new Promise((resolve) => setTimeout(resolve, 5));
  for (const { name, heard } of nodes) console.log(`${name} sees ${[...heard.keys()].sort().join(", ")}`);
}

const nodes = await Promise.all(["Anna", "Bert", "Cleo"].map(startNode));
await show(nodes, 3);
nodes.pop()?.stop();
console.log("Cleo is stopped");
await show(nodes, 2);
for (const { stop } of nodes) stop();
