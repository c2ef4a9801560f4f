import { expect, test } from "vitest";
import * as zmq from "zmq-native";
import { Context, Pair, Pull, Push } from "zmq-native";
import { runProgram } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";

test("inproc endpoints are known within a context only", async () => {
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

test("a token stands for the context; an unknown one is refused", () => {
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

test("version and capability tell of the libzmq inside", () => {
  expect(zmq.version).toMatch(/^4\.\d+\.\d+$/);
  expect(zmq.capability).toMatchObject({ ipc: true, curve: true, draft: true });
});

test("CommonJS and ESM are one implementation, with the same exports", async () => {
  const { createRequire } = await import("node:module");
  const required = createRequire(__filename)("../../dist/index.js");
  const imported = await import("zmq-native");
  expect(required.Context).toBe(Context);
  expect(required.context).toBe(zmq.context);
  const { default: defaults, ...named } = imported as unknown as Record<string, unknown>;
  expect(defaults).toBe(required);
  const names = (module: object) =>
    Object.keys(module).filter((name) => !["__esModule", "module.exports"].includes(name));
  // ZmqError is there in both, but CommonJS lists only what zeromq has.
  expect(named.ZmqError).toBe(required.ZmqError);
  expect(names(named).sort()).toEqual([...names(required), "ZmqError"].sort());
});

test("close: closes the sockets, ends what waits, and resolves when libzmq is done", async () => {
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

test("close waits for what is queued, as long as the linger lasts", async () => {
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

test("a context lives until the last of its objects in a thread is garbage-collected", async () => {
  const outcome = await runProgram(
    `
    const context = new zmq.Context();
    const [pull, push] = [new zmq.Pull({ context }), new zmq.Push({ context })];
    pull.bindSync("inproc://x");
    push.connect("inproc://x");
    const turn = () => new Promise(setImmediate);
    const collected = async (reference) => {
      // deref() keeps the object until the end of its turn.
      do {
        await turn();
        gc();
      } while (reference.deref() !== undefined);
      // Its finalizer has its turn.
      for (let i = 0; i < 10; i++) await turn();
    };
    for (let i = 0; i < 3; i++) await collected((() => new WeakRef(zmq.Context.attach(context.token)))());
    await push.send("still there");
    console.log(String(await pull.receive()), context.maxSockets);
    // The one that attached may outlive the one that created, too.
    const attached = zmq.Context.attach(context.token);
    await context.close({ linger: 0 });
    try { new zmq.Push({ context: attached }); } catch (error) { console.log(error.code); }
    await attached.close();
    // And a context that nobody closed ends with the last object.
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

test("objects of one context close it together", async () => {
  const context = new Context();
  const same = Context.attach(context.token);
  const push = new zmq.Push({ context: same });
  const closed = context.close({ linger: 0 });
  expect(same.close()).toBe(closed);
  await closed;
  expect(push.closed).toBe(true);
  expect(() => Context.attach(context.token)).toThrow(expect.objectContaining({ code: "EFAULT" }));
});

test("a token beyond int32 is unknown, and not another's", () => {
  expect(() => Context.attach(zmq.context.token + 2 ** 32)).toThrow(
    expect.objectContaining({ code: "EFAULT" }),
  );
});

test("close may be called again by those who hear of it, and a context that closes opens no socket", async () => {
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

test("a socket of a full context closes with its linger all the same", async () => {
  const context = new Context({ maxSockets: 2 });
  const sockets = [new Pull({ context }), new Push({ context })];
  await sockets[0]!.close({ linger: 0 });
  expect(sockets[0]!.closed).toBe(true);
  sockets[1]!.close();
  await context.close();
});
