// Memory of a program whose peers are slow, or which keeps the messages that it receives.

import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { capability } from "zmq-native";
import { draftPath, runProgram, sanitizer, startProgram } from "../helpers/program.js";
import { hello } from "../helpers/zmtp.js";

const full = Boolean(process.env.ZMQ_NATIVE_SOAK);
const prelude = `
  const collect = async () => { for (let i = 0; i < 5; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 5)); } };
  const megabytes = (bytes) => Math.round(bytes / 1e6);
`;
const run = async (body: string, limit = 100_000) => {
  const { stdout, ...outcome } = await runProgram(prelude + body, { flags: ["--expose-gc"], limit });
  expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
  return JSON.parse(stdout);
};

// A sanitizer keeps freed memory for a while to detect later uses.
const reason = sanitizer && `${sanitizer} keeps memory of its own`;
if (reason) console.warn(`SKIP growth of memory: ${reason}`);

test.skipIf(reason)(
  "scenario 18: a publisher whose subscriber has stopped queues no more than its high-water mark",
  {
    timeout: 120_000,
  },
  async () => {
    const count = full ? 2_000_000 : 100_000;
    const { sent, growth, received } = await run(`
    const subscriber = new zmq.Subscriber({ receiveHighWaterMark: 100, receiveBufferSize: 65_536 });
    const publisher = new zmq.Publisher({ sendHighWaterMark: 100, linger: 0, sendBufferSize: 65_536 });
    await publisher.bind("tcp://127.0.0.1:*");
    subscriber.subscribe("");
    subscriber.connect(publisher.lastEndpoint);
    await publisher.waitForSubscribers(1);
    const message = Buffer.alloc(10_000);
    for (let i = 0; i < 2000; i++) await publisher.send(message);
    await collect();
    const before = process.memoryUsage().rss;
    // The subscriber does not read, so a gigabyte of messages is dropped.
    for (let i = 0; i < ${count}; i++) {
      await publisher.send(message);
      if (i % 1000 === 0) await new Promise(setImmediate);
    }
    await collect();
    const growth = megabytes(process.memoryUsage().rss - before);
    let received = 0;
    for (let idle = 0; idle < 25; idle++) {
      for (; subscriber.tryReceive(); idle = 0) received++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.log(JSON.stringify({ sent: ${count} + 2000, growth, received }));
  `);
    console.log(
      `a stopped subscriber: ${sent} messages of 10 KB sent, ${received} kept, memory grew by ${growth} MB`,
    );
    expect(growth).toBeLessThan(60);
    expect(received).toBeLessThan(2000);
    expect(received).toBeGreaterThan(100);
  },
);

test("scenario 20: large messages that the program has dropped free their memory", {
  timeout: 600_000,
}, async () => {
  const count = full ? 1_000_000 : 10_000;
  const { base, after, peak } = await run(
    `
    const pull = new zmq.Pull(), push = new zmq.Push();
    pull.bindSync("inproc://x");
    push.connect("inproc://x");
    const message = Buffer.alloc(600_000);
    const held = () => process.memoryUsage().external;
    await collect();
    const base = held();
    let peak = 0;
    for (let i = 0; i < ${count}; i++) {
      await push.send(message);
      const [frame] = await pull.receive();
      if (frame.length !== message.length) throw new Error("cut");
      if (i % 100 === 0) { peak = Math.max(peak, process.memoryUsage().rss); await new Promise(setImmediate); }
    }
    await collect();
    console.log(JSON.stringify({ base: megabytes(base), after: megabytes(held()), peak: megabytes(peak) }));
  `,
    590_000,
  );
  console.log(
    `${count} messages of 600 KB: external memory ${base} MB before, ${after} MB after, at most ${peak} MB in all`,
  );
  expect(after - base).toBeLessThan(10);
  expect(peak).toBeLessThan(1500);
});

test("scenario 21: a hundred thousand kept messages of 100 bytes use less than twice their bytes", {
  timeout: 120_000,
}, async () => {
  const { payload, grown } = await run(`
    const pull = new zmq.Pull({ receiveHighWaterMark: 0 }), push = new zmq.Push({ sendHighWaterMark: 0 });
    pull.bindSync("inproc://x");
    push.connect("inproc://x");
    const size = 100, count = 100_000, kept = [];
    const held = () => process.memoryUsage().external;
    await collect();
    const before = held();
    for (let i = 0; i < count; i++) {
      await push.send(Buffer.alloc(size, i));
      kept.push((await pull.receive())[0]);
    }
    await collect();
    console.log(JSON.stringify({ payload: size * count, grown: held() - before, kept: kept.length }));
  `);
  expect(grown).toBeLessThan(2 * payload);
});

/** Peers of a type that connect, shake hands and disconnect, one after the other. */
async function comeAndGo(endpoint: string, type: string, count: number): Promise<void> {
  const port = Number(endpoint.slice(endpoint.lastIndexOf(":") + 1));
  for (let i = 0; i < count; i++) {
    const peer = connect(port, "127.0.0.1");
    peer.write(hello(type));
    let length = 0;
    // A greeting, and the beginning of a READY command.
    while (length <= 64) length += (await once(peer, "data"))[0].length;
    peer.resetAndDestroy();
    await once(peer, "close");
  }
}

const idleSockets: [name: string, peer: string][] = [
  ["Publisher", "SUB"],
  ["Pull", "PUSH"],
  ["Router", "DEALER"],
];
if (capability.draft) idleSockets.push(["Server", "CLIENT"]);

// libzmq runs commands for a socket when the program uses it. Without the patch, each such peer left 14 KB.
test.skipIf(reason).each(idleSockets)(
  "an unused %s frees the memory of disconnected peers",
  async (name, type) => {
    await using program = startProgram(`
    process.removeAllListeners("warning");
    process.on("warning", () => {});
    const { ${name} } = { ...zmq, ...(${capability.draft} ? require(${JSON.stringify(draftPath)}) : {}) };
    const socket = new ${name}({ linger: 0 });
    await socket.bind("tcp://127.0.0.1:*");
    say(socket.lastEndpoint);
    while ((await hear()) === "measure") say(process.memoryUsage().rss);
  `);
    const endpoint = await program.hear<string>();
    const measure = () => {
      program.say("measure");
      return program.hear<number>();
    };
    await comeAndGo(endpoint, type, 200);
    const before = await measure();
    const count = 2000;
    await comeAndGo(endpoint, type, count);
    expect(((await measure()) - before) / count).toBeLessThan(3000);
  },
);
