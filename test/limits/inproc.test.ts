// Inproc connections whose endpoint is never bound: when they end, and that they leak nothing.

import { describe, expect, test } from "vitest";
import {
  Context,
  Dealer,
  Pair,
  Pull,
  Push,
  Request,
  Router,
  type Socket,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "zmq-native";
import { runProgram, sanitizer, slowness } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";

type Options = { context: Context };
const makers = {
  Push: (options: Options) => new Push(options),
  Pull: (options: Options) => new Pull(options),
  Pair: (options: Options) => new Pair(options),
  Dealer: (options: Options) => new Dealer({ probeRouter: true, ...options }),
  Router: (options: Options) => new Router(options),
  Request: (options: Options) => new Request(options),
  Subscriber: (options: Options) => {
    const subscriber = new Subscriber(options);
    subscriber.subscribe("a", "b");
    return subscriber;
  },
  XPublisher: (options: Options) => new XPublisher({ welcomeMessage: "welcome", ...options }),
};

/** Opens a socket once there is a free place: libzmq frees closed sockets in its own thread. */
async function whenRoom<T>(open: () => T): Promise<T> {
  const end = performance.now() + 5000 * slowness;
  for (;;) {
    try {
      return open();
    } catch (error) {
      if ((error as { code?: string }).code !== "EMFILE" || performance.now() > end) throw error;
      await new Promise(setImmediate);
    }
  }
}

/** Closes the context, and fails when its sockets stay for longer than a moment. */
async function expectEnd(context: Context): Promise<void> {
  const over = new Promise((_, reject) => {
    setTimeout(reject, 5000 * slowness, new Error("the context did not end")).unref();
  });
  await Promise.race([context.close(), over]);
}

describe.each(Object.entries(makers))("a connected %s without a bound peer", (_, make) => {
  test("uses no more places than 10 sockets after 500 rounds of connect and close", async () => {
    const context = new Context({ maxSockets: 10 });
    for (let i = 0; i < 500; i++) {
      const socket = await whenRoom(() => make({ context }));
      socket.connect("inproc://nobody");
      if (socket instanceof Subscriber) socket.subscribe("c");
      socket.close();
    }
    await expectEnd(context);
  });

  test("connects again after a disconnect to a socket that binds later", async () => {
    const context = new Context();
    const socket = make({ context });
    for (let i = 0; i < 100; i++) {
      socket.connect("inproc://somebody");
      socket.disconnect("inproc://somebody");
    }
    expect(() => socket.disconnect("inproc://somebody")).toThrow(expect.objectContaining({ code: "ENOENT" }));
    const types: Record<string, () => Socket> = {
      Push: () => new Pull({ context }),
      Pull: () => new Push({ context }),
      Pair: () => new Pair({ context }),
      Subscriber: () => new XPublisher({ context }),
      XPublisher: () => new XSubscriber({ context }),
    };
    const other = (types[socket.constructor.name] ?? (() => new Router({ context })))();
    socket.connect("inproc://somebody");
    await other.bind("inproc://somebody");
    // There is one connection: the other hundred have ended.
    other.events.requestPipeStats();
    socket.events.requestPipeStats();
    const stats: unknown[] = [];
    for await (const event of other.events) {
      if (event.type === "pipe:stats") {
        stats.push(event);
        break;
      }
    }
    socket.close();
    other.close();
    expect(stats).toHaveLength(1);
    await expectEnd(context);
  });
});

test("delivers a waiting message to a socket that binds after close", async () => {
  const endpoint = freshEndpoint("inproc");
  const push = new Push();
  push.connect(endpoint);
  await push.send("late");
  push.close();
  using pull = new Pull();
  await pull.bind(endpoint);
  expect(String((await pull.receive())[0])).toBe("late");
});

test("delivers a waiting message to a socket that binds after disconnect", async () => {
  const endpoint = freshEndpoint("inproc");
  using push = new Push();
  push.connect(endpoint);
  await push.send("late");
  push.disconnect(endpoint);
  using pull = new Pull();
  await pull.bind(endpoint);
  expect(String((await pull.receive())[0])).toBe("late");
});

test("drops a message on disconnect and close if linger is 0", async () => {
  const endpoint = freshEndpoint("inproc");
  using disconnected = new Push({ linger: 0 });
  disconnected.connect(endpoint);
  await disconnected.send("dropped");
  disconnected.disconnect(endpoint);
  const closed = new Push({ linger: 0 });
  closed.connect(endpoint);
  await closed.send("dropped");
  await closed.close({ linger: 0 });
  using good = new Push();
  good.connect(endpoint);
  await good.send("good");
  using pull = new Pull();
  await pull.bind(endpoint);
  expect(String((await pull.receive())[0])).toBe("good");
});

test("waits for linger milliseconds after close, and then drops its messages", async () => {
  const context = new Context({ maxSockets: 3 });
  const pushes = Array.from({ length: 3 }, () => new Push({ context, linger: 300 }));
  for (const [i, push] of pushes.entries()) {
    push.connect("inproc://nobody");
    await push.send(String(i));
    // Its message waits until the socket is closed, and from then on as long as the others.
    if (i === 1) push.disconnect("inproc://nobody");
  }
  const started = performance.now();
  for (const push of pushes) push.close();
  expect(() => new Push({ context })).toThrow(expect.objectContaining({ code: "EMFILE" }));
  const others = [];
  for (let i = 0; i < 3; i++) others.push(await whenRoom(() => new Push({ context })));
  expect(performance.now() - started).toBeGreaterThan(250);
  for (const other of others) other.close();
  await expectEnd(context);
});

test("does not prevent its context from ending although a message would wait forever", async () => {
  const context = new Context();
  const push = new Push({ context });
  push.connect("inproc://nobody");
  await push.send("never");
  push.close();
  await expectEnd(context);
});

/** The same test as a program, which exits in time unless closed sockets stay. */
const whenRoomSource = `
  const open = async (options) => {
    for (;;) {
      try { return new zmq.Push(options); } catch (error) { if (error.code !== "EMFILE") throw error; }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
`;

// A sanitizer keeps freed memory for a while to detect later uses.
const reason = sanitizer && `${sanitizer} keeps memory of its own`;
if (reason) console.warn(`SKIP memory of inproc connections: ${reason}`);

test.skipIf(reason).each([
  ["connect and disconnect", "socket.connect('inproc://x'); socket.disconnect('inproc://x');"],
  ["connect and close", "const other = await open({ context }); other.connect('inproc://x'); other.close();"],
  [
    "connect, send and disconnect without linger",
    "socket.linger = 0; socket.connect('inproc://x'); socket.trySend('x'); socket.disconnect('inproc://x');",
  ],
])("5,000 rounds of %s leak no memory", async (_, round) => {
  const { code, stdout, stderr } = await runProgram(
    `
    // Only a few sockets at a time wait to be freed.
    const context = new zmq.Context({ maxSockets: 20 });
    const socket = new zmq.Push({ context });
    ${whenRoomSource}
    const rounds = async (count) => {
      for (let i = 0; i < count; i++) {
        ${round}
        if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      gc();
    };
    // V8's heap reaches its final size after some 15,000 rounds.
    await rounds(20_000);
    const before = process.memoryUsage().rss;
    await rounds(5000);
    console.log((process.memoryUsage().rss - before) / 5000);
    process.exit();
  `,
    { flags: ["--expose-gc"] },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(Number(stdout)).toBeLessThan(1000);
});

test("connect with close or disconnect can race with a bind in another thread", {
  timeout: 60_000,
}, async () => {
  const { code, stderr, stdout } = await runProgram(
    `
    const context = new zmq.Context({ maxSockets: 100 });
    const worker = startWorker(\`
      const context = zmq.Context.attach(workerData);
      let stopped = false;
      require("node:worker_threads").parentPort.on("message", () => { stopped = true; });
      let received = 0;
      while (!stopped) {
        // Places run out when the other thread is faster than libzmq frees sockets.
        let pull;
        try { pull = new zmq.Pull({ context }); } catch { await new Promise(setImmediate); continue; }
        try { pull.bindSync("inproc://race"); } catch {}
        while (pull.tryReceive()) received++;
        pull.close();
        await new Promise(setImmediate);
      }
      require("node:worker_threads").parentPort.postMessage(received);
    \`, context.token);
    ${whenRoomSource}
    const keeper = new zmq.Push({ context, linger: 0 });
    // The other thread may have bound and closed in the meantime.
    const disconnect = (socket) => {
      try { socket.disconnect("inproc://race"); } catch (error) { if (error.code !== "ENOENT") throw error; }
    };
    for (let i = 0; i < 5000; i++) {
      const push = await open({ context, linger: i % 3 ? 0 : 1 });
      push.connect("inproc://race");
      if (i % 2) push.trySend("x");
      if (i % 5 === 0) disconnect(push);
      push.close();
      keeper.connect("inproc://race");
      keeper.trySend("y");
      disconnect(keeper);
      if (i % 50 === 0) await new Promise(setImmediate);
    }
    keeper.close();
    worker.postMessage("stop");
    const received = await firstMessage(worker);
    await worker.terminate();
    await context.close();
    console.log(received > 0);
  `,
    { limit: 50_000 },
  );
  expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: "", stdout: "true\n" });
});
