// Receives on a PULL socket, by message or by batch. Measured from the message after the warm-up to the last one.

import { finish, options, percentile, stopwatch, tell, zmq } from "./peer.mjs";

const { count, warmup = 0, size, frames = 1, by, sockets = 1, tick = false, curve } = options;
const total = count + warmup;

/** Times between the ticks of a 5 ms timer, while messages flood in. */
const delays = [];
if (tick) {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    delays.push(now - last);
    last = now;
  }, 5);
}

let received = 0;
let watch;
let resolve;
const done = new Promise((end) => {
  resolve = end;
});

function took(message) {
  if (message.length !== frames || message[0].length !== size) {
    throw new Error(
      `expected ${frames} frames of ${size} bytes, got ${message.length} of ${message[0].length}`,
    );
  }
  if (received === warmup) watch = stopwatch();
  if (++received === total) resolve();
}

async function byMessage(socket) {
  for await (const message of socket) {
    took(message);
    if (received >= total) return;
  }
}

async function byReceive(socket) {
  while (received < total) took(await socket.receive());
}

async function byBatch(socket) {
  for await (const messages of socket.batches()) {
    for (const message of messages) took(message);
    if (received >= total) return;
  }
}

const loop = { message: byMessage, receive: byReceive, batch: byBatch }[by];
if (options.connect) {
  for (let i = 0; i < sockets; i++) {
    const pull = new zmq.Pull();
    pull.connect(options.connect);
    loop(pull);
  }
  tell({ ready: true });
} else {
  const pull = new zmq.Pull(curve && { curveServer: true, curveSecretKey: curve.server.secretKey });
  await pull.bind("tcp://127.0.0.1:*");
  tell({ endpoint: pull.lastEndpoint });
  loop(pull);
}
await done;
const time = watch();
await finish({
  rate: count / time.seconds,
  cpuPerMessage: time.cpuSeconds / count,
  faultsPerMessage: time.faults / count,
  ...(tick && {
    delay: { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99), max: percentile(delays, 1) },
  }),
});
