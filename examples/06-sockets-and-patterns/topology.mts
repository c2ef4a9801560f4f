// Draws the topology of a network as a Mermaid diagram, from the events of its sockets.

import { Publisher, Pull, Push, type Socket, Subscriber } from "zmq-native";

const owners = new Map<string, string>();
const arrows = new Set<string>();

/** Records what the socket of a node binds and connects to. */
function observe<S extends Socket>(node: string, socket: S): S {
  socket.events.on("bind", ({ address }) => owners.set(address, node));
  socket.events.on("handshake", ({ address }) => {
    const owner = owners.get(address);
    if (owner === undefined || owner === node) return;
    arrows.add(`  ${node} -- ${socket.constructor.name} --> ${owner}`);
  });
  return socket;
}

const tasks = observe("ventilator", new Push());
const results = observe("sink", new Pull());
const control = observe("control", new Publisher());
const sockets: Socket[] = [tasks, results, control];
for (const socket of [tasks, results, control]) await socket.bind("tcp://127.0.0.1:*");

for (const worker of ["worker1", "worker2"]) {
  const pull = observe(worker, new Pull());
  const push = observe(worker, new Push());
  const subscriber = observe(worker, new Subscriber());
  pull.connect(tasks.lastEndpoint!);
  push.connect(results.lastEndpoint!);
  subscriber.connect(control.lastEndpoint!);
  sockets.push(pull, push, subscriber);
}
while (arrows.size < 6) await new Promise(setImmediate);
console.log(["flowchart LR", ...[...arrows].sort()].join("\n"));
for (const socket of sockets) socket.close();
