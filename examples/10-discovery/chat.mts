// A chat without a server: nodes that have found each other talk to all, or to one.

import { group } from "../common/group.mjs";
import { Node } from "./node/node.mjs";

const endpoint = group("udp");
const heard: string[] = [];
const nodes = await Promise.all(
  ["Anna", "Bert", "Cleo"].map(async (name) => {
    const node = new Node(name);
    node.on("message", (from, text) => heard.push(`${name} hears ${from}: ${text}`));
    await node.start(endpoint);
    return node;
  }),
);
const [anna, bert] = nodes;
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};
await until(() => nodes.every(({ present }) => present.length === 3));

await anna.say("is anybody here?");
await until(() => heard.length === 2);
// Who hears it first is left to chance.
heard.sort();
await bert.say("I am", "Anna");
await until(() => heard.length === 3);
for (const line of heard) console.log(line);
for (const node of nodes) node.stop();
