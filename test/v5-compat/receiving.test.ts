// Messages as events, pauses, and the lifetime of a process.

import { describe, expect, test } from "vitest";
import * as zmq from "zmq-native/v5-compat";
import { arrival, joined, open, receive, runProgram5, turns, until } from "../helpers/v5.js";

/** Records the messages of a socket as text. */
function record(socket: zmq.Socket): string[] {
  const messages: string[] = [];
  socket.on("message", (...frames) => messages.push(frames.join()));
  return messages;
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `${from + index}`);

describe("the event message", () => {
  test("has a Buffer for each frame, and the socket as this", async () => {
    using pair = joined(open("pull"), open("push"));
    const given = new Promise<unknown[]>((resolve) => {
      pair.bound.on("message", function (this: unknown, ...frames) {
        resolve([this, ...frames]);
      });
    });
    pair.connected.send(["a", "", Buffer.from([0, 255])]);
    expect(await given).toEqual([pair.bound, Buffer.from("a"), Buffer.alloc(0), Buffer.from([0, 255])]);
  });

  test("reaches every listener, and one of once() only once", async () => {
    using pair = joined(open("pull"), open("push"));
    const first = record(pair.bound);
    let once = 0;
    pair.bound.once("message", () => once++);
    const second = receive(pair.bound, 100);
    for (let i = 0; i < 100; i++) pair.connected.send(`${i}`);
    await second;
    expect([first, once]).toEqual([numbers(0, 100), 1]);
  });

  test("is lost without a listener", async () => {
    using pair = joined(open("pull"), open("push"));
    pair.bound.pause();
    pair.connected.send("lost");
    await arrival(pair.bound);
    pair.bound.resume();
    await turns();
    const received = receive(pair.bound, 1);
    pair.connected.send("heard");
    expect(await received).toEqual([["heard"]]);
  });

  test("is not emitted by push and pub", () => {
    for (const type of ["push", "pub"] as const) {
      using socket = open(type);
      expect(socket.listenerCount("message")).toBe(0);
      socket.pause();
      socket.resume();
    }
  });

  test("is emitted again after a listener threw", async () => {
    const { stdout, code } = await runProgram5(`
      process.on("uncaughtException", ({ message }) => console.log("uncaught", message));
      const pull = zmq.socket("pull");
      const push = zmq.socket("push");
      pull.pause();
      pull.bindSync("inproc://throw");
      push.connect("inproc://throw");
      for (const i of [1, 2, 3]) push.send(String(i));
      pull.on("message", (frame) => {
        console.log("message", String(frame));
        if (String(frame) === "3") { pull.close(); push.close(); }
        throw new Error(frame);
      });
      pull.resume();`);
    expect({ stdout, code }).toEqual({
      stdout: "message 1\nuncaught 1\nmessage 2\nuncaught 2\nmessage 3\nuncaught 3\n",
      code: 0,
    });
  });

  test("is not emitted once the socket is closed, not even for the rest of the batch", async () => {
    using push = open("push");
    const pull = open("pull");
    using _ = joined(pull, push, "inproc");
    pull.pause();
    for (let i = 0; i < 10; i++) push.send(`${i}`);
    const messages = record(pull);
    pull.on("message", () => {
      if (messages.length === 3) pull.close();
    });
    pull.resume();
    await until(() => pull.closed);
    await turns();
    expect(messages).toEqual(numbers(0, 3));
  });

  test("leaves time for other work under any load", async () => {
    using pull = open("pull");
    using push = open("push");
    using _ = joined(pull, push);
    let stop = false;
    let count = 0;
    await new Promise<void>((resolve, reject) => {
      pull.on("message", (frame) => {
        count++;
        if (stop) return resolve();
        if (count === 1_000_000) return reject(new Error("a million messages without a turn for the timer"));
        if (count === 10) {
          setTimeout(() => {
            stop = true;
          });
        }
        // More messages arrive than leave, up to a limit.
        push.send(frame).send(count < 1000 ? frame : []);
      });
      push.send("x");
    });
    expect(count).toBeGreaterThan(10);
  });

  test("is emitted for each of a hundred thousand messages", async () => {
    using pull = open("pull");
    using push = open("push");
    using _ = joined(pull, push);
    let next = 0;
    const done = new Promise<void>((resolve) => {
      pull.on("message", (frame) => {
        if (Number(frame) !== next++) throw new Error(`${frame} instead of ${next - 1}`);
        if (next === 100_000) resolve();
      });
    });
    for (let i = 0; i < 100_000; i++) push.send(`${i}`);
    await done;
  });
});

