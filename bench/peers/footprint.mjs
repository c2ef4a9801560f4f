// The costs of sockets and messages besides time: churn, idle sockets, connections, kept messages, a burst, a reader that
// never reads.

import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { finish, options, stopwatch, zmq } from "./peer.mjs";

const require = createRequire(import.meta.url);
const socketTypes = require("../../test/helpers/socket_types.json");

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");
const { what, count, size } = options;

async function settle() {
  for (let i = 0; i < 5; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage();
}

/**
 * Measures the resident memory of a server for each of its connections. They come from a process of their own, which this
 * one starts.
 */
async function connections() {
  // The system allows 4,096 at most in the backlog: so the client connects in portions.
  const pull = new zmq.Pull({ backlog: 4096 });
  await pull.bind("tcp://127.0.0.1:*");
  const client = fork(fileURLToPath(import.meta.url), [
    JSON.stringify({ ...options, what: "connect", endpoint: pull.lastEndpoint }),
  ]);
  process.once("exit", () => client.kill());
  const before = await settle();
  let connected = 0;
  client.send({ connect: 1000 });
  for await (const event of pull.events) {
    if (event.type !== "handshake") continue;
    connected++;
    if (connected === count) break;
    if (connected % 1000 === 0) client.send({ connect: Math.min(1000, count - connected) });
  }
  const after = await settle();
  return { bytesEach: (after.rss - before.rss) / count, connections: connected };
}

/** The other end of `connections`: one socket with many connections. */
function connect() {
  const push = new zmq.Push();
  process.on("message", ({ connect }) => {
    for (let i = 0; i < connect; i++) push.connect(options.endpoint);
  });
  return new Promise(() => {});
}

/** Memory that a process still holds some seconds after a burst of messages, all of which were queued at one time. */
async function burst() {
  const pull = new zmq.Pull({ receiveHighWaterMark: 0 });
  const push = new zmq.Push({ sendHighWaterMark: 0, linger: 0 });
  await pull.bind("tcp://127.0.0.1:*");
  push.connect(pull.lastEndpoint);
  await push.send("connected");
  await pull.receive();
  const before = await settle();
  const message = Buffer.alloc(size, 1);
  for (let i = 0; i < count; i++) await push.send(message);
  const peak = process.memoryUsage().rss;
  for (let i = 0; i < count; i++) await pull.receive();
  await new Promise((resolve) => setTimeout(resolve, options.seconds * 1000));
  const after = await settle();
  return { bytes: after.rss - before.rss, peak: peak - before.rss };
}

/** Creates, connects and closes sockets: seconds each. */
async function churn() {
  const context = new zmq.Context({ maxSockets: 20_000 });
  const pull = new zmq.Pull({ context });
  await pull.bind("tcp://127.0.0.1:*");
  const life = (number) => {
    for (let i = 0; i < number; i++) {
      const push = new zmq.Push({ context, linger: 0 });
      push.connect(pull.lastEndpoint);
      push.close();
    }
  };
  life(200);
  await settle();
  const watch = stopwatch();
  // In portions, as libzmq closes on another thread.
  for (let done = 0; done < count; done += 100) {
    life(100);
    await new Promise(setImmediate);
  }
  return { secondsEach: watch().seconds / count };
}

/** Bytes of resident memory for each idle socket. */
async function idle() {
  const context = new zmq.Context({ maxSockets: 20_000 });
  const keep = [new zmq.Dealer({ context })];
  const before = await settle();
  for (let i = 0; i < count; i++) keep.push(new zmq.Dealer({ context }));
  const after = await settle();
  return { bytesEach: (after.rss - before.rss) / count, sockets: keep.length };
}

/** Bytes of memory for each byte of messages that are kept. */
async function retained() {
  const pull = new zmq.Pull({ receiveHighWaterMark: 0 });
  const push = new zmq.Push({ sendHighWaterMark: 0 });
  await pull.bind("inproc://kept");
  push.connect("inproc://kept");
  const message = Buffer.alloc(size);
  const kept = new Array(count);
  const before = await settle();
  for (let i = 0; i < count; i++) {
    await push.send(message);
    kept[i] = (await pull.receive())[0];
  }
  const after = await settle();
  const grown = (name) => (after[name] - before[name]) / (kept.length * size);
  return { buffers: grown("arrayBuffers"), heap: grown("heapUsed"), resident: grown("rss") };
}

/** Measures how much a sender queues for a reader that never reads, and the memory of both ends. */
async function stalled() {
  const pull = new zmq.Pull({ receiveHighWaterMark: options.mark });
  const push = new zmq.Push({ sendHighWaterMark: options.mark, sendTimeout: 200, linger: 0 });
  await pull.bind("tcp://127.0.0.1:*");
  push.connect(pull.lastEndpoint);
  const before = await settle();
  const message = Buffer.alloc(size);
  let sent = 0;
  try {
    for (;;) {
      await push.send(message);
      sent++;
    }
  } catch {}
  const after = await settle();
  return { messages: sent, bytes: after.rss - before.rss };
}

/** Draft sockets whose traffic is over, a receiver that waits among each pair. */
async function restDrafts() {
  const draft = require(
    options.library === "zeromq" ? "zeromq/draft" : join(options.library, "dist/draft.js"),
  );
  // zeromq lacks the types that libzmq has added since: Channel and Peer.
  const pairs = socketTypes.pairs.draft.filter(([first, second]) => first !== second);
  const kept = [];
  for (const [first, second] of pairs) {
    const [sender, receiver] = [new draft[first](), new draft[second]()];
    kept.push(sender, receiver);
    await receiver.bind("tcp://127.0.0.1:*");
    sender.connect(receiver.lastEndpoint);
    if (first === "Radio") receiver.join("group");
    else await sender.send("traffic");
    for (const socket of kept.slice(-2)) socket.receive?.().catch(() => {});
  }
  return kept;
}

/** The part of a core that sockets of every type use once their traffic is over; or a process without sockets. */
async function rest() {
  if (options.alone) return restFor([]);
  const kept = [];
  for (const [Sender, Receiver] of socketTypes.pairs.stable.map((pair) => pair.map((name) => zmq[name]))) {
    const receiver = new Receiver();
    const sender = new Sender();
    kept.push(receiver, sender);
    await receiver.bind("tcp://127.0.0.1:*");
    if (receiver.subscribe) receiver.subscribe();
    if (Receiver === zmq.XSubscriber) await receiver.send("\x01");
    // Waits from the beginning: a socket that nobody uses does not hear of new connections.
    const first = receiver.receive();
    sender.connect(receiver.lastEndpoint);
    if (Sender === zmq.XPublisher) await sender.receive();
    await sender.send("traffic");
    // A subscriber may have missed it; then it waits for another, as from now on every receiver does.
    if (Receiver !== zmq.Subscriber) await first;
    if (Receiver !== zmq.Reply && Receiver !== zmq.Subscriber) receiver.receive().catch(() => {});
    if (Sender === zmq.Dealer || Sender === zmq.Request) sender.receive().catch(() => {});
  }
  kept.push(new zmq.Stream());
  await kept.at(-1).bind("tcp://127.0.0.1:*");
  if (options.drafts) kept.push(...(await restDrafts()));
  return restFor(kept);
}

/** Keeps the sockets referenced: otherwise those of zeromq would be garbage-collected. */
async function restFor(sockets) {
  await settle();
  const watch = stopwatch();
  await new Promise((resolve) => setTimeout(resolve, options.seconds * 1000));
  const { seconds, cpuSeconds } = watch();
  return { share: cpuSeconds / seconds, sockets: sockets.length };
}

await finish(await { churn, connections, connect, burst, idle, retained, stalled, rest }[what]());
