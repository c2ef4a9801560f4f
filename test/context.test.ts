import { expect, test } from "vitest";
import * as zmq from "zmq-native";
import { Context, Pair } from "zmq-native";
import { freshEndpoint } from "./helpers/transports.js";

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
  const required = createRequire(__filename)("../dist/index.js");
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