describe.each(["tcp", "inproc"] as const)("a pause, over %s", (transport) => {
  test("keeps messages in libzmq, and their order", async () => {
    using pair = joined(open("pull"), open("push"), transport);
    const messages = record(pair.bound);
    expect(pair.bound.pause()).toBeUndefined();
    for (let i = 0; i < 500; i++) pair.connected.send(`${i}`);
    await arrival(pair.bound);
    await turns();
    expect(messages).toEqual([]);
    expect(pair.bound.resume()).toBeUndefined();
    await until(() => messages.length === 500);
    expect(messages).toEqual(numbers(0, 500));
  });

  test("keeps the rest of a batch, and its order", async () => {
    using pair = joined(open("pull"), open("push"), transport);
    const messages = record(pair.bound);
    const stops = [1, 3, 3, 4, 100, 299];
    pair.bound.on("message", () => {
      if (stops.includes(messages.length)) pair.bound.pause();
    });
    pair.bound.pause();
    for (let i = 0; i < 300; i++) pair.connected.send(`${i}`);
    await arrival(pair.bound);
    for (const stop of [1, 3, 4, 100, 299]) {
      pair.bound.resume();
      await until(() => messages.length >= stop);
      await turns();
      expect(messages).toEqual(numbers(0, stop));
      // Messages that were already fetched count as well.
      await arrival(pair.bound);
    }
    pair.bound.resume();
    await until(() => messages.length === 300);
    expect(messages).toEqual(numbers(0, 300));
  });

  test("that ends in the same turn changes nothing", async () => {
    using pair = joined(open("pull"), open("push"), transport);
    const messages = record(pair.bound);
    for (let i = 0; i < 200; i++) {
      pair.connected.send(`${i}`);
      pair.bound.pause();
      pair.bound.resume();
      pair.connected.pause();
      pair.connected.resume();
      if (i % 10 === 0) await new Promise(setImmediate);
    }
    await until(() => messages.length === 200);
    expect(messages).toEqual(numbers(0, 200));
  });

  test("can be repeated like resume, and one resume undoes all pauses", async () => {
    using pair = joined(open("pull"), open("push"), transport);
    const messages = record(pair.bound);
    pair.bound.pause();
    pair.bound.pause();
    pair.connected.send("0");
    await arrival(pair.bound);
    await turns();
    expect(messages).toEqual([]);
    pair.bound.resume();
    pair.bound.resume();
    await until(() => messages.length === 1);
  });

  test("also stops sending and queues the messages sent meanwhile", async () => {
    using pair = joined(open("pull"), open("push"), transport);
    const messages = record(pair.bound);
    const sent: string[] = [];
    pair.connected.pause();
    for (let i = 0; i < 50; i++) pair.connected.send(`${i}`, 0, () => sent.push(`${i}`));
    await turns();
    expect([messages, sent]).toEqual([[], []]);
    pair.connected.resume();
    for (let i = 50; i < 100; i++) pair.connected.send(`${i}`);
    await until(() => messages.length === 100);
    expect([messages, sent]).toEqual([numbers(0, 100), numbers(0, 50)]);
  });

  test("stops a queue in progress, which loses and repeats nothing", async () => {
    using pull = open("pull");
    using push = open("push");
    push.setsockopt(zmq.ZMQ_SNDHWM, 10);
    pull.setsockopt(zmq.ZMQ_RCVHWM, 10);
    using _ = joined(pull, push, transport);
    const messages = record(pull);
    const count = 20_000;
    for (let i = 0; i < count; i++) push.send(`${i}`);
    let pauses = 0;
    while (messages.length < count) {
      push.pause();
      pauses++;
      await new Promise(setImmediate);
      push.resume();
      await new Promise(setImmediate);
    }
    await turns();
    expect(messages).toEqual(numbers(0, count));
    expect(pauses).toBeGreaterThan(5);
  });
});

test("a paused socket takes nothing from libzmq, so its peer's queue fills up", async () => {
  using pull = open("pull");
  using push = open("push");
  push.setsockopt(zmq.ZMQ_SNDHWM, 5);
  pull.setsockopt(zmq.ZMQ_RCVHWM, 5);
  using _ = joined(pull, push, "inproc");
  const messages = record(pull);
  // A receive is already pending.
  await turns();
  pull.pause();
  let sent = 0;
  for (let i = 0; i < 100; i++) push.send(`${i}`, 0, () => sent++);
  await until(() => sent === 10);
  await turns();
  expect([sent, messages]).toEqual([10, []]);
  pull.resume();
  await until(() => messages.length === 100);
  expect([sent, messages]).toEqual([100, numbers(0, 100)]);
});

