// Programs that change the engine below the library: stopped clocks, polluted prototypes, hooks, subclasses that
// override methods the library uses, stacks that end in the middle of a call.

import { expect, test } from "vitest";
import { runProgram } from "../helpers/program.js";

const run = async (body: string, flags: string[] = []) => {
  const outcome = await runProgram(body, { flags, limit: 60_000 });
  expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "fine\n" });
};

test("the library does not use timers that a test runner replaces after loading it", () =>
  run(`
    const names = ["setImmediate", "setTimeout", "clearTimeout", "queueMicrotask"];
    const real = Object.fromEntries(names.map((name) => [name, globalThis[name]]));
    const { nextTick } = process;
    const now = performance.now;
    for (const name of names) globalThis[name] = () => ({ unref() {}, ref() {} });
    process.nextTick = () => {};
    performance.now = () => 0;
    const [reply, request] = [new zmq.Reply(), new zmq.Request()];
    await reply.bind("tcp://127.0.0.1:*");
    request.connect(reply.lastEndpoint);
    (async () => { for await (const [frame] of reply) await reply.send(frame); })();
    for (let i = 0; i < 3000; i++) {
      await request.send(String(i));
      if (String((await request.receive())[0]) !== String(i)) throw new Error("another reply");
    }
    // A timeout of the library measures real time.
    await request.send("last");
    await request.receive();
    const code = await request.receive({ timeout: 10 }).catch((error) => error.code);
    if (code !== "EFSM" && code !== "EAGAIN") throw new Error(code);
    Object.assign(globalThis, real);
    process.nextTick = nextTick;
    performance.now = now;
    request.close();
    reply.close();
    console.log("fine");
  `));

test("timers mocked by node:test stop no operation, during the mock or after it", () =>
  run(`
    const { mock } = require("node:test");
    const exchange = async () => {
      const [reply, request] = [new zmq.Reply(), new zmq.Request()];
      await reply.bind("tcp://127.0.0.1:*");
      request.connect(reply.lastEndpoint);
      (async () => { for await (const [frame] of reply) await reply.send(frame); })();
      for (let i = 0; i < 3000; i++) { await request.send("m"); await request.receive(); }
      request.close();
      reply.close();
    };
    mock.timers.enable();
    await exchange();
    mock.timers.reset();
    await exchange();
    console.log("fine");
  `));

test("a proxy determines the type of a socket without calling its subclass", () =>
  run(`
    let asked = 0;
    class Odd extends zmq.Pull {
      get threadSafe() { asked++; this.bind("inproc://odd").catch(() => {}); return false; }
    }
    const [front, back, source, sink] = [new Odd(), new zmq.Push({ linger: 0 }), new zmq.Push({ linger: 0 }), new zmq.Pull()];
    await front.bind("inproc://front");
    await sink.bind("inproc://back");
    back.connect("inproc://back");
    source.connect("inproc://front");
    const proxy = new zmq.Proxy(front, back);
    const ended = proxy.run();
    await source.send("through");
    await sink.receive();
    let refused = 0;
    try { front.connect("tcp://127.0.0.1:9"); } catch (error) { refused = error.code; }
    if (refused !== "EBUSY" || asked > 0) throw new Error("asked " + asked + ", " + refused);
    proxy.terminate();
    await ended;
    source.close();
    sink.close();
    console.log("fine");
  `));

test("setters and getters of Array.prototype do not move a message to another socket", () =>
  run(`
    let stray = 0;
    for (let round = 0; round < 50; round++) {
      const [push, pull, other] = [new zmq.Push({ linger: 0 }), new zmq.Pull(), new zmq.Pull()];
      await pull.bind("inproc://right" + round);
      await other.bind("inproc://wrong" + round);
      push.connect("inproc://right" + round);
      const strangers = [];
      Object.defineProperty(Array.prototype, "0", {
        configurable: true,
        set() {},
        get() {
          delete Array.prototype[0];
          push.close();
          for (let i = 0; i < 4; i++) {
            const stranger = new zmq.Push({ linger: 0 });
            stranger.connect("inproc://wrong" + round);
            strangers[strangers.length + 1] = stranger;
          }
          return "evil";
        },
      });
      try { await push.send(Array.from({ length: 70 }, (_, i) => "s" + i)); } catch {}
      try { await push.sendMany([["a"], ["b", "c", "d", "e"]]); } catch {}
      delete Array.prototype[0];
      if (other.tryReceive() !== undefined) stray++;
      for (const socket of [push, pull, other, ...strangers]) socket?.close();
    }
    console.log(stray === 0 ? "fine" : stray + " strayed");
  `));

test("a stack overflow during a receive loses no part of a message", () =>
  run(`
    const [dealer, router] = [new zmq.Dealer({ routingId: "dealer", sendHighWaterMark: 0 }), new zmq.Router({ receiveHighWaterMark: 0 })];
    await router.bind("inproc://deep");
    dealer.connect("inproc://deep");
    const count = 1500;
    for (let i = 0; i < count; i++) await dealer.send(["head" + i, ...Array.from({ length: 12 }, () => Buffer.alloc(5000, i)), "tail" + i]);
    const seen = [];
    let calls = 0;
    const take = () => { const message = router.tryReceive(); if (message) seen[seen.length] = message; };
    for (let round = 0; round < 120; round++) {
      calls = 0;
      (function deeper() { try { deeper(); } catch {} if (calls < 20) { calls++; try { take(); } catch {} } })();
      await null;
    }
    while (router.readable) take();
    for (const message of seen) {
      const number = String(message[1]).slice(4);
      const whole = message.length === 15 && String(message[0]) === "dealer" && String(message[14]) === "tail" + number &&
        message.slice(2, 14).every((frame) => frame.length === 5000 && frame[0] === (number & 255) && frame[4999] === (number & 255));
      if (!whole) throw new Error("a message of " + message.length + " frames");
    }
    if (seen.length < count / 2) throw new Error("only " + seen.length + " arrived");
    dealer.close();
    router.close();
    console.log("fine");
  `));

test("an operation that an async_hooks hook begins is not overwritten", () =>
  run(`
    const { createHook } = require("node:async_hooks");
    for (const kind of ["PROMISE", "Timeout", "Immediate"]) {
      const [push, pull] = [new zmq.Push(), new zmq.Pull()];
      await pull.bind("inproc://hook" + kind);
      push.connect("inproc://hook" + kind);
      let on = false;
      let inner;
      const hook = createHook({
        init(_, type) {
          if (!on || type !== kind) return;
          on = false;
          try { inner = pull.receive({ timeout: 5000 }); } catch (error) { inner = Promise.reject(error); }
          inner.catch(() => {});
        },
      }).enable();
      on = true;
      const outer = pull.receive({ timeout: 5000 });
      on = false;
      outer.catch(() => {});
      await push.send("1");
      await push.send("2");
      const settled = await Promise.allSettled([outer, inner]);
      hook.disable();
      if (!settled.some(({ status }) => status === "fulfilled")) throw new Error(kind + ": nobody received");
      push.close();
      pull.close();
    }
    console.log("fine");
  `));
