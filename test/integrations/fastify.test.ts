// The plugin of docs/frameworks/fastify.md with Fastify: two workers, workers that come late or end, malformed messages, shutdown.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { execa } from "execa";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { Reply, Request } from "zmq-native";
import { patience } from "../helpers/program.js";
import { compile, load, program, programs } from "./integrations.js";

let create: (options: { workers: string[]; timeout: number; queue: number }) => Promise<App>;

interface App {
  work(job: unknown): Promise<unknown>;
  post(job?: object): Promise<{ status: number; body: unknown }>;
  close(): Promise<void>;
}

beforeAll(async () => {
  compile();
  const { default: fastify } = await load("fastify");
  const { bridge } = await program("fastify/bridge");
  create = async (options) => {
    const app = fastify();
    await app.register(bridge, options);
    app.post("/", (request: { body: unknown }) => app.work(request.body));
    onTestFinished(() => app.close());
    const post = async (payload?: object) => {
      const response = await app.inject({ method: "POST", url: "/", ...(payload && { payload }) });
      return { status: response.statusCode, body: response.json() };
    };
    return { work: (job) => app.work(job), post, close: () => app.close() };
  };
}, 300_000);

/** A worker that returns its name and the job, and records the jobs. */
async function startWorker(name: string, endpoint = "tcp://127.0.0.1:*") {
  const socket = new Reply();
  const connected = once(socket.events, "handshake");
  const jobs: unknown[] = [];
  await socket.bind(endpoint);
  void (async () => {
    for await (const [job] of socket) {
      jobs.push(JSON.parse(String(job)));
      await socket.send(["ok", JSON.stringify({ name, job: jobs.at(-1) })]);
    }
  })();
  onTestFinished(() => socket.close());
  return { socket, jobs, connected, endpoint: socket.lastEndpoint! };
}

