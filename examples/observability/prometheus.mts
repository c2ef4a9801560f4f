// Serves metrics of all sockets for Prometheus over HTTP, while a pipeline runs. They come from the statistics of the sockets:
// messages cost nothing.

import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Counter, Gauge, register } from "prom-client";
import {
  Pull,
  Push,
  type Socket,
  type SocketClosePayload,
  type SocketPayload,
  type SocketStatistics,
} from "zmq-native";

const labelNames = ["type", "direction"] as const;
/** `collect` of the first metric: the others are read after it. */
const messages = new Counter({
  name: "zmq_messages_total",
  help: "Messages of sockets",
  labelNames,
  collect: read,
});
const bytes = new Counter({ name: "zmq_bytes_total", help: "Bytes of connections", labelNames });
const queues = new Gauge({ name: "zmq_queue_messages", help: "Messages in queues", labelNames });

/** The open sockets, with the counts of each at the last scrape. */
const sockets = new Map<Socket, { type: string; before: SocketStatistics | undefined }>();

function count(socket: Socket, now: SocketStatistics): void {
  const { type, before } = sockets.get(socket)!;
  messages.inc({ type, direction: "sent" }, now.messagesSent - (before?.messagesSent ?? 0));
  messages.inc({ type, direction: "received" }, now.messagesReceived - (before?.messagesReceived ?? 0));
  bytes.inc({ type, direction: "sent" }, now.bytesSent - (before?.bytesSent ?? 0));
  bytes.inc({ type, direction: "received" }, now.bytesReceived - (before?.bytesReceived ?? 0));
  sockets.set(socket, { type, before: now });
}

function read(): void {
  queues.reset();
  for (const [socket, { type }] of sockets) {
    if (socket.closed) continue;
    const now = socket.statistics();
    count(socket, now);
    queues.inc({ type, direction: "sent" }, now.sendQueue);
    queues.inc({ type, direction: "received" }, now.receiveQueue);
  }
}

subscribe("zmq-native:socket:open", (payload) => {
  const { socket, socketType: type } = payload as SocketPayload;
  sockets.set(socket, { type, before: undefined });
});
subscribe("zmq-native:socket:close", (payload) => {
  const { socket, statistics } = payload as SocketClosePayload;
  // A socket that is older than the subscription is not in the map.
  if (statistics !== undefined && sockets.has(socket)) count(socket, statistics);
  sockets.delete(socket);
});

const server = createServer(async (_request, response) => {
  response.setHeader("content-type", register.contentType).end(await register.metrics());
}).listen(0, "127.0.0.1");
await once(server, "listening");
console.log(`Metrics: http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);

const pull = new Pull();
await pull.bind("tcp://127.0.0.1:*");
const push = new Push();
push.connect(pull.lastEndpoint!);

const ended = new AbortController();
process.once("SIGINT", () => ended.abort());
process.once("SIGTERM", () => ended.abort());

const working = (async () => {
  for await (const [job] of pull) await sleep(job!.length % 5);
})();
for (let job = 0; !ended.signal.aborted; job++) {
  await push.send(`job ${"x".repeat(job % 100)}`);
  await sleep(10);
}
push.close();
pull.close();
server.close();
await working;
