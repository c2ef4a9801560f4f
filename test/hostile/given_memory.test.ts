// Buffers that are sent with `transfer`, when threads, contexts and sockets end meanwhile, and when user code interferes.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { allocate, Context, Pull, Push } from "zmq-native";
import { runProgram, sanitizer, slowness } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";

const size = 1 << 20;
const limit = 100_000;
/** Source of a function for programs. */
const checks = "const isFilled = (frame, value) => frame.equals(Buffer.alloc(frame.length, value));";
const isFilled = (frame: Buffer, value: number) => frame.equals(Buffer.alloc(frame.length, value));
const fine = { code: 0, signal: null, stderr: "", stdout: "intact\n" };

async function connected() {
  const [push, pull] = [new Push({ linger: 0 }), new Pull()];
  await pull.bind(freshEndpoint("inproc"));
  push.connect(pull.lastEndpoint as string);
  return {
    push,
    pull,
    [Symbol.dispose]() {
      push.close();
      pull.close();
    },
  };
}

describe("code that runs during the call", () => {
  const detach = (buffer: Uint8Array) =>
    structuredClone(buffer, { transfer: [buffer.buffer as ArrayBuffer] });

  test("a getter of the options that detaches a Buffer fails the call, and nothing is sent", async () => {
    using sockets = await connected();
    const sent = new Uint8Array(size);
    const options = {
      get transfer() {
        detach(sent);
        return true;
      },
    };
    expect(() => sockets.push.send(["first", sent], options)).toThrow("A frame to transfer is detached");
    expect(sockets.pull.tryReceive()).toBeUndefined();
  });

  test("an element's getter that transfers another frame of the message fails the call", async () => {
    using sockets = await connected();
    using other = await connected();
    const sent = allocate(size);
    const message = [sent, sent];
    Object.defineProperty(message, 1, {
      get() {
        other.push.trySend(sent, { transfer: true });
        return "second";
      },
    });
    expect(() => sockets.push.send(message, { transfer: true })).toThrow("A frame to transfer is detached");
    expect(sockets.pull.tryReceive()).toBeUndefined();
    expect((await other.pull.receive())[0]!.length).toBe(size);
  });

  test("a getter of the options that closes the socket keeps the Buffer", () => {
    const push = new Push();
    const sent = allocate(size).fill(5);
    const options = {
      get transfer() {
        push.close();
        return true;
      },
    };
    expect(() => push.send(sent, options)).toThrow(/closed/);
    expect(isFilled(sent, 5)).toBe(true);
  });

  test("own properties of a Buffer do not deceive the call", async () => {
    using sockets = await connected();
    const whole = Buffer.alloc(1000, 1);
    const part = whole.subarray(0, 500);
    for (const [name, value] of Object.entries({
      byteOffset: 0,
      byteLength: 1000,
      length: 1000,
      buffer: part,
    })) {
      Object.defineProperty(part, name, { value });
    }
    await sockets.push.send(part, { transfer: true });
    expect((await sockets.pull.receive())[0]!.length).toBe(500);
    expect(whole.length).toBe(1000);
  });

  test("a moved ArrayBuffer is sent, and its Buffer is not", async () => {
    const { transfer } = ArrayBuffer.prototype as { transfer?: () => ArrayBuffer };
    using sockets = await connected();
    const sent = allocate(size).fill(6);
    // Node 20 lacks the function.
    const moved = transfer ? Buffer.from(transfer.call(sent.buffer)) : sent;
    await sockets.push.send(moved, { transfer: true });
    expect([sent.length, moved.length]).toEqual([0, 0]);
    expect(isFilled((await sockets.pull.receive())[0]!, 6)).toBe(true);
  });
});

test("memory stays valid while the garbage collector frees senders and receivers", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  using sockets = await connected();
  const kept: Buffer[] = [];
  for (let round = 0; round < 60; round++) {
    let frame = allocate(600_000 + round).fill(round);
    for (let hop = 0; hop < 5; hop++) {
      await sockets.push.send(frame, { transfer: true });
      if (hop % 2 === round % 2) gc();
      if (round % 3 === 0) await new Promise(setImmediate);
      frame = (await sockets.pull.receive())[0]!;
    }
    if (round % 4 === 0) kept.push(frame);
  }
  gc();
  for (const frame of kept) {
    expect(isFilled(frame, frame.length - 600_000)).toBe(true);
  }
});

