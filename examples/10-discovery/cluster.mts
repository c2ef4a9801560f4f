// A cluster: processes that find each other, watch each other, and have a leader. When it is killed, the next one leads.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { group } from "../common/group.mjs";
import { Node } from "./node/node.mjs";

const [name, endpoint] = process.argv.slice(2);

if (name) {
  const node = new Node(name);
  // Whoever comes first in the alphabet leads: all see the same nodes, so all come to the same leader.
  const tell = () => process.send?.({ leader: node.present[0], size: node.present.length });
  node.on("enter", tell).on("exit", tell);
  await node.start(endpoint);
} else {
  await command();
}

async function command() {
  const at = group("udp");
  const views = new Map<string, { leader: string; size: number }>();
  const processes = new Map<string, ChildProcess>();
  for (const name of ["Anna", "Bert", "Cleo"]) {
    const child = fork(fileURLToPath(import.meta.url), [name, at]);
    child.on("message", (view: { leader: string; size: number }) => views.set(name, view));
    processes.set(name, child);
  }

  /** Waits until all that live see each other. */
  const agree = async () => {
    const settled = () => [...processes.keys()].every((name) => views.get(name)?.size === processes.size);
    while (!settled()) await new Promise((resolve) => setTimeout(resolve, 10));
    const leaders = new Set([...processes.keys()].map((name) => views.get(name)?.leader));
    console.log(`${[...processes.keys()].join(", ")}: led by ${[...leaders].join(" or ")}`);
  };

  await agree();
  processes.get("Anna")?.kill("SIGKILL");
  processes.delete("Anna");
  console.log("Anna is killed");
  await agree();
  for (const child of processes.values()) child.kill("SIGKILL");
}
