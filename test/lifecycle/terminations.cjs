// terminations.cjs WHAT COUNT MILLISECONDS: terminates workers, each at a random moment of the first milliseconds in
// which it loads or uses the package. Prints the number of terminated workers. A separate program, since Bun and Deno
// run it, too.

const { join } = require("node:path");
const { Worker } = require("node:worker_threads");

const door = (name) => JSON.stringify(join(__dirname, "../../dist", `${name}.js`));

const loads = (name) => `process.emitWarning = () => {}; require(${door(name)});`;

const connected = `
  const [a, b] = [new zmq.Push({ linger: 0 }), new zmq.Pull()];
  await b.bind("tcp://127.0.0.1:*");
  a.connect(b.lastEndpoint);`;

/** The code that a worker repeats until it is terminated. */
const operations = {
  "opens and closes sockets": `for (;;) { const s = new zmq.Router(); await s.bind("tcp://127.0.0.1:*"); s.close(); }`,
  "sends and receives": `${connected} for (;;) { await a.send(["one", Buffer.alloc(20_000)]); await b.receive(); }`,
  "receives large messages and metadata": `${connected}
    for (;;) { await a.send(Buffer.alloc(600_000)); await b.receiveWithMetadata(); }`,
  "transfers large messages": `${connected}
    for (let frame = zmq.allocate(600_000); ; [frame] = await b.receive()) await a.send(frame, { transfer: true });`,
  "queues transfers": `
    const endpoint = "inproc://queued-" + require("node:worker_threads").threadId;
    const a = new zmq.Push({ linger: 0, sendQueue: {}, sendHighWaterMark: 1 });
    const b = new zmq.Pull({ receiveHighWaterMark: 1 });
    await b.bind(endpoint);
    a.connect(endpoint);
    for (;;) {
      for (let id = 0; id < 10; id++) a.send(zmq.allocate(70_000), { transfer: true });
      for (let id = 0; id < 10; id++) await b.receive();
    }`,
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
const doors = ["index", "draft", "v5-compat"];

async function terminateAll(what, count, milliseconds) {
  const body = doors.includes(what)
    ? loads(what)
    : `const zmq = require(${door("index")}); (async () => {${operations[what]}})();`;
  for (let round = 0; round < count; round++) {
    const worker = new Worker(body, { eval: true });
    worker.on("error", (error) => {
      if (error?.code !== "ERR_INIT_FAILED") console.log(String(error));
    });
    await new Promise((resolve) => worker.once("online", resolve).once("exit", resolve));
    // A busy loop, since a timer is too coarse to hit the moments in between.
    const end = performance.now() + Math.random() * milliseconds;
    while (performance.now() < end);
    await worker.terminate();
  }
  console.log(count);
}

module.exports = { doors, operations: Object.keys(operations) };

if (require.main === module) {
  const [what, count, milliseconds] = process.argv.slice(2);
  // Bun does not exit after its workers have been terminated.
  terminateAll(what, Number(count), Number(milliseconds)).then(() => process.exit(0));
}
