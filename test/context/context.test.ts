import { expect, test } from "vitest";
import * as zmq from "zmq-native";
import { Context, Pair, Pull, Push } from "zmq-native";
import { runProgram } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";

test("an inproc endpoint is visible only within its context", async () => {
  const context = new Context();
  const endpoint = freshEndpoint("inproc");
  using here = new Pair({ context });
  using there = new Pair();
  await here.bind(endpoint);
  await there.bind(endpoint);
  using peer = new Pair({ context });
  peer.connect(endpoint);
  await peer.send("within");
  expect(String(await here.receive())).toBe("within");
  expect(there.readable).toBe(false);
});

test("attach() finds a context by its token and rejects an unknown token", () => {
  const context = new Context({ maxSockets: 77 });
  const same = Context.attach(context.token);
  expect(same.maxSockets).toBe(77);
  expect(same.token).toBe(context.token);
  expect(zmq.context.token).not.toBe(context.token);
  expect(() => Context.attach(4711)).toThrow(
    expect.objectContaining({ code: "EFAULT", message: "Context is closed" }),
  );
  expect(() => Context.attach("1" as unknown as number)).toThrow(TypeError);
});

test("version and capability describe the bundled libzmq", () => {
  expect(zmq.version).toMatch(/^4\.\d+\.\d+$/);
  expect(zmq.capability).toMatchObject({ ipc: true, curve: true, draft: true });
});

test("CommonJS and ESM share one implementation and the same exports", async () => {
  const { createRequire } = await import("node:module");
  const required = createRequire(__filename)("../../dist/index.js");
  const imported = await import("zmq-native");
  expect(required.Context).toBe(Context);
  expect(required.context).toBe(zmq.context);
  const { default: defaults, ...named } = imported as unknown as Record<string, unknown>;
  expect(defaults).toBe(required);
  const names = (module: object) =>
    Object.keys(module).filter((name) => !["__esModule", "module.exports"].includes(name));
  // Both have them, but CommonJS enumerates only zeromq's names.
  const unlisted = ["Certificate", "ZmqError", "allocate", "curvePublicKey", "z85"];
  for (const name of unlisted) expect(named[name]).toBe(required[name]);
  expect(names(named).sort()).toEqual([...names(required), ...unlisted].sort());
});

test("close() closes the sockets, ends pending operations, and resolves when libzmq is done", async () => {
  const context = new Context();
  const push = new zmq.Push({ context });
  const pull = new zmq.Pull({ context });
  push.connect("tcp://127.0.0.1:1");
  await push.send("nobody takes it");
  const waiting = pull.receive();
  const looped = (async () => {
    for await (const _ of new zmq.Subscriber({ context })) throw new Error("a message from nowhere");
  })();
  const closed = context.close({ linger: 0 });
  expect(context.close()).toBe(closed);
  await expect(waiting).rejects.toMatchObject({ code: "EAGAIN" });
  await looped;
  await closed;
  expect([push.closed, pull.closed]).toEqual([true, true]);
  for (const use of [() => new zmq.Push({ context }), () => context.ioThreads]) {
    expect(use).toThrow(expect.objectContaining({ code: "EFAULT", message: "Context is closed" }));
  }
});

test("close() waits for queued messages until the linger has passed", async () => {
  {
    await using context = new Context();
    const push = new zmq.Push({ context, linger: 50 });
    push.connect("tcp://127.0.0.1:1");
    await push.send("nobody takes it");
  }
  const context = new Context();
  const endpoint = freshEndpoint("ipc");
  const push = new zmq.Push({ context });
  push.connect(endpoint);
  await push.send("kept");
  let over = false;
  const closed = context.close().then(() => {
    over = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(over).toBe(false);
  using pull = new zmq.Pull();
  await pull.bind(endpoint);
  expect(String(await pull.receive())).toBe("kept");
  await closed;
});

test("a context lives until its last object in any thread is garbage-collected", async () => {
  const outcome = await runProgram(
    `
    const context = new zmq.Context();
    const [pull, push] = [new zmq.Pull({ context }), new zmq.Push({ context })];
    pull.bindSync("inproc://x");
    push.connect("inproc://x");
    const turn = () => new Promise(setImmediate);
    const collected = async (reference) => {
      // deref() keeps the object alive until the end of its turn.
      do {
        await turn();
        gc();
      } while (reference.deref() !== undefined);
      // The next turn runs its finalizer.
      for (let i = 0; i < 10; i++) await turn();
    };
    for (let i = 0; i < 3; i++) await collected((() => new WeakRef(zmq.Context.attach(context.token)))());
    await push.send("still there");
    console.log(String(await pull.receive()), context.maxSockets);
    // The context that attached may also outlive the one that created it.
    const attached = zmq.Context.attach(context.token);
    await context.close({ linger: 0 });
    try { new zmq.Push({ context: attached }); } catch (error) { console.log(error.code); }
    await attached.close();
    // A context that was never closed ends with its last object.
    const token = await (async () => {
      const dropped = new zmq.Context();
      const second = zmq.Context.attach(dropped.token);
      globalThis.references = [new WeakRef(dropped), new WeakRef(second)];
      return dropped.token;
    })();
    for (const reference of references) await collected(reference);
    try { zmq.Context.attach(token); } catch (error) { console.log(error.code); }
  `,
    { flags: ["--expose-gc"] },
  );
  expect(outcome).toMatchObject({
    code: 0,
    stdout: "still there 1023\nEFAULT\nEFAULT\n",
    stderr: "",
  });
});

test("closing one object of a context closes all its objects", async () => {
  const context = new Context();
  const same = Context.attach(context.token);
  const push = new zmq.Push({ context: same });
  const closed = context.close({ linger: 0 });
  expect(same.close()).toBe(closed);
  await closed;
  expect(push.closed).toBe(true);
  expect(() => Context.attach(context.token)).toThrow(expect.objectContaining({ code: "EFAULT" }));
});

test("attach() rejects a token beyond int32 and does not truncate it to another's", () => {
  expect(() => Context.attach(zmq.context.token + 2 ** 32)).toThrow(
    expect.objectContaining({ code: "EFAULT" }),
  );
});

test("close() can be called again from its own callbacks, and a closing context opens no socket", async () => {
  const context = new Context();
  const pull = new Pull({ context });
  const promises: Promise<void>[] = [];
  const errors: unknown[] = [];
  pull.events.on("end", () => {
    promises.push(context.close());
    try {
      new Pull({ context });
    } catch (error) {
      errors.push((error as { code?: string }).code);
    }
  });
  await pull.bind("tcp://127.0.0.1:*");
  promises.push(context.close());
  await Promise.all(promises);
  await new Promise((resolve) => setImmediate(resolve));
  expect(new Set(promises).size).toBe(1);
  expect(errors).toEqual(["EFAULT"]);
});

test("a socket with its own linger closes while maxSockets is reached", async () => {
  const context = new Context({ maxSockets: 2 });
  const sockets = [new Pull({ context }), new Push({ context })];
  await sockets[0]!.close({ linger: 0 });
  expect(sockets[0]!.closed).toBe(true);
  sockets[1]!.close();
  await context.close();
});