function ipc(): string {
  const folder = mkdtempSync(join(tmpdir(), "zmq-fastify-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return `ipc://${folder}/worker`;
}

test("two workers share the jobs", async () => {
  const workers = [await startWorker("A"), await startWorker("B")];
  const endpoints = workers.map(({ endpoint }) => endpoint);
  const app = await create({ workers: endpoints, timeout: 20_000, queue: 1_000 });
  await Promise.all(workers.map(({ connected }) => connected));
  // The Dealer learns of a connection a moment after the worker.
  while (workers.some(({ jobs }) => jobs.length === 0)) await app.post({ number: -1 });
  for (const { jobs } of workers) jobs.length = 0;
  const numbers = Array.from({ length: 100 }, (_, index) => index);
  const replies = await Promise.all(numbers.map((number) => app.post({ number })));
  expect(replies.map(({ status }) => status)).toEqual(numbers.map(() => 200));
  expect(replies.map(({ body }) => (body as { job: { number: number } }).job.number)).toEqual(numbers);
  expect(workers.map(({ jobs }) => jobs.length)).toEqual([50, 50]);
});

test("a worker that starts later executes the jobs that still wait, and no others", async () => {
  const endpoint = ipc();
  const app = await create({ workers: [endpoint], timeout: 300, queue: 10 });
  expect(await app.post({ number: 1 })).toMatchObject({
    status: 504,
    body: { message: "no worker is connected: 300 ms" },
  });
  const patient = await create({ workers: [endpoint], timeout: 20_000, queue: 10 });
  const waiting = patient.post({ number: 2 });
  const worker = await startWorker("late", endpoint);
  expect(await waiting).toMatchObject({ status: 200, body: { name: "late" } });
  expect(worker.jobs).toEqual([{ number: 2 }]);
});

test("jobs reach a worker that has restarted", async () => {
  const endpoint = ipc();
  const app = await create({ workers: [endpoint], timeout: 1_000, queue: 10 });
  for (const name of ["first", "second"]) {
    const worker = await startWorker(name, endpoint);
    let reply = await app.post({});
    // A job that was sent to the first worker when it ended is lost.
    while (reply.status === 504) reply = await app.post({});
    expect(reply).toMatchObject({ status: 200, body: { name } });
    await worker.socket.close({ linger: 0 });
  }
});

test("a request without a body is not sent, and its status is 400", async () => {
  const worker = await startWorker("A");
  const app = await create({ workers: [worker.endpoint], timeout: 20_000, queue: 10 });
  expect(await app.post()).toMatchObject({ status: 400, body: { message: "there is no job" } });
  expect(await app.post({ number: 1 })).toMatchObject({ status: 200 });
  expect(worker.jobs).toEqual([{ number: 1 }]);
});

test("a malformed reply of a worker fails its job, and no other", async () => {
  const socket = new Reply();
  onTestFinished(() => socket.close());
  await socket.bind("tcp://127.0.0.1:*");
  const replies = [["ok", "not json"], ["ok"], ["done", "{}"], "", ["ok", "1"]];
  void (async () => {
    for (const reply of replies) {
      await socket.receive();
      await socket.send(reply);
    }
  })();
  const app = await create({ workers: [socket.lastEndpoint!], timeout: 20_000, queue: 10 });
  for (const _ of replies.slice(1)) {
    expect(await app.post({})).toMatchObject({
      status: 502,
      body: { message: expect.stringMatching(/^a worker sent a malformed reply: /) },
    });
  }
  expect(await app.post({})).toEqual({ status: 200, body: 1 });
});

test("the worker of the page replies to jobs that are not JSON, and goes on", async () => {
  const worker = new Worker(pathToFileURL(join(programs, "fastify/worker.mjs")));
  onTestFinished(async () => void (await worker.terminate()));
  const [endpoint] = await once(worker, "message");
  const request = new Request({ receiveTimeout: patience });
  onTestFinished(() => request.close());
  request.connect(endpoint);
  for (const job of ["", "not json", "null", "1", "{}"]) {
    await request.send(job);
    expect((await request.receive()).map(String)).toEqual(["error", expect.any(String)]);
  }
  await request.send('{"text":"a"}');
  expect((await request.receive()).map(String)).toEqual(["ok", '{"text":"A"}']);
});

test("the application of the page passes requests to a worker in a process of its own", async () => {
  const endpoint = ipc();
  const run = (name: string) => {
    const file = join(programs, "fastify", name);
    const child = execa(process.execPath, [file, endpoint], { env: { PORT: "0" }, reject: false });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  };
  const [worker, app] = [run("worker.mjs"), run("app.mjs")];
  const [line] = await once(createInterface(app.stdout), "line");
  const [url] = /http:[^"]+/.exec(line)!;
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/jobs`, { method: "POST", headers, body: '{"text":"hello"}' });
  expect({ status: response.status, body: await response.json() }).toEqual({
    status: 200,
    body: { text: "HELLO" },
  });
  app.kill("SIGTERM");
  worker.kill("SIGTERM");
  expect([(await app).exitCode, (await worker).exitCode]).toEqual([0, 0]);
});

test("the number of jobs that wait for a busy worker is limited", async () => {
  const socket = new Reply({ receiveTimeout: patience });
  onTestFinished(() => socket.close());
  await socket.bind("tcp://127.0.0.1:*");
  const app = await create({ workers: [socket.lastEndpoint!], timeout: patience, queue: 3 });
  const [first, ...others] = [1, 2, 3].map((number) => app.work({ number }));
  await socket.receive();
  await expect(app.work({ number: 4 })).rejects.toMatchObject({
    statusCode: 503,
    message: "3 jobs are pending",
  });
  await socket.send(["ok", "1"]);
  expect(await first).toBe(1);
  others.push(app.work({ number: 4 }));
  for (const reply of ["2", "3", "4"]) {
    await socket.receive();
    await socket.send(["ok", reply]);
  }
  expect(await Promise.all(others)).toEqual([2, 3, 4]);
});

test("pending jobs reject when the server closes", async () => {
  const app = await create({ workers: ["tcp://127.0.0.1:1"], timeout: 20_000, queue: 10 });
  const pending = expect(app.work({})).rejects.toMatchObject({ statusCode: 503 });
  await app.close();
  await pending;
  await expect(app.work({})).rejects.toMatchObject({
    statusCode: 503,
    message: "the server is shutting down",
  });
});
