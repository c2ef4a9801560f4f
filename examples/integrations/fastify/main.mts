// fastify/main.mts
// An HTTP server that passes requests to two workers, and each way in which a request can fail.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fastify from "fastify";
import { bridge } from "./bridge.mjs";

const workers = [1, 2].map(() => new Worker(new URL("./worker.mjs", import.meta.url)));
const messages = await Promise.all(workers.map((worker) => once(worker, "message")));
const endpoints = messages.map(([endpoint]) => endpoint as string);

// Fastify responds with 400 to other bodies, and to a request without one.
const body = {
  type: "object",
  required: ["text"],
  properties: { text: { type: "string" }, milliseconds: { type: "integer", minimum: 0 } },
};

/** A server for jobs, and a function that sends it one. */
async function start(options: { workers: string[]; timeout: number; queue: number }) {
  const app = fastify();
  await app.register(bridge, options);
  app.post("/jobs", { schema: { body } }, (request) => app.work(request.body));
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const post = async (job: object) => {
    const headers = { "content-type": "application/json", connection: "close" };
    const response = await fetch(`${url}/jobs`, { method: "POST", headers, body: JSON.stringify(job) });
    return `${response.status} ${await response.text()}`;
  };
  return { app, post };
}

const { app, post } = await start({ workers: endpoints, timeout: 2_000, queue: 100 });
// A Dealer distributes jobs in turn.
const replies = await Promise.all(["one", "two", "three", "four"].map((text) => post({ text })));
console.log(replies.sort().join("\n"));
console.log(await post({ text: "" }));
console.log(await post({ name: "five" }));
console.log(await post({ text: "slow", milliseconds: 3_000 }));

const lonely = await start({ workers: ["tcp://127.0.0.1:1"], timeout: 300, queue: 2 });
const lost = await Promise.all(["one", "two", "three"].map((text) => lonely.post({ text })));
console.log(lost.sort().join("\n"));
await lonely.app.close();

// Fastify answers pending requests before it closes.
const arrived = once(app.server, "request");
const last = post({ text: "last", milliseconds: 100 });
await arrived;
await app.close();
console.log(await last);
for (const worker of workers) worker.postMessage("end");
