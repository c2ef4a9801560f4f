// fastify/bridge.mts
// A plugin for Fastify: `app.work(job)` passes a job to one of several workers.

import type { FastifyInstance } from "fastify";
import plugin from "fastify-plugin";
import { Dealer, type ZmqError } from "zmq-native";

declare module "fastify" {
  interface FastifyInstance {
    /** Resolves with the result of a job. Rejects with an error that has the `statusCode` of the response. */
    work(job: unknown): Promise<unknown>;
  }
}

interface Options {
  /** The endpoints of the workers. */
  workers: string[];
  /** Milliseconds for which a job may wait for a connection to a worker, and then for its result. */
  timeout: number;
  /** How many jobs may be pending: those that wait for a connection, and those without a result. */
  queue: number;
}

interface Job {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const failure = (statusCode: number, message: string) => Object.assign(new Error(message), { statusCode });

export const bridge = plugin(async (app: FastifyInstance, { workers, timeout, queue }: Options) => {
  // `immediate`: while no worker is connected, jobs wait in the send queue. Those that are too old are not sent.
  const socket = new Dealer({ immediate: true, linger: 0, sendQueue: { max: queue, ttl: timeout } });
  for (const endpoint of workers) socket.connect(endpoint);
  const jobs = new Map<string, Job>();
  let count = 0;

  async function work(value: unknown): Promise<unknown> {
    if (socket.closed) throw failure(503, "the server is shutting down");
    // `undefined` for a request without a body.
    const body: string | undefined = JSON.stringify(value);
    if (body === undefined) throw failure(400, "there is no job");
    if (jobs.size >= queue) throw failure(503, `${queue} jobs are pending`);
    const id = `${++count}`;
    const result = new Promise((resolve, reject) => jobs.set(id, { resolve, reject }));
    const job = jobs.get(id);
    let timer: NodeJS.Timeout | undefined;
    const sent = () => {
      const late = () => job?.reject(failure(504, `no worker has replied: ${timeout} ms`));
      if (jobs.has(id)) timer = setTimeout(late, timeout);
    };
    // The empty frame is the delimiter that a Reply expects.
    socket.send([id, "", body]).then(sent, ({ code, message }: ZmqError) => {
      // The job has left the queue. No worker will get it.
      if (code === "ETIMEDOUT") job?.reject(failure(504, `no worker is connected: ${timeout} ms`));
      else job?.reject(failure(503, message));
    });
    return result.finally(() => {
      clearTimeout(timer);
      jobs.delete(id);
    });
  }

  async function receive(): Promise<void> {
    // A result that comes too late has no job, and is ignored.
    for await (const [id, , status, body] of socket) {
      const job = jobs.get(String(id));
      if (String(status) === "error") job?.reject(failure(500, String(body)));
      else {
        try {
          if (String(status) !== "ok") throw new Error("the status is neither ok nor error");
          job?.resolve(JSON.parse(String(body)));
        } catch (error) {
          job?.reject(failure(502, `a worker sent a malformed reply: ${(error as Error).message}`));
        }
      }
    }
  }
  const receiving = receive();

  app.decorate("work", work);
  app.addHook("onClose", async () => {
    socket.close();
    await receiving;
    for (const { reject } of jobs.values()) reject(failure(503, "the server is shutting down"));
  });
});
