// A cluster of processes that find each other and agree on a leader. When the leader is killed, the next one leads.

import { type ChildProcess, fork } from "node:child_process";
import { Dish, Radio } from "zmq-native/draft";

const [group = "udp://127.0.0.1;239.192.7.3:5670", name] = process.argv.slice(2);

/** A node: sends beacons, listens for those of others, and reports the nodes that it hears. */
async function runNode(name: string) {
  const radio = new Radio({ linger: 0 });
  const dish = new Dish();
  dish.join("beacon");
  await dish.bind(group);
  radio.connect(group);

  const heard = new Map<string, number>();
  setInterval(() => {
    radio.trySend(name, { group: "beacon" });
    for (const [other, time] of heard) if (performance.now() - time > 300) heard.delete(other);
    process.send?.([...heard.keys()].sort());
  }, 30);
  for await (const [beacon] of dish) heard.set(String(beacon), performance.now());
}

if (name) {
  // The nodes end with this program.
  process.once("disconnect", () => process.exit());
  await runNode(name);
}

const processes = new Map<string, ChildProcess>();
const views = new Map<string, string[]>();
for (const name of ["Anna", "Bert", "Cleo"]) {
  const child = fork(import.meta.filename, [group, name]);
  child.on("message", (view: string[]) => views.set(name, view));
  processes.set(name, child);
}

/** Waits until each node hears all others. The first node by name is the leader. */
async function agree() {
  const expected = [...processes.keys()].join();
  const agreed = () => [...processes.keys()].every((name) => views.get(name)?.join() === expected);
  while (!agreed()) await new Promise((resolve) => setTimeout(resolve, 10));
  const leaders = new Set([...processes.keys()].map((name) => views.get(name)?.[0]));
  console.log(`nodes: ${[...processes.keys()].join(", ")}; leader: ${[...leaders].join(", ")}`);
}

await agree();
processes.get("Anna")?.kill("SIGKILL");
processes.delete("Anna");
console.log("Anna is killed");
await agree();
for (const child of processes.values()) child.kill("SIGKILL");
