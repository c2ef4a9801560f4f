// The shape of a network, drawn from what its sockets tell: each connection as an arrow of Mermaid.

import { Publisher, Pull, Push, type Socket, Subscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

const owners = new Map<string, string>();
const arrows = new Set<string>();

/** Keeps a record of what a node's socket binds and connects. */
function observe<S extends Socket>(node: string, socket: S): S {
  socket.events.on("bind", ({ address }) => owners.set(address, node));
  socket.events.on("handshake", ({ address }) => {
    const owner = owners.get(address);
    if (owner !== undefined && owner !== node)
      arrows.add(`  ${node} -- ${socket.constructor.name} --> ${owner}`);
  });
  return socket;
}

const tasks = observe("ventilator", new Push());
const results = observe("sink", new Pull());
const control = observe("control", new Publisher());
const [tasksAt, resultsAt, controlAt] = [await bind(tasks), await bind(results), await bind(control)];

const sockets: Socket[] = [tasks, results, control];
for (const worker of ["worker1", "worker2"]) {
  const ends = [new Pull(), new Push(), new Subscriber()].map((socket) => observe(worker, socket));
  for (const [index, endpoint] of [tasksAt, resultsAt, controlAt].entries()) ends[index].connect(endpoint);
  sockets.push(...ends);
}
while (arrows.size < 6) await new Promise(setImmediate);
console.log(["flowchart LR", ...[...arrows].sort()].join("\n"));
for (const socket of sockets) socket.close();
