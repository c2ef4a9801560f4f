// Nodes that find each other by a beacon over udp: nobody is told an address, and who leaves is missed.
// `beacon NAME GROUP` runs one node until Ctrl-C, such as `beacon Anna "udp://eth0;239.192.7.1:5670"`.

import { group } from "../common/group.mjs";
import { Node } from "./node/node.mjs";

const [name, endpoint = group("udp")] = process.argv.slice(2);

async function start(name: string): Promise<Node> {
  const node = new Node(name);
  await node.start(endpoint);
  return node;
}
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

if (name) {
  const node = await start(name);
  node
    .on("enter", (other) => console.log(`${other} has come`))
    .on("exit", (other) => console.log(`${other} has gone`));
} else {
  const nodes = await Promise.all(["Anna", "Bert", "Cleo"].map(start));
  await until(() => nodes.every(({ present }) => present.length === 3));
  for (const node of nodes) console.log(`${node.name} sees ${node.present.join(", ")}`);

  nodes.pop()?.stop();
  console.log("Cleo leaves, without a word");
  await until(() => nodes.every(({ present }) => present.length === 2));
  for (const node of nodes) console.log(`${node.name} sees ${node.present.join(", ")}`);
  for (const node of nodes) node.stop();
}
