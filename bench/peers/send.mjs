// Sends on PUSH sockets: by message, by batch, or with a new Buffer for each message. The receiver measures the rate; this end its own CPU time.

import { options, stopwatch, tell, zmq } from "./peer.mjs";

const { count, size, frames = 1, by, sockets = 1, curve } = options;
const security = curve && {
  curveServerKey: curve.server.publicKey,
  curvePublicKey: curve.client.publicKey,
  curveSecretKey: curve.client.secretKey,
};
const frame = Buffer.alloc(size, 120);
const message = frames === 1 ? frame : Array.from({ length: frames }, () => frame);

async function byMessage(socket, number) {
  for (let i = 0; i < number; i++) await socket.send(message);
}

async function byBatch(socket, number) {
  const batch = Array.from({ length: 1000 }, () => message);
  for (let sent = 0; sent < number; sent += batch.length) {
    await socket.sendMany(number - sent < batch.length ? batch.slice(0, number - sent) : batch);
  }
}

/** A new Buffer for each message, since libraries without copies need it until they have sent it. */
async function byFilled(socket, number) {
  for (let i = 0; i < number; i++) await socket.send(Buffer.allocUnsafeSlow(size).fill(i));
}

async function byTransfer(socket, number) {
  for (let i = 0; i < number; i++) await socket.send(zmq.allocate(size).fill(i), { transfer: true });
}

const send = { message: byMessage, batch: byBatch, filled: byFilled, transfer: byTransfer }[by];

// The compiler gets to know the code on a pair of its own.
const pull = new zmq.Pull();
const push = new zmq.Push();
await pull.bind("inproc://warm-up");
push.connect("inproc://warm-up");
const warm = size > 100_000 ? 20 : 20_000;
const sent = send(push, warm);
for (let i = 0; i < warm; i++) await pull.receive();
await sent;
push.close();
pull.close();

const all = Array.from({ length: sockets }, () => new zmq.Push(security));
if (options.bind) {
  await all[0].bind("tcp://127.0.0.1:*");
  await tell({ endpoint: all[0].lastEndpoint });
} else for (const socket of all) socket.connect(options.endpoint);
const watch = stopwatch();
await Promise.all(all.map((socket) => send(socket, count / sockets)));
const { cpuSeconds, faults } = watch();
await tell({ result: { cpuPerMessage: cpuSeconds / count, faultsPerMessage: faults / count } });
// The runner ends this process once the receiver has had everything.
setInterval(() => {}, 1000);
