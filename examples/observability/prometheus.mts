// Serves metrics of all sockets for Prometheus over HTTP, while a pipeline runs.

import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Counter, Histogram, register } from "prom-client";
import { type MessagesPayload, Pull, Push } from "zmq-native";

const labelNames = ["type", "operation"] as const;
const messages = new Counter({ name: "zmq_messages_total", help: "Messages by operation", labelNames });
const bytes = new Counter({ name: "zmq_bytes_total", help: "Bytes of their frames", labelNames });
const seconds = new Histogram({ name: "zmq_operation_seconds", help: "Duration of operations", labelNames });

for (const operation of ["send", "receive"]) {
  const started = new WeakMap<object, () => number>();
  subscribe(`tracing:zmq-native:${operation}:start`, (payload) => {
    started.set(payload as MessagesPayload, seconds.startTimer({ operation }));
  });
  subscribe(`tracing:zmq-native:${operation}:asyncEnd`, (payload) => {
    const { socketType: type, count, bytes: size, error } = payload as MessagesPayload;
    if (error !== undefined || count === 0) return;
    messages.inc({ type, operation }, count);
    bytes.inc({ type, operation }, size);
    started.get(payload as MessagesPayload)?.();
  });
}

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
