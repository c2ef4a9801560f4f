import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import * as zmq from "zmq-native";
import { Context, Pair, Pull, Push, Socket, Subscriber } from "zmq-native";
import { cannotAdd, onlyGetter } from "../helpers/engine.js";
import { freshEndpoint, transports, whenFree } from "../helpers/transports.js";

const classes = [
  ["Pair", 0],
  ["Publisher", 1],
  ["Subscriber", 2],
  ["Request", 3],
  ["Reply", 4],
  ["Dealer", 5],
  ["Router", 6],
  ["Pull", 7],
  ["Push", 8],
  ["XPublisher", 9],
  ["XSubscriber", 10],
  ["Stream", 11],
] as const;

describe("constructor", () => {
  test.each(classes)("%s has type %i", (name, type) => {
    using socket = new zmq[name]();
    expect(socket).toBeInstanceOf(Socket);
    expect(socket.type).toBe(type);
    expect(socket.closed).toBe(false);
    expect(socket.threadSafe).toBe(false);
  });

  test("takes options and a context, and leaves the object as it was", () => {
    const context = new Context();
    const options = { context, linger: 5, receiveHighWaterMark: 7 };
    using pull = new Pull(options);
    expect(pull.context).toBe(context);
    expect([pull.linger, pull.receiveHighWaterMark]).toEqual([5, 7]);
    expect(options).toEqual({ context, linger: 5, receiveHighWaterMark: 7 });
    using other = new Pull();
    expect(other.context).toBe(zmq.context);
  });

  test("is sealed", () => {
    using pull = new Pull();
    expect(() => Object.assign(pull, { foo: 1 })).toThrow(cannotAdd("foo"));
    expect(() => new Pull({ foo: 1 } as object)).toThrow(cannotAdd("foo"));
    expect(() => new Pull({ sendTimeout: 1 } as object)).toThrow(TypeError);
    expect(() => new Pull({ type: 1 } as object)).toThrow(onlyGetter("type"));
  });

  test("refuses what is no type, no option object, no type that libzmq has", () => {
    const Base = Socket as unknown as new (...parameters: unknown[]) => Socket;
    expect(() => new Base()).toThrow(new TypeError("Socket type must be a number"));
    expect(() => new Base("7")).toThrow(new TypeError("Socket type must be a number"));
    expect(() => new Base(7, 8)).toThrow(new TypeError("Options must be an object"));
    expect(() => new Base(7, null)).toThrow(new TypeError("Options must be an object"));
    expect(() => new Base(4711)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(() => new Base(-1)).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });

  test("that throws leaves no socket behind", async () => {
    const context = new Context({ maxSockets: 2 });
    const options = { context, linger: "soon" as unknown as number };
    // libzmq gives a closed socket's place back on a thread of its own, so the places may be taken for a moment.
    const open = async (make: () => Pull) => {
      for (;;) {
        try {
          return make();
        } catch (error) {
          if ((error as { code?: string }).code !== "EMFILE") throw error;
          await new Promise(setImmediate);
        }
      }
    };
    for (let i = 0; i < 100; i++) {
      await expect(open(() => new Pull(options))).rejects.toThrow("Option value must be a number");
    }
    using first = await open(() => new Pull({ context }));
    using second = await open(() => new Pull({ context }));
    expect([first.closed, second.closed]).toEqual([false, false]);
    const full = {
      code: "EMFILE",
      message: "Too many open file descriptors",
      detail: expect.stringMatching(
        /^the context has maxSockets \(2\) sockets open, .* set maxSockets of the Context/,
      ),
    };
    expect(() => new Pull({ context })).toThrow(expect.objectContaining(full));
    expect(() => first.events).toThrow(expect.objectContaining(full));
  });

  test("of a type that there is not says so", () => {
    const Any = Socket as unknown as new (type: number) => Pull;
    expect(() => new Any(99)).toThrow(
      expect.objectContaining({ code: "EINVAL", detail: "this build of libzmq has no socket type 99" }),
    );
  });

  test("is blocked by a bind, and the error says what to do", async () => {
    using pull = new Pull();
    const binding = pull.bind("tcp://127.0.0.1:*");
    expect(() => pull.receive()).toThrow(
      expect.objectContaining({
        code: "EBUSY",
        message: "Socket is blocked by a bind or unbind operation",
        detail: expect.stringMatching(/^await bind\(\) or unbind\(\) first/),
      }),
    );
    await binding;
  });

  test("can be extended", async () => {
    class Logger extends Push {
      readonly #lines: string[] = [];
      async log(line: string) {
        this.#lines.push(line);
        await this.send(line);
        return this.#lines.length;
      }
    }
    using pull = new Pull();
    using logger = new Logger({ linger: 0 });
    await pull.bind(freshEndpoint("inproc"));
    logger.connect(pull.lastEndpoint as string);
    expect(await logger.log("line")).toBe(1);
    expect(String(await pull.receive())).toBe("line");
  });
});

describe.each(transports)("endpoints over %s", (transport) => {
  test("bind, unbind, and bind again", async () => {
    using pull = new Pull();
    await pull.bind(freshEndpoint(transport));
    const endpoint = pull.lastEndpoint as string;
    await pull.unbind(endpoint);
    await expect(pull.unbind(endpoint)).rejects.toMatchObject({
      code: "ENOENT",
      message: "No such endpoint",
      address: endpoint,
    });
    pull.bindSync(freshEndpoint(transport));
    pull.unbindSync(pull.lastEndpoint as string);
  });

  test("a second bind to the same address is refused", async () => {
    // Over ipc libzmq takes the path away from whoever had it.
    if (transport === "ipc") return;
    using pull = new Pull();
    await pull.bind(freshEndpoint(transport));
    const address = pull.lastEndpoint as string;
    using other = new Pull();
    const refusal = { code: "EADDRINUSE", message: "Address already in use", address };
    await expect(other.bind(address)).rejects.toMatchObject(refusal);
    expect(() => other.bindSync(address)).toThrow(expect.objectContaining(refusal));
  });

  test("disconnect", async () => {
    using pull = new Pull();
    using push = new Push({ linger: 0, immediate: true });
    await pull.bind(freshEndpoint(transport));
    const endpoint = pull.lastEndpoint as string;
    push.connect(endpoint);
    await push.send("connected");
    await pull.receive();
    push.disconnect(endpoint);
    // The connection is taken down by another thread.
    while (push.writable) await new Promise(setImmediate);
    await expect(push.send("nobody", { timeout: 20 })).rejects.toMatchObject({ code: "EAGAIN" });
    expect(() => push.disconnect(endpoint)).toThrow(
      expect.objectContaining({ code: "ENOENT", address: endpoint }),
    );
  });
});

// What libzmq has to do on the socket's own thread it does when the socket is used.
test("a connection that is disconnected ends, though the socket is not used any more", async () => {
  const server = createServer((connection) => connection.resume()).listen(0, "127.0.0.1");
  await once(server, "listening");
  using push = new Push({ linger: 0 });
  const endpoint = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  push.connect(endpoint);
  const [connection] = await once(server, "connection");
  push.disconnect(endpoint);
  await once(connection, "close");
  server.close();
});

test("a hundred binds and unbinds of one port: the address is free when it can be bound again", async () => {
  using pull = new Pull();
  await pull.bind("tcp://127.0.0.1:*");
  const endpoint = pull.lastEndpoint as string;
  for (let i = 0; i < 100; i++) {
    pull.unbindSync(endpoint);
    await whenFree(() => pull.bindSync(endpoint));
  }
});

describe("bind", () => {
  test("blocks the socket until its promise settles", async () => {
    using pair = new Pair({ linger: 0 });
    const binding = pair.bind(freshEndpoint("tcp"));
    const blocked = expect.objectContaining({
      code: "EBUSY",
      message: "Socket is blocked by a bind or unbind operation",
    });
    for (const call of [
      () => pair.bind(freshEndpoint("tcp")),
      () => pair.unbind("tcp://127.0.0.1:1"),
      () => pair.bindSync(freshEndpoint("tcp")),
      () => pair.connect(freshEndpoint("inproc")),
      () => pair.send("x"),
      () => pair.receive(),
    ]) {
      expect(call).toThrow(blocked);
    }
    expect(pair.linger).toBe(0);
    await binding;
    pair.connect(freshEndpoint("inproc"));
  });

  test("close during it takes effect when it is done", async () => {
    const pull = new Pull();
    const binding = pull.bind(freshEndpoint("tcp"));
    pull.close();
    expect(pull.closed).toBe(false);
    await binding;
    expect(pull.closed).toBe(true);
  });
});

describe("wrong endpoints are errors with their address", () => {
  test.each([
    ["nonsense", "EINVAL"],
    ["", "EINVAL"],
    ["foo://bar", "EPROTONOSUPPORT"],
    ["tcp://", "EINVAL"],
    ["tcp://127.0.0.1:port", "EINVAL"],
    ["tcp://127.0.0.1:99999", "EINVAL"],
    ["udp://127.0.0.1:5555", "ENOCOMPATPROTO"],
    [`ipc:///${"x".repeat(200)}`, "ENAMETOOLONG"],
  ])("%s: %s", async (address, code) => {
    using pull = new Pull();
    await expect(pull.bind(address)).rejects.toMatchObject({ code, address });
    expect(() => pull.bindSync(address)).toThrow(expect.objectContaining({ code, address }));
  });

  test.each([undefined, null, 5, {}, Buffer.from("tcp://127.0.0.1:1")])("%s: not a string", (address) => {
    using pull = new Pull();
    for (const call of ["bind", "bindSync", "unbind", "unbindSync", "connect", "disconnect"] as const) {
      expect(() => pull[call](address as string)).toThrow(new TypeError("Address must be a string"));
    }
  });

  test("a NUL inside is refused", () => {
    using pull = new Pull();
    expect(() => pull.bindSync("inproc://a\0b")).toThrow(
      'Address must not contain a NUL, got "inproc://a\\u0000b"',
    );
  });
});

describe("close", () => {
  test("is idempotent, and then nothing works", async () => {
    const pair = new Pair();
    pair.close();
    pair.close();
    expect(pair.closed).toBe(true);
    expect(pair.context).toBeUndefined();
    expect([pair.readable, pair.writable]).toEqual([false, false]);
    const closed = expect.objectContaining({ code: "EBADF", message: "Socket is closed" });
    for (const call of [
      () => pair.bind("inproc://x"),
      () => pair.unbind("inproc://x"),
      () => pair.bindSync("inproc://x"),
      () => pair.connect("inproc://x"),
      () => pair.disconnect("inproc://x"),
      () => pair.send("x"),
      () => pair.receive(),
      () => pair.tryReceive(),
      () => pair.receiveMany(),
    ]) {
      expect(call).toThrow(closed);
    }
    expect(() => pair.linger).toThrow(expect.objectContaining({ code: "ENOTSOCK" }));
    expect(() => {
      pair.linger = 1;
    }).toThrow(expect.objectContaining({ code: "ENOTSOCK" }));
    for await (const _ of pair) throw new Error("a closed socket has no messages");
  });

  test("by using and await using", async () => {
    let kept: Pull[];
    {
      using first = new Pull();
      await using second = new Pull();
      kept = [first, second];
      expect(kept.map(({ closed }) => closed)).toEqual([false, false]);
    }
    expect(kept.map(({ closed }) => closed)).toEqual([true, true]);
  });

  test("still sends what was queued, within linger", async () => {
    using pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const push = new Push();
    push.connect(pull.lastEndpoint as string);
    for (let i = 0; i < 1000; i++) await push.send(`${i}`);
    push.close();
    for (let i = 0; i < 1000; i++) expect(String(await pull.receive())).toBe(`${i}`);
  });
});

test("Router.connect gives the peer an id, also one of bytes that are no text", async () => {
  using dealer = new zmq.Dealer();
  using router = new zmq.Router({ mandatory: true, linger: 0 });
  await dealer.bind("tcp://127.0.0.1:*");
  router.connect(dealer.lastEndpoint as string, { routingId: "the dealer" });
  await router.send(["the dealer", "hello"]);
  expect((await dealer.receive()).map(String)).toEqual(["hello"]);
  await dealer.send("back");
  expect((await router.receive()).map(String)).toEqual(["the dealer", "back"]);
});

test("subscribe and unsubscribe throw when the socket is closed", () => {
  const subscriber = new Subscriber();
  subscriber.close();
  expect(() => subscriber.subscribe("x")).toThrow(expect.objectContaining({ code: "ENOTSOCK" }));
});

describe("close with options", () => {
  test("resolves when what was queued has gone", async () => {
    using pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const push = new Push();
    push.connect(pull.lastEndpoint as string);
    for (let i = 0; i < 1000; i++) await push.send(Buffer.alloc(1000));
    const closed = push.close({ linger: 10_000 });
    expect(push.closed).toBe(true);
    for (let i = 0; i < 1000; i++) await pull.receive();
    await closed;
    await push.close({ linger: 0 });
  });

  test("resolves when the linger has run out", async () => {
    const push = new Push();
    push.connect("tcp://127.0.0.1:1");
    await push.send("nobody takes it");
    const began = performance.now();
    await push.close({ linger: 100 });
    expect(performance.now() - began).toBeGreaterThan(90);
    expect(() => new Push().close({ linger: "1" as never })).toThrow(TypeError);
  });

  test("resolves though the observer is closed already", async () => {
    const push = new Push();
    push.events.close();
    await push.close({ linger: 0 });
    const pull = new Pull();
    const closed = pull.close({});
    pull.events.close();
    await closed;
  });

  test("resolves when the socket has just begun to connect", async () => {
    // An event between the making of the observer and the end: seen once in a hundred times.
    for (let i = 0; i < 300; i++) {
      using pull = new Pull();
      pull.bindSync("tcp://127.0.0.1:*");
      const push = new Push();
      push.connect(pull.lastEndpoint!);
      await push.close({ linger: 0 });
    }
  });

  test("during a bind takes effect when that is done, an observer hears of the end", async () => {
    const pull = new Pull();
    const { events } = pull;
    const bound = pull.bind("tcp://127.0.0.1:*");
    const closed = pull.close({});
    expect(pull.closed).toBe(false);
    await bound;
    await closed;
    const types: string[] = [];
    for await (const { type } of events) types.push(type);
    expect(types).toEqual(["bind", "close", "end"]);
  });
});

test("distinct errors: a wait says how it ended, and only where that was asked for", async () => {
  const pull = new Pull({ distinctErrors: true, receiveTimeout: 1 });
  const push = new Push();
  push.distinctErrors = true;
  await expect(pull.receive()).rejects.toMatchObject({ code: "ETIMEDOUT", message: "Operation timed out" });
  await expect(pull.receive({ timeout: 0 })).rejects.toMatchObject({ code: "EAGAIN" });
  const waiting = push.send("x");
  push.close();
  await expect(waiting).rejects.toMatchObject({ code: "ECANCELED" });
  pull.distinctErrors = false;
  await expect(pull.receive()).rejects.toMatchObject({ code: "EAGAIN" });
  expect(() => {
    pull.distinctErrors = 1 as never;
  }).toThrow(TypeError);
  pull.close();
});

test("a routing id of bytes is read back whole", () => {
  using dealer = new zmq.Dealer({ routingId: Buffer.from("a\0b") as never });
  expect(dealer.routingId).toBe("a");
  expect(dealer.routingIdBytes).toEqual(Buffer.from("a\0b"));
  dealer.routingIdBytes = Buffer.from([1, 0, 255]);
  expect(dealer.routingIdBytes).toEqual(Buffer.from([1, 0, 255]));
});
