// What a leak checker watches: sockets, contexts, messages of all sizes, waits, workers, all of them brought to an end.
// Ends by returning, so that what is still allocated then has been leaked.

const { Worker, isMainThread } = require("node:worker_threads");
const zmq = require("..");

const sizes = [0, 1, 33, 200, 5_000, 20_000, 100_000, 600_000];

async function pairLife(transport) {
  const context = new zmq.Context();
  const bound = new zmq.Dealer({ context, linger: 0 });
  const connected = new zmq.Dealer({ context, linger: 0 });
  await bound.bind({ tcp: "tcp://127.0.0.1:*", inproc: "inproc://leaks" }[transport]);
  connected.connect(bound.lastEndpoint);
  for (const size of sizes) {
    await connected.send(["frame", Buffer.alloc(size), "x".repeat(size)]);
    await bound.receive();
  }
  await connected.sendMany(sizes.map((size) => Buffer.alloc(size)));
  for (let received = 0; received < sizes.length; ) received += (await bound.receiveMany()).length;
  await bound.receive({ timeout: 1 }).catch(() => {});
  const waiting = bound.receive().catch(() => {});
  await connected.send("left behind");
  await connected.send("and this");
  bound.close();
  connected.close();
  await waiting;
}

async function main() {
  for (let i = 0; i < 50; i++) for (const transport of ["tcp", "inproc"]) await pairLife(transport);
  try {
    new zmq.Pull({ linger: "wrong" });
  } catch {}
  if (!isMainThread) return;
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(__filename);
    await new Promise((resolve) => worker.once("exit", resolve));
  }
}
main();
