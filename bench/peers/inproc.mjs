// Messages between two worker threads: over inproc by message or by batch, or through a MessagePort.

import { isMainThread, MessageChannel, parentPort, Worker, workerData } from "node:worker_threads";
import { finish, stopwatch } from "./peer.mjs";

const options = isMainThread ? JSON.parse(process.argv[2]) : workerData;
const { library, by, count, size, pairs = 1 } = options;

async function receive() {
  const { createRequire } = await import("node:module");
  const zmq = createRequire(import.meta.url)(library);
  const pull = new zmq.Pull();
  await pull.bind(options.endpoint);
  parentPort.postMessage("bound");
  let received = 0;
  const warmup = Math.floor(count / 5);
  let watch;
  const took = (message) => {
    if (message[0].length !== size) throw new Error(`expected ${size} bytes, got ${message[0].length}`);
    if (received++ === warmup) watch = stopwatch();
    return received === count + warmup;
  };
  if (by === "batch") {
    for await (const messages of pull.batches()) if (messages.map(took).at(-1)) break;
  } else for await (const message of pull) if (took(message)) break;
  parentPort.postMessage({ seconds: watch().seconds });
}

async function send() {
  const { createRequire } = await import("node:module");
  const zmq = createRequire(import.meta.url)(library);
  const push = new zmq.Push();
  push.connect(options.endpoint);
  const message = Buffer.alloc(size);
  const total = count + Math.floor(count / 5);
  if (by === "batch") {
    const batch = Array.from({ length: 1000 }, () => message);
    for (let sent = 0; sent < total; sent += 1000) await push.sendMany(batch.slice(0, total - sent));
  } else for (let i = 0; i < total; i++) await push.send(message);
}

function receivePort() {
  let received = 0;
  const warmup = Math.floor(count / 5);
  let watch;
  options.port.on("message", (message) => {
    if (message.length !== size) throw new Error(`expected ${size} bytes, got ${message.length}`);
    if (received++ === warmup) watch = stopwatch();
    if (received === count + warmup) parentPort.postMessage({ seconds: watch().seconds });
  });
  parentPort.postMessage("bound");
}

async function sendPort() {
  const message = new Uint8Array(size);
  const total = count + Math.floor(count / 5);
  for (let i = 0; i < total; i++) {
    options.port.postMessage(message);
    // A port has no back-pressure: without pauses it would only fill memory.
    if (i % 1000 === 999) await new Promise(setImmediate);
  }
}

const thread = (role, data, transferList = []) =>
  new Worker(new URL(import.meta.url), { workerData: { ...data, role }, transferList });

async function pair(number) {
  const channel = by === "port" ? new MessageChannel() : undefined;
  const data = { ...options, endpoint: `inproc://bench-${number}` };
  const receiver = thread("receive", { ...data, port: channel?.port1 }, channel ? [channel.port1] : []);
  await new Promise((resolve) => receiver.once("message", resolve));
  const result = new Promise((resolve) => receiver.once("message", resolve));
  thread("send", { ...data, port: channel?.port2 }, channel ? [channel.port2] : []);
  return result;
}

if (isMainThread) {
  const results = await Promise.all(Array.from({ length: pairs }, (_, number) => pair(number)));
  await finish({ rate: results.reduce((sum, { seconds }) => sum + count / seconds, 0) });
} else if (by === "port") await (options.role === "receive" ? receivePort() : sendPort());
else await (options.role === "receive" ? receive() : send());
