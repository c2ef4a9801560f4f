// Large messages from one worker thread to another and back: the same memory, or a copy. One message is on its way at a
// time, and each end writes a byte per page, as a program that uses the memory does.

import { isMainThread, MessageChannel, parentPort, Worker, workerData } from "node:worker_threads";
import { finish, stopwatch } from "./peer.mjs";

const options = isMainThread ? JSON.parse(process.argv[2]) : workerData;
const { library, by, count, size } = options;
const page = 4096;

function use(memory) {
  if (memory.length !== size) throw new Error(`expected ${size} bytes, got ${memory.length}`);
  for (let at = 0; at < size; at += page) memory[at]++;
  return memory;
}

/** How an end sends and receives: `{ first, send, receive }`. */
async function end(leads) {
  if (by === "port") {
    const { port } = options;
    const waiting = [];
    const arrived = [];
    port.on("message", (memory) => (waiting.shift() ?? ((late) => arrived.push(late)))(memory));
    return {
      first: () => new Uint8Array(size),
      send: (memory) => port.postMessage(memory, [memory.buffer]),
      receive: () => arrived.shift() ?? new Promise((resolve) => waiting.push(resolve)),
    };
  }
  const { createRequire } = await import("node:module");
  const zmq = createRequire(import.meta.url)(library);
  const pair = new zmq.Pair();
  if (leads) await pair.bind("inproc://transfer");
  else pair.connect("inproc://transfer");
  const given = by === "transfer" ? [{ transfer: true }] : [];
  return {
    first: () => (by === "transfer" ? zmq.allocate(size) : Buffer.alloc(size)),
    send: (memory) => pair.send(memory, ...given),
    receive: async () => (await pair.receive())[0],
  };
}

async function lead() {
  const { first, send, receive } = await end(true);
  parentPort.postMessage("bound");
  let memory = first();
  const pass = async () => {
    await send(use(memory));
    memory = await receive();
  };
  for (let i = 0; i < count / 5; i++) await pass();
  const watch = stopwatch();
  for (let i = 0; i < count; i++) await pass();
  parentPort.postMessage({ seconds: watch().seconds });
}

async function follow() {
  const { send, receive } = await end(false);
  for (;;) await send(use(await receive()));
}

if (isMainThread) {
  const { port1, port2 } = new MessageChannel();
  const thread = (role, port) =>
    new Worker(new URL(import.meta.url), { workerData: { ...options, role, port }, transferList: [port] });
  const leader = thread("lead", port1);
  await new Promise((resolve) => leader.once("message", resolve));
  const result = new Promise((resolve) => leader.once("message", resolve));
  thread("follow", port2);
  const { seconds } = await result;
  // Each round trip is two messages.
  await finish({ rate: (2 * count) / seconds });
} else await (options.role === "lead" ? lead() : follow());
