// A Majordomo broker: passes each request to a worker of the named service. Stop it with Ctrl-C.

import { Router } from "zmq-native";

const [endpoint = "tcp://127.0.0.1:5555"] = process.argv.slice(2);
const command = { ready: "\x01", request: "\x02", reply: "\x03", heartbeat: "\x04", disconnect: "\x05" };
const interval = 50;

interface Worker {
  id: Buffer;
  service: string;
  heard: number;
}
const workers = new Map<string, Worker>();
const services = new Map<string, { idle: Worker[]; requests: Buffer[][] }>();

const broker = new Router();
await broker.bind(endpoint);

function serviceOf(name: string) {
  const service = services.get(name) ?? { idle: [], requests: [] };
  services.set(name, service);
  return service;
}
function tell(id: Buffer, ...frames: (Buffer | string)[]) {
  broker.trySend([id, "", "MDPW01", ...frames]);
}
/** Sends waiting requests to idle workers. */
function dispatch(name: string) {
  const { idle, requests } = serviceOf(name);
  while (idle.length > 0 && requests.length > 0) {
    tell(idle.shift()!.id, command.request, ...requests.shift()!);
  }
}
function makeIdle(worker: Worker) {
  serviceOf(worker.service).idle.push(worker);
  dispatch(worker.service);
}
function forget(worker: Worker) {
  workers.delete(worker.id.toString("hex"));
  const service = serviceOf(worker.service);
  service.idle = service.idle.filter((other) => other !== worker);
}

function fromWorker(id: Buffer, kind: string, frames: Buffer[]) {
  const worker = workers.get(id.toString("hex"));
  if (worker) worker.heard = performance.now();
  if (kind === command.ready) {
    const added = { id, service: String(frames[0]), heard: performance.now() };
    workers.set(id.toString("hex"), added);
    makeIdle(added);
  } else if (!worker) {
    // A worker that was forgotten must introduce itself again.
    tell(id, command.disconnect);
  } else if (kind === command.reply) {
    const [client, , ...body] = frames;
    broker.trySend([client, "", "MDPC01", worker.service, ...body]);
    makeIdle(worker);
  } else if (kind === command.disconnect) {
    forget(worker);
  }
}

setInterval(() => {
  for (const worker of workers.values()) {
    if (performance.now() - worker.heard > 4 * interval) forget(worker);
    else tell(worker.id, command.heartbeat);
  }
}, interval);

for await (const [id, , header, ...frames] of broker) {
  if (String(header) === "MDPC01") {
    const [name, ...body] = frames;
    serviceOf(String(name)).requests.push([id, Buffer.alloc(0), ...body]);
    dispatch(String(name));
  } else if (String(header) === "MDPW01") {
    const [kind, ...body] = frames;
    fromWorker(id, String(kind), body);
  }
}
