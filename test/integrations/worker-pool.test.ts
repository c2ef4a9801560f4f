// The pool of docs/frameworks/worker-pool.md: many tasks, threads that end, modules that fail, shutdown.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { compile, program, programs } from "./integrations.js";

interface Pool {
  run(value: unknown, timeout?: number): Promise<unknown>;
  close(): Promise<void>;
}
let start: (module: URL, threads: number) => Pool;

beforeAll(async () => {
  compile();
  const { Pool } = await program("piscina/pool");
  start = (module, threads) => {
    const pool: Pool = new Pool(module, threads);
    onTestFinished(() => pool.close());
    return pool;
  };
}, 300_000);

const worker = pathToFileURL(join(programs, "piscina/worker.mjs"));

/** A module of the test. */
function moduleOf(source: string): URL {
  const folder = mkdtempSync(join(tmpdir(), "zmq-pool-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "module.mjs");
  writeFileSync(file, source.replace("THREAD", pathToFileURL(join(programs, "piscina/thread.mjs")).href));
  return pathToFileURL(file);
}

test("threads execute more tasks than there are threads", async () => {
  const pool = start(worker, 3);
  const tasks = Array.from({ length: 300 }, (_, index) => pool.run(index % 12));
  const expected = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89];
  expect(await Promise.all(tasks)).toEqual(tasks.map((_, index) => expected[index % 12]));
});

test("values are cloned: Maps, dates and typed arrays", async () => {
  const pool = start(moduleOf('import { serve } from "THREAD"; await serve((value) => value);'), 1);
  const value = { map: new Map([[1, new Date(0)]]), bytes: new Uint8Array([1, 2, 3]), none: undefined };
  expect(await pool.run(value)).toEqual(value);
  expect(await pool.run(undefined)).toBe(undefined);
});

test("a task that ends its thread rejects, and another thread takes its place", async () => {
  const pool = start(worker, 1);
  for (let round = 0; round < 3; round++) {
    const [ended, next] = [pool.run(99), pool.run(10)];
    await expect(ended).rejects.toThrow("the thread has ended");
    expect(await next).toBe(55);
  }
});

test("a module that cannot be loaded rejects the waiting tasks with its error", async () => {
  const pool = start(moduleOf('throw new Error("no such module");'), 2);
  await expect(pool.run(1)).rejects.toThrow("no such module");
  await expect(pool.run(1)).rejects.toThrow("the pool has no threads");
});

test("a task that takes too long rejects, and its thread is used again afterwards", async () => {
  const pool = start(
    moduleOf(`import { setTimeout as sleep } from "node:timers/promises";
      import { serve } from "THREAD"; await serve((time) => sleep(time, time));`),
    1,
  );
  expect(await pool.run(0)).toBe(0);
  await expect(pool.run(300, 50)).rejects.toThrow("no thread has finished the task within 50 ms");
  expect(await pool.run(1)).toBe(1);
});

test("a malformed result rejects its task, and no other", async () => {
  const pool = start(
    moduleOf(`import { createRequire } from "node:module";
      import { workerData } from "node:worker_threads";
      const { Dealer } = createRequire("THREAD")("zmq-native");
      const socket = new Dealer({ routingId: workerData.id, linger: 0 });
      socket.connect(workerData.endpoint);
      await socket.send("ready");
      const replies = [["ok", "not a value"], ["ok"], ["ok", Buffer.from([255, 15, 84])]];
      for await (const _ of socket) await socket.send(replies.shift());`),
    1,
  );
  await expect(pool.run(1)).rejects.toThrow();
  await expect(pool.run(2)).rejects.toThrow();
  expect(await pool.run(3)).toBe(true);
});

test("close rejects the tasks that have not finished", async () => {
  const pool = start(worker, 1);
  const results = Promise.allSettled([pool.run(45), pool.run(45)]);
  await pool.close();
  const reasons = (await results).map((result) => (result as PromiseRejectedResult).reason.message);
  expect(reasons).toEqual(["the pool is closed", "the pool is closed"]);
  await expect(pool.run(1)).rejects.toThrow("the pool is closed");
});

test("a pool without threads rejects its tasks at once", async () => {
  await expect(start(worker, 0).run(1)).rejects.toThrow("the pool has no threads");
});
