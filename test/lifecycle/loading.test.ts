// A worker may be terminated at any moment: while it loads the package, while it first uses it, and in the middle of
// every operation. In a terminating thread each Node-API call fails, and no failure may abort the process.

import { describe, expect, test } from "vitest";
import { draftPath, packagePath, runProgram, slowness } from "../helpers/program.js";

const full = Boolean(process.env.ZMQ_NATIVE_SOAK);
/** The soak has 2,000 of each. The first milliseconds matter, so loading has more than the operations after it. */
const rounds = (few: number) => (full ? 2000 : few);
const v5Path = packagePath.replace("index.js", "v5-compat.js");

/** Terminates `count` workers that run `body`, each at a random moment of its first milliseconds. */
async function terminateAll(body: string, milliseconds: number, count: number): Promise<void> {
  const outcome = await runProgram(
    `
    const { Worker } = require("node:worker_threads");
    let ended = 0;
    for (let round = 0; round < ${count}; round++) {
      const worker = new Worker(${JSON.stringify(body)}, { eval: true });
      worker.on("error", (error) => { if (error?.code !== "ERR_INIT_FAILED") console.log(String(error)); });
      await new Promise((resolve) => worker.once("online", resolve));
      // Busy, since a timer is too coarse to hit the moments between.
      const end = performance.now() + Math.random() * ${milliseconds};
      while (performance.now() < end);
      await worker.terminate();
      ended++;
    }
    console.log(ended);
  `,
    { loads: false, limit: full ? 600_000 : 100_000 },
  );
  expect(outcome).toMatchObject({ code: 0, signal: null, stdout: `${count}\n` });
}

const timeout = (full ? 600_000 : 100_000) * slowness;

describe("a worker is terminated while it loads", () => {
  for (const [name, path] of Object.entries({ index: packagePath, draft: draftPath, "v5-compat": v5Path })) {
    test(name, { timeout }, () =>
      terminateAll(
        `process.emitWarning = () => {}; require(${JSON.stringify(path)});`,
        12 * slowness,
        rounds(100),
      ),
    );
  }
});

const load = `const zmq = require(${JSON.stringify(packagePath)}); (async () => {`;
/** What a worker does over and over until it is terminated. */
const operations: Record<string, string> = {
  "opens and closes sockets": `for (;;) { const s = new zmq.Router(); await s.bind("tcp://127.0.0.1:*"); s.close(); }`,
  "sends and receives": `
    const [a, b] = [new zmq.Push({ linger: 0 }), new zmq.Pull()];
    await b.bind("tcp://127.0.0.1:*");
    a.connect(b.lastEndpoint);
    for (;;) { await a.send(["one", Buffer.alloc(20_000)]); await b.receive(); }`,
  "receives large messages and metadata": `
    const [a, b] = [new zmq.Push({ linger: 0 }), new zmq.Pull()];
    await b.bind("tcp://127.0.0.1:*");
    a.connect(b.lastEndpoint);
    for (;;) { await a.send(Buffer.alloc(600_000)); await b.receiveWithMetadata(); }`,
  "waits, with time-outs": `
    const s = new zmq.Pull();
    await s.bind("tcp://127.0.0.1:*");
    for (;;) await s.receive({ timeout: 1 }).catch(() => {});`,
  "ends contexts": `for (;;) { const c = new zmq.Context(); new zmq.Push({ context: c }); await c.close({ linger: 0 }); }`,
  "runs proxies": `
    for (;;) {
      const [front, back] = [new zmq.Pull(), new zmq.Push()];
      await front.bind("tcp://127.0.0.1:*");
      await back.bind("tcp://127.0.0.1:*");
      const proxy = new zmq.Proxy(front, back);
      const ended = proxy.run();
      await proxy.statistics();
      proxy.terminate();
      await ended;
    }`,
  "observes events": `
    for (;;) {
      const [a, b] = [new zmq.Push({ linger: 0 }), new zmq.Pull()];
      b.events.on("accept", () => {});
      await b.bind("tcp://127.0.0.1:*");
      a.connect(b.lastEndpoint);
      await a.send("x");
      await b.receive();
      await Promise.all([a.close({ linger: 0 }), b.close({ linger: 0 })]);
    }`,
  "makes keys": `for (;;) { zmq.curveKeyPair(); await null; }`,
};

describe("a worker is terminated while it", () => {
  for (const [name, body] of Object.entries(operations)) {
    test(name, { timeout }, () => terminateAll(`${load}${body}})();`, 60 * slowness, rounds(25)));
  }
});