test("a context that ends with transferred messages in its queues frees them", async () => {
  for (let round = 0; round < 20; round++) {
    const context = new Context();
    const push = new Push({ context, linger: 0 });
    const pull = new Pull({ context });
    await pull.bind(round % 2 === 0 ? "inproc://ends" : "tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint as string);
    for (let index = 0; index < 10; index++) await push.send(allocate(size).fill(1), { transfer: true });
    const [frame] = await pull.receive();
    push.close();
    pull.close();
    await context.close();
    // Its memory outlives the context.
    expect(isFilled(frame!, 1)).toBe(true);
  }
});

/** A worker that sends, forwards or receives until it is terminated. */
const roles: Record<string, string> = {
  sends: `
    const push = new zmq.Push({ linger: 0 });
    push.connect(workerData);
    for (;;) {
      const frame = zmq.allocate(${size});
      frame.fill(7);
      await push.send(frame, { transfer: true });
    }`,
  receives: `
    const pull = new zmq.Pull();
    pull.connect(workerData);
    parentPort.postMessage("ready");
    const kept = [];
    for await (const [frame] of pull) {
      if (frame[0] !== 7 || frame[${size - 1}] !== 7) throw new Error("not what was sent");
      if (kept.push(frame) > 20) kept.length = 0;
      frame.fill(8);
    }`,
};

test("a worker that sends by transfer may be terminated at any moment", {
  timeout: limit * slowness,
}, async () => {
  const outcome = await runProgram(
    `
    ${checks}
    const pull = new zmq.Pull();
    await pull.bind("inproc://workers");
    const kept = [];
    for (let round = 0; round < 8; round++) {
      const worker = startWorker(${JSON.stringify(roles.sends)}, "inproc://workers");
      for (let count = 0; count < 5 + 3 * round; count++) {
        const [frame] = await pull.receive();
        if (frame.length !== ${size}) throw new Error("length " + frame.length);
        kept.push(frame);
      }
      await worker.terminate();
      // The memory outlives the thread that allocated it.
      for (const frame of kept) if (!isFilled(frame, 7)) throw new Error("changed");
      kept.length = Math.min(kept.length, 20);
      while (pull.tryReceive() !== undefined);
    }
    console.log("intact");
    process.exit();
  `,
    { limit: limit * slowness },
  );
  expect(outcome).toMatchObject(fine);
});

test("a worker that receives transfers may be terminated at any moment", {
  timeout: limit * slowness,
}, async () => {
  const outcome = await runProgram(
    `
    ${checks}
    const push = new zmq.Push({ linger: 0, sendHighWaterMark: 4 });
    await push.bind("inproc://workers");
    for (let round = 0; round < 8; round++) {
      const worker = startWorker(${JSON.stringify(roles.receives)}, "inproc://workers");
      worker.on("error", (error) => { console.log(error); process.exit(1); });
      await firstMessage(worker);
      let frame = zmq.allocate(${size}).fill(7);
      for (let count = 0; count < 20 + round; count++) {
        await push.send(frame, { transfer: true });
        if (frame.length > 0) throw new Error("attached");
        frame = zmq.allocate(${size}).fill(7);
      }
      const waiting = push.send(frame, { transfer: true, timeout: 1000 * Math.random() }).catch(() => {});
      await worker.terminate();
      await waiting;
      if (frame.length > 0 && !isFilled(frame, 7)) throw new Error("changed");
    }
    console.log("intact");
    process.exit();
  `,
    { limit: limit * slowness },
  );
  expect(outcome).toMatchObject(fine);
});

test("threads that pass one Buffer around see each other's writes and no others", {
  timeout: limit * slowness,
}, async () => {
  const outcome = await runProgram(
    `
    ${checks}
    const pair = new zmq.Pair();
    await pair.bind("inproc://around");
    const worker = startWorker(\`
      const pair = new zmq.Pair();
      pair.connect("inproc://around");
      for await (const [frame] of pair) {
        const value = frame[0];
        for (const byte of [0, 1000, frame.length - 1]) if (frame[byte] !== value) throw new Error("torn");
        frame.fill((value + 1) % 256);
        await pair.send(frame, { transfer: true });
      }\`);
    worker.on("error", (error) => { console.log(error); process.exit(1); });
    let frame = zmq.allocate(${size}).fill(0);
    for (let round = 0; round < 200; round++) {
      const sent = frame;
      await pair.send(sent, { transfer: true });
      if (sent.length > 0) throw new Error("attached");
      [frame] = await pair.receive();
      const value = (2 * round + 1) % 256;
      if (!isFilled(frame, value)) throw new Error("round " + round + " has " + frame[0]);
      frame.fill((value + 1) % 256);
    }
    await worker.terminate();
    console.log("intact");
    process.exit();
  `,
    { limit: limit * slowness },
  );
  expect(outcome).toMatchObject(fine);
});

/** Ways to move the memory of `frame` to another ArrayBuffer, without Node's mark that forbids a transfer. */
const moves: Record<string, string> = {
  "a stream of bytes": `
    const stream = new ReadableStream({ type: "bytes", start: (controller) => controller.enqueue(frame) });
    return (await stream.getReader().read()).value;`,
  ...("transfer" in ArrayBuffer.prototype && {
    "ArrayBuffer.prototype.transfer": "return new Uint8Array(frame.buffer.transfer());",
  }),
};

describe("memory that a worker has moved and posted outlives the worker", () => {
  const sources = {
    received: `
      const pull = new zmq.Pull();
      pull.connect("inproc://moved");
      parentPort.postMessage("ready");
      let frames = [await pull.receive(), await pull.receive(), await pull.receive()].flat();`,
    allocated: `
      parentPort.postMessage("ready");
      let frames = [1, 2, 3].map((value) => zmq.allocate(${size}).fill(value));`,
  };
  const cases = Object.keys(moves).flatMap((move) =>
    (["received", "allocated"] as const).flatMap((source) =>
      ["exits", "is terminated"].map((end) => [move, source, end] as const),
    ),
  );
  test.each(cases)("by %s, if it was %s and the worker %s", { timeout: limit * slowness }, async (...row) => {
    const [move, source, end] = row;
    const outcome = await runProgram(
      `
      ${checks}
      const push = new zmq.Push({ linger: 0 });
      await push.bind("inproc://moved");
      const kept = [];
      for (let round = 0; round < 4; round++) {
        const worker = startWorker(\`
          ${sources[source]}
          const move = async (frame) => { ${moves[move]} };
          const moved = [];
          for (const frame of frames) moved.push(await move(frame));
          // The first ArrayBuffers may be garbage-collected before the thread ends, or may not.
          if (workerData % 2 === 0) {
            frames = undefined;
            gc();
          }
          parentPort.postMessage(moved, moved.map(({ buffer }) => buffer));
          if (${end === "is terminated"}) setInterval(() => frames, 1000);
          else process.exit();
        \`, round);
        worker.on("error", (error) => { console.log(error); process.exit(1); });
        // Before its messages: the last one may be read when it has ended, together with this event.
        const exited = new Promise((resolve) => worker.once("exit", resolve));
        await firstMessage(worker);
        if (${source === "received"}) for (const value of [1, 2, 3]) await push.send(Buffer.alloc(${size}, value));
        const frames = await firstMessage(worker);
        if (${end === "is terminated"}) worker.terminate();
        await exited;
        kept.push(frames);
        // Memory that was freed is used again.
        const others = Array.from({ length: 9 }, () => zmq.allocate(${size}).fill(9));
        for (const frames of kept) {
          for (const [index, frame] of frames.entries()) {
            if (!isFilled(Buffer.from(frame.buffer), index + 1)) throw new Error("changed in round " + round);
          }
        }
        kept.at(-1)[0].fill(8);
        if (!others.every((other) => isFilled(other, 9))) throw new Error("shared in round " + round);
        kept.at(-1)[0].fill(1);
      }
      console.log("intact");
      process.exit();
    `,
      { limit: limit * slowness, flags: ["--expose-gc"] },
    );
    expect(outcome).toMatchObject(fine);
  });
});

test.skipIf(sanitizer)("a worker that ends frees its memory", { timeout: limit }, async () => {
  const outcome = await runProgram(
    `
    for (let round = 0; round < 15; round++) {
      const push = new zmq.Push({ linger: 0 });
      await push.bind("inproc://frees-" + round);
      const worker = startWorker(\`
        const pull = new zmq.Pull();
        pull.connect("inproc://frees-" + workerData);
        const kept = [];
        while (kept.length < 60) kept.push((await pull.receive())[0], zmq.allocate(${size}).fill(2));
        parentPort.postMessage("full");
        setInterval(() => kept, 1000);
      \`, round);
      const full = firstMessage(worker);
      for (let count = 0; count < 30; count++) await push.send(Buffer.alloc(${size}, 1));
      await full;
      await worker.terminate();
      push.close();
    }
    const { rss } = process.memoryUsage();
    console.log(rss < 600e6 ? "intact" : "resident: " + rss);
    process.exit();
  `,
    { limit },
  );
  expect(outcome).toMatchObject(fine);
});
