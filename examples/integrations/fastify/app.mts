// fastify/app.mts
// An application: it passes requests to workers, whose endpoints are its arguments.

import fastify from "fastify";
import { bridge } from "./bridge.mjs";

const app = fastify({ logger: true });
await app.register(bridge, { workers: process.argv.slice(2), timeout: 2_000, queue: 1_000 });
app.post("/jobs", (request) => app.work(request.body));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => app.close());
await app.listen({ port: Number(process.env.PORT ?? 3000) });
