// Performs `count` operations on one hot path, both ends in this process, so that a tool can count what they cost.

import { options, zmq } from "./peer.mjs";

/** `queued`: the messages that lie in the queue of a measured receiver before it starts, the same for each `count`. */
const { path, transport, count, queued } = options;
const message = Buffer.alloc(64, 1);
const frames = [Buffer.alloc(16), Buffer.alloc(16), Buffer.alloc(64)];

async function pair(Sender, Receiver) {
  const sender = new Sender({ sendHighWaterMark: 0, linger: 0 });
  const receiver = new Receiver({ receiveHighWaterMark: 0, linger: 0 });
  await receiver.bind(transport === "tcp" ? "tcp://127.0.0.1:*" : "inproc://counted");
  sender.connect(receiver.lastEndpoint);
  return [sender, receiver];
}

/** A Pull with a full queue. */
async function full(one) {
  const [push, pull] = await pair(zmq.Push, zmq.Pull);
  const batch = Array(1000).fill(one);
  for (let sent = 0; sent < queued; sent += batch.length) await push.sendMany(batch);
  return pull;
}

async function send(one) {
  const [push] = await pair(zmq.Push, zmq.Pull);
  for (let i = 0; i < count; i++) await push.send(one);
}

async function receive(one) {
  const pull = await full(one);
  for (let i = 0; i < count; i++) await pull.receive();
}

const paths = {
  "await send": () => send(message),
  "await send, three frames": () => send(frames),
  sendMany: async () => {
    const [push] = await pair(zmq.Push, zmq.Pull);
    const batch = Array(1000).fill(message);
    for (let sent = 0; sent < count; sent += batch.length) await push.sendMany(batch);
  },
  receive: () => receive(message),
  "receive, three frames": () => receive(frames),
  "for await": async () => {
    const pull = await full(message);
    let left = count;
    for await (const _ of pull) if (--left === 0) break;
  },
  batches: async () => {
    const pull = await full(message);
    let left = count;
    for await (const batch of pull.batches()) {
      left -= batch.length;
      if (left <= 0) break;
    }
  },
  "REQ/REP": async () => {
    const [request, reply] = await pair(zmq.Request, zmq.Reply);
    (async () => {
      for await (const asked of reply) await reply.send(asked);
    })().catch(() => {});
    for (let i = 0; i < count; i++) {
      await request.send(message);
      await request.receive();
    }
  },
};

await paths[path]();
process.exit();
