// piscina/pool.mts
// A pool of worker threads over inproc: a Router gives each task to the thread that has been idle longest.

import { randomUUID } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import { Worker } from "node:worker_threads";
import { Router } from "zmq-native";

const closed = "the pool is closed";
interface Task {
  value: Buffer;
  /** Settles the promise of `run`, once. */
  end(error: Error | undefined, result?: Buffer): void;
}

export class Pool {
  readonly #file: URL;
  readonly #endpoint = `inproc://pool-${randomUUID()}`;
  readonly #router = new Router();
  readonly #threads = new Map<string, Worker>();
  readonly #idle = new Set<string>();
  readonly #waiting = new Set<Task>();
  /** The task of each busy thread. */
  readonly #running = new Map<string, Task>();

  /** Starts threads that run a module, which calls `serve` of thread.mts. */
  constructor(file: URL, threads: number) {
    this.#file = file;
    this.#router.bindSync(this.#endpoint);
    this.#receive();
    for (let thread = 0; thread < threads; thread++) this.#start();
  }

  /** Resolves with the result of a task. Rejects with its error, or after a number of milliseconds. */
  run(value: unknown, timeout = 30_000): Promise<unknown> {
    if (this.#router.closed) return Promise.reject(new Error(closed));
    if (this.#threads.size === 0) return Promise.reject(new Error("the pool has no threads"));
    return new Promise<Buffer>((resolve, reject) => {
      const task: Task = {
        value: serialize(value),
        end: (error, result) => {
          clearTimeout(timer);
          // Nobody waits for the result of a task that has timed out.
          this.#waiting.delete(task);
          return error ? reject(error) : resolve(result!);
        },
      };
      const late = `no thread has finished the task within ${timeout} ms`;
      const timer = setTimeout(() => task.end(new Error(late)), timeout);
      this.#waiting.add(task);
      this.#dispatch();
    }).then(deserialize);
  }

  /** Ends the threads. Tasks that have not finished reject. */
  async close(): Promise<void> {
    this.#router.close();
    for (const task of [...this.#waiting, ...this.#running.values()]) task.end(new Error(closed));
    await Promise.all([...this.#threads.values()].map((thread) => thread.terminate()));
  }

  #start(): void {
    const id = randomUUID();
    const thread = new Worker(this.#file, { workerData: { endpoint: this.#endpoint, id } });
    let reason = new Error("the thread has ended");
    thread.on("error", (error: Error) => (reason = error));
    thread.once("exit", () => {
      this.#threads.delete(id);
      this.#running.get(id)?.end(reason);
      const wasReady = this.#idle.delete(id) || this.#running.delete(id);
      // A module that fails at once would fail again.
      if (wasReady && !this.#router.closed) this.#start();
      else if (this.#threads.size === 0) for (const task of this.#waiting) task.end(reason);
    });
    this.#threads.set(id, thread);
  }

  async #receive(): Promise<void> {
    for await (const [id, status, result] of this.#router) {
      const thread = String(id);
      const task = this.#running.get(thread);
      this.#running.delete(thread);
      if (String(status) === "error") task?.end(new Error(String(result)));
      else if (String(status) === "ok") task?.end(undefined, result);
      if (this.#threads.has(thread)) this.#idle.add(thread);
      this.#dispatch();
    }
  }

  #dispatch(): void {
    const [thread] = this.#idle;
    const [task] = this.#waiting;
    if (thread === undefined || task === undefined) return;
    this.#idle.delete(thread);
    this.#waiting.delete(task);
    this.#running.set(thread, task);
    this.#router.trySend([thread, task.value]);
  }
}