test("paused req and rep sockets continue where they stopped", async () => {
  using rep = open("rep");
  using req = open("req");
  using _ = joined(rep, req);
  rep.on("message", (frame) => rep.send(`re ${frame}`));
  const replies = record(req);
  for (let i = 0; i < 20; i++) {
    for (const socket of [rep, req]) socket.pause();
    req.send(`${i}`);
    req.resume();
    await turns(3);
    rep.resume();
    await until(() => replies.length === i + 1);
  }
  expect(replies).toEqual(numbers(0, 20).map((text) => `re ${text}`));
});

test("a socket that is closed in a pause drops waiting messages", async () => {
  using pair = joined(open("pull"), open("push"));
  const messages = record(pair.bound);
  pair.bound.pause();
  pair.connected.send("x");
  await arrival(pair.bound);
  pair.bound.close();
  pair.bound.resume();
  await turns();
  expect(messages).toEqual([]);
});

describe("the process", () => {
  const later = `setTimeout(() => { console.log("alive"); socket.close(); }, 300).unref();`;
  test.each([
    ["a pull socket", `const socket = zmq.socket("pull");`],
    ["a sub socket that is bound", `const socket = zmq.socket("sub"); socket.bindSync("tcp://127.0.0.1:*");`],
    ["a req socket that has asked nothing", `const socket = zmq.socket("req");`],
    ["a paused socket", `const socket = zmq.socket("dealer"); socket.pause();`],
    ["a queue", `const socket = zmq.socket("push", { linger: 0 }); socket.send("x");`],
    ["a monitor", `const socket = zmq.socket("push"); socket.monitor();`],
  ])("stays alive while %s is open", async (_, body) => {
    const { stdout, stderr, code } = await runProgram5(body + later);
    expect({ stdout, stderr, code }).toEqual({ stdout: "alive\n", stderr: "", code: 0 });
  });

  test.each([
    ["a push socket", `const socket = zmq.socket("push"); socket.bindSync("tcp://127.0.0.1:*");`],
    ["a pub socket that sends", `const socket = zmq.socket("pub"); socket.send("x");`],
  ])("does not stay alive for %s", async (_, body) => {
    const { stdout, stderr, code } = await runProgram5(body + later);
    expect({ stdout, stderr, code }).toEqual({ stdout: "", stderr: "", code: 0 });
  });

  test("survives a worker that is terminated during traffic", async () => {
    const { stdout, stderr, code, signal } = await runProgram5(`
      const body = (file) => {
        const zmq = require(file);
        const [pull, push, idle] = ["pull", "push", "dealer"].map((type) => zmq.socket(type, { linger: 0 }));
        pull.monitor().bindSync("tcp://127.0.0.1:*");
        push.connect(pull.last_endpoint);
        idle.send("nobody", 0, () => {});
        pull.on("message", (frame) => push.send(frame, 0, () => {}));
        for (let i = 0; i < 500; i++) push.send("x");
        pull.once("message", () => require("node:worker_threads").parentPort.postMessage("busy"));
      };
      for (let i = 0; i < 5; i++) {
        const source = "(" + body + ")(" + JSON.stringify(file) + ")";
        const worker = new Worker(source, { eval: true });
        await new Promise((resolve) => worker.once("message", resolve));
        await worker.terminate();
      }
      console.log("survived");`);
    expect({ stdout, stderr, code, signal }).toEqual({
      stdout: "survived\n",
      stderr: "",
      code: 0,
      signal: null,
    });
  });

  test("may exit during traffic", async () => {
    for (const end of ["process.exit()", "socket.close(); process.exit()"]) {
      const { stderr, code, signal } = await runProgram5(`
        const socket = zmq.socket("dealer", { linger: 0 });
        socket.monitor().bind("tcp://127.0.0.1:*");
        for (let i = 0; i < 5000; i++) socket.send("x", 0, () => {});
        setImmediate(() => { ${end} });`);
      expect({ stderr, code, signal }).toEqual({ stderr: "", code: 0, signal: null });
    }
  });
});
