// The base class: construction, sealing, bind and connect, close, option access by number.

import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { freshEndpoint, transports, whenFree } from "../helpers/transports.js";
import {
  blocked,
  expectFailure,
  expectRejected,
  expectThrown,
  expectTypeError,
  joined,
  rejected,
  thrown,
  turns,
  warningsOf,
} from "./expectations.js";
import { type Loose, loose, mended, ours, type SocketName, socketNames, types, zmq } from "./subject.js";

type Socket = InstanceType<(typeof zmq)[SocketName]>;
const Base = zmq.Socket as unknown as new (...parameters: unknown[]) => Socket;

const opened: { close(): void }[] = [];
/** Closes all sockets that a test opened. */
function opening<T extends { close(): void }>(socket: T): T {
  opened.push(socket);
  return socket;
}
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});
const open = (...parameters: unknown[]) => opening(new Base(...parameters));
const push = (options?: object) => opening(new zmq.Push({ linger: 0, ...options }));
const pull = (options?: object) => opening(new zmq.Pull(options));
const closed = (name: SocketName = "Push") => {
  const socket = new zmq[name]();
  socket.close();
  return socket;
};

describe("new Socket(type, options?)", () => {
  test.each(Object.entries(types))("creates a %s for type %i", (name, type) => {
    const socket = open(type);
    expect(socket).toBeInstanceOf(zmq.Socket);
    expect(socket).not.toBeInstanceOf(zmq[name as SocketName]);
    expect(Object.getPrototypeOf(socket)).toBe(zmq.Socket.prototype);
    expect(socket.type).toBe(type);
    expect([socket.closed, socket.readable]).toEqual([false, false]);
  });

  test.each([[undefined], ["7"], [null], [true], [7n], [{}], [Symbol("7")]])(
    "throws for %s as type",
    (type) => {
      expectTypeError(() => new Base(type), "Socket type must be a number");
    },
  );

  test("throws without arguments: the type is missing", () => {
    expectTypeError(() => new Base(), "Socket type must be a number");
  });

  test.each([[8], ["text"], [null], [true], [8n], [Symbol("8")]])("throws for %s as options", (options) => {
    expectTypeError(() => new Base(7, options), "Options must be an object");
  });

  test("accepts undefined, an empty object, an array and a function as options", () => {
    for (const options of [undefined, {}, [], () => 1]) expect(open(7, options).type).toBe(7);
  });

  test("takes at most two arguments", () => {
    expectTypeError(() => new Base(7, {}, 3), "Expected 2 arguments but received 3");
    expectTypeError(() => new Base(7, {}, undefined), "Expected 2 arguments but received 3");
    expectTypeError(() => new Base(7, {}, 3, 4), "Expected 2 arguments but received 4");
  });

  test("throws EINVAL for a type that libzmq does not have", () => {
    for (const type of [-1, 4711, 2 ** 31 - 1]) expectThrown(() => new Base(type), "EINVAL");
  });

  test("truncates the type to int32 as in C", () => {
    expect(open(1.9).type).toBe(1);
    expect(open(2 ** 32 + 7).type).toBe(7);
    expect(open(Number.NaN).type).toBe(0);
  });
});

describe.each(socketNames)("new %s(options?)", (name) => {
  test("accepts nothing or an object", () => {
    for (const socket of [new zmq[name](), new zmq[name](undefined), new zmq[name]({})]) {
      opening(socket);
      expect(socket).toBeInstanceOf(zmq[name]);
      expect(socket).toBeInstanceOf(zmq.Socket);
      expect([socket.type, socket.closed]).toEqual([types[name], false]);
      expect(socket.context).toBe(zmq.context);
    }
  });

  test("rejects options that are not an object", () => {
    for (const options of [null, 5, "text", true]) {
      expectTypeError(() => new zmq[name](options as unknown as object), "Options must be an object");
    }
  });

  test("ignores further arguments", () => {
    const Class = zmq[name] as unknown as new (...parameters: unknown[]) => Socket;
    expect(opening(new Class({ linger: 5 }, 2, 3)).linger).toBe(5);
  });

  test("is sealed and has no own properties", () => {
    const socket = opening(new zmq[name]());
    expect([Object.isSealed(socket), Object.isExtensible(socket)]).toEqual([true, false]);
    expect(Reflect.ownKeys(socket)).toEqual([]);
    expect([Object.keys(socket), JSON.stringify(socket), String(socket)]).toEqual([
      ...[[], "{}", "[object Object]"],
    ]);
    const found = [];
    for (const property in socket) found.push(property);
    expect(found).toEqual([]);
  });

  test("has send, receive, join and leave for every type", () => {
    const socket = loose(opening(new zmq[name]()));
    for (const method of ["send", "receive", "join", "leave"]) expect(typeof socket[method]).toBe("function");
  });
});

describe("options of the constructor", () => {
  test("context becomes the context of the socket", () => {
    const context = new zmq.Context();
    expect(pull({ context }).context).toBe(context);
    expect(open(7, { context }).context).toBe(context);
  });

  test.each([[null], [5], [{}], ["context"]])("%s as context throws", (context) => {
    const error = thrown(() => new zmq.Pull({ context } as object)) as Error;
    expect([error.constructor, error.message, Object.keys(error)]).toEqual([Error, "Invalid argument", []]);
    if (ours) {
      const detail = `options.context must be a Context, got ${inspect(context)}`;
      expect(error).toMatchObject({ detail });
      expect(error.stack).toContain(`Error: Invalid argument: ${detail}`);
    }
  });

  mended(
    "a program may forward an option that it was not given",
    "context = undefined selects the default context",
    () => {
      expect(pull({ context: undefined }).context).toBe(zmq.context);
    },
  );

  mended("zeromq deletes options.context", "are not modified by the constructor", () => {
    const options = { context: new zmq.Context(), linger: 3 };
    const [one, other] = [pull(options), pull(options)];
    expect(Object.keys(options)).toEqual(["context", "linger"]);
    expect([one.context, other.context]).toEqual([options.context, options.context]);
    expect(pull(Object.freeze(options)).linger).toBe(3);
  });

  test("are assigned to the instance", () => {
    expect(pull({ linger: 3, receiveTimeout: 4 })).toMatchObject({ linger: 3, receiveTimeout: 4 });
    expect(open(8, { linger: 3, rate: 5 })).toMatchObject({ linger: 3, rate: 5 });
    expect(pull(Object.freeze({ linger: 3 })).linger).toBe(3);
  });

  test("are read from own properties only", () => {
    expect(pull(Object.create({ linger: 3 })).linger).toBe(-1);
  });

  test("throw if they are unknown, since the socket is sealed", () => {
    const text = (name: string) => `Cannot add property ${name}, object is not extensible`;
    expectTypeError(() => new zmq.Pull({ foo: 1 } as object), text("foo"));
    expectTypeError(() => new zmq.Pull({ sendTimeout: 1 } as object), text("sendTimeout"));
    expectTypeError(() => new Base(7, { receiveTimeout: 1 }), text("receiveTimeout"));
    expectTypeError(() => new zmq.Pull({ [Symbol("s")]: 1 } as object), text("Symbol(s)"));
  });

  test.each([
    "type",
    "lastEndpoint",
    "securityMechanism",
    "threadSafe",
    "closed",
    "readable",
    "writable",
    "events",
  ])("throw for %s, which is read-only", (name) => {
    const text = `Cannot set property ${name} of #<Socket> which has only a getter`;
    expectTypeError(() => new zmq.Pull({ [name]: 1 } as object), text);
    const socket = pull();
    expectTypeError(() => Object.assign(socket, { [name]: 1 }), text);
  });

  test("include context, which cannot be set afterwards", () => {
    expectTypeError(
      () => Object.assign(pull(), { context: zmq.context }),
      "Cannot set property context of #<Socket> which has only a getter",
    );
  });

  test("are sealed: fields cannot be added or removed afterwards", () => {
    const socket = pull();
    expectTypeError(
      () => Object.assign(socket, { foo: 1 }),
      "Cannot add property foo, object is not extensible",
    );
  });

  test("throw for a value of a wrong type", () => {
    expectTypeError(() => new zmq.Pull({ linger: "3" } as object), "Option value must be a number");
    expectTypeError(() => new zmq.Pull({ ipv6: 1 } as object), "Option value must be a boolean");
    expectTypeError(
      () => new zmq.Pull({ zapDomain: 1 } as object),
      "Option value must be a string or buffer",
    );
  });

  mended("the process of zeromq crashes later", "are rejected without leaking a socket", async () => {
    const context = new zmq.Context({ maxSockets: 2 });
    for (let round = 0; round < 20; round++) {
      // libzmq releases the place in a thread of its own.
      for (;;) {
        const error = thrown(() => new zmq.Pull({ context, foo: 1 } as object)) as Error;
        if (error instanceof TypeError) break;
        expectFailure(error, "EMFILE");
        await turns();
      }
    }
  });
});

describe("subclasses", () => {
  test("of Push and Pull can have methods, accessors and private fields", async () => {
    class Sink extends zmq.Pull {
      #count = 0;
      get count() {
        return this.#count;
      }
      async text() {
        this.#count++;
        return String(await this.receive());
      }
    }
    class Source extends zmq.Push {
      constructor(readonly_: string) {
        super({ linger: 0, zapDomain: readonly_ });
      }
      override send(message: string) {
        return super.send(["sent", message]);
      }
    }
    const [sink, source] = [opening(new Sink()), opening(new Source("domain"))];
    expect([sink instanceof zmq.Pull, source instanceof zmq.Push, sink.constructor]).toEqual([
      true,
      true,
      Sink,
    ]);
    await sink.bind(freshEndpoint("inproc"));
    source.connect(sink.lastEndpoint as string);
    await source.send("message");
    expect(await sink.text()).toBe("sent,message");
    expect([sink.count, source.zapDomain]).toEqual([1, "domain"]);
  });

  test("of Socket can pass a type number and call protected option methods", () => {
    class Custom extends zmq.Socket {
      constructor(options?: object) {
        super(6, options);
      }
      get handshake() {
        return this.getInt32Option(66);
      }
      set handshake(value: number) {
        this.setInt32Option(66, value);
      }
    }
    const socket = opening(new Custom({ handshake: 1234 }));
    expect([socket.type, socket.handshake, socket.handshakeInterval]).toEqual([6, 1234, 1234]);
  });

  test("cannot add fields", () => {
    class Own extends zmq.Pull {
      field = 1;
    }
    expectTypeError(() => new Own(), "Cannot define property field, object is not extensible");
    class Assigning extends zmq.Pull {
      constructor() {
        super();
        Object.assign(this, { field: 1 });
      }
    }
    expectTypeError(() => new Assigning(), "Cannot add property field, object is not extensible");
  });

  test("can override options that were passed", () => {
    const seen: unknown[] = [];
    class Own extends zmq.Pull {
      set greeting(value: string) {
        seen.push(value);
      }
    }
    opening(new Own({ greeting: "hello" } as object));
    expect(seen).toEqual(["hello"]);
  });

  test("must be real classes: a function that applies Push to itself throws", () => {
    function Old(this: unknown) {
      loose(zmq).Push!.call(this);
    }
    expectTypeError(
      () => new (Old as unknown as new () => unknown)(),
      "Class constructor Push cannot be invoked without 'new'",
    );
  });
});

describe.each(transports)("endpoints over %s", (transport) => {
  test("bind and unbind resolve to undefined", async () => {
    const socket = pull();
    const binding = socket.bind(freshEndpoint(transport));
    expect(binding).toBeInstanceOf(Promise);
    expect(await binding).toBeUndefined();
    const unbinding = socket.unbind(socket.lastEndpoint as string);
    expect(unbinding).toBeInstanceOf(Promise);
    expect(await unbinding).toBeUndefined();
  });

  test("bindSync, connect and disconnect return undefined", async () => {
    const [server, client] = [pull(), push()];
    expect(server.bindSync(freshEndpoint(transport))).toBeUndefined();
    const address = server.lastEndpoint as string;
    expect(client.connect(address)).toBeUndefined();
    expect(client.disconnect(address)).toBeUndefined();
  });

  test("lastEndpoint is null, then the address of the last bind or connect", async () => {
    const [server, client] = [pull(), push()];
    expect(server.lastEndpoint).toBeNull();
    const address = freshEndpoint(transport);
    await server.bind(address);
    if (transport === "tcp") expect(server.lastEndpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    else expect(server.lastEndpoint).toBe(address);
    client.connect(server.lastEndpoint as string);
    expect(client.lastEndpoint).toBe(server.lastEndpoint);
  });

  test("a message arrives whether bind or connect comes first", async () => {
    const [server, client] = [pull(), push()];
    await server.bind(freshEndpoint(transport));
    const address = server.lastEndpoint as string;
    client.connect(address);
    await client.send("first");
    expect(String(await server.receive())).toBe("first");
    const early = push({ reconnectInterval: 5 });
    await server.unbind(address);
    early.connect(address);
    await early.send("second");
    await whenFree(() => server.bind(address));
    expect(String(await server.receive())).toBe("second");
  });

  test("another socket can bind the address after unbind", async () => {
    const [one, other] = [pull(), pull()];
    await one.bind(freshEndpoint(transport));
    const address = one.lastEndpoint as string;
    await one.unbind(address);
    await whenFree(() => other.bind(address));
    expect(other.lastEndpoint).toBe(address);
  });

  test("the address is free again after close", async () => {
    const [one, other] = [pull(), pull()];
    await one.bind(freshEndpoint(transport));
    const address = one.lastEndpoint as string;
    one.close();
    await whenFree(() => other.bindSync(address));
  });

  test("unbind of an address that is not bound rejects with ENOENT", async () => {
    const socket = pull();
    const address = transport === "tcp" ? "tcp://127.0.0.1:5555" : freshEndpoint(transport);
    await expectRejected(() => socket.unbind(address), "ENOENT", { address });
  });

  test("disconnect of an address that is not connected throws ENOENT", () => {
    const socket = pull();
    const address = transport === "tcp" ? "tcp://127.0.0.1:5555" : freshEndpoint(transport);
    expectThrown(() => socket.disconnect(address), "ENOENT", { address });
  });

  test("an address in use is EADDRINUSE for bind and bindSync, but ipc replaces the other socket", async () => {
    const [one, other] = [pull(), pull()];
    await one.bind(freshEndpoint(transport));
    const address = one.lastEndpoint as string;
    if (transport === "ipc") {
      await other.bind(address);
      expect(other.lastEndpoint).toBe(address);
      return;
    }
    await expectRejected(() => other.bind(address), "EADDRINUSE", { address });
    expectThrown(() => other.bindSync(address), "EADDRINUSE", { address });
  });

  test("one socket can bind and connect many times", async () => {
    const servers = [pull(), pull(), pull()];
    const client = push();
    for (const server of servers) {
      await server.bind(freshEndpoint(transport));
      client.connect(server.lastEndpoint as string);
    }
    for (let i = 0; i < 3; i++) await client.send("to each");
    for (const server of servers) expect(String(await server.receive())).toBe("to each");
  });

  mended("in zeromq it binds", "unbindSync unbinds", async () => {
    const [one, other] = [pull(), pull()];
    await one.bind(freshEndpoint(transport));
    const address = one.lastEndpoint as string;
    expect(one.unbindSync(address)).toBeUndefined();
    await whenFree(() => other.bind(address));
    expectThrown(() => one.unbindSync(freshEndpoint("inproc")), "ENOENT", {
      address: one.lastEndpoint === null ? "" : expect.any(String),
    });
  });
});

describe("arguments of a socket's methods", () => {
  const byAddress = ["bind", "unbind", "bindSync", "unbindSync", "connect", "disconnect"];

  test.each(byAddress)("%s throws for an address that is not a string", (method) => {
    const socket = loose(push());
    for (const address of [undefined, null, 5, {}, [], Buffer.from("inproc://x"), new URL("tcp://a:1")]) {
      expectTypeError(() => socket[method]!(address), "Address must be a string");
    }
    expectTypeError(() => socket[method]!(), "Address must be a string");
    expectTypeError(() => socket[method]!(5, 6), "Address must be a string");
  });

  test.each(byAddress)("%s throws for a second argument", (method) => {
    const socket = loose(push());
    const address = freshEndpoint("inproc");
    expectTypeError(() => socket[method]!(address, "x"), "Expected 1 argument but received 2");
    expectTypeError(() => socket[method]!(address, undefined), "Expected 1 argument but received 2");
    expectTypeError(() => socket[method]!(address, 1, 2), "Expected 1 argument but received 3");
  });

  test("close throws for an argument", () => {
    const socket = loose(push());
    expectTypeError(() => socket.close!("x"), "Expected 0 arguments but received 1");
    expectTypeError(() => socket.close!(1, 2), "Expected 0 arguments but received 2");
    expect((socket as unknown as Socket).closed).toBe(false);
  });

  test("are checked before the state of the socket", () => {
    const socket = loose(closed());
    expectTypeError(() => socket.bind!(5), "Address must be a string");
    expectTypeError(() => socket.connect!("inproc://x", 2), "Expected 1 argument but received 2");
    expectTypeError(() => socket.close!(1), "Expected 0 arguments but received 1");
    expectTypeError(() => socket.send!(), "Message must be present");
    expectTypeError(() => socket.getInt32Option!("17"), "Identifier must be a number");
    expectTypeError(() => socket.setInt32Option!(17, "1"), "Option value must be a number");
  });

  test("throw without an effect when there is one too many", () => {
    const socket = push();
    expectTypeError(
      () => loose(socket).connect!(freshEndpoint("inproc"), 1),
      "Expected 1 argument but received 2",
    );
    expect(socket.lastEndpoint).toBeNull();
  });
});

describe("Router.connect and Stream.connect", () => {
  test.each(["Router", "Stream"] as const)("%s.connect takes { routingId }, or nothing", (name) => {
    const socket = loose(opening(new zmq[name]({ linger: 0 })));
    // A Stream connects to plain TCP peers only. zeromq also lets it connect over transports where no peer could
    // answer.
    const endpoint = () => (name === "Stream" ? "tcp://127.0.0.1:1" : freshEndpoint("inproc"));
    const rest: unknown[][] = [
      [],
      [{}],
      [undefined],
      [{ routingId: "id" }],
      [{ routingId: null }],
      [{ routingId: "" }],
    ];
    for (const options of rest) expect(socket.connect!(endpoint(), ...options)).toBeUndefined();
    expect(socket.connect!(endpoint(), { routingId: Buffer.from("bytes") })).toBeUndefined();
    expectTypeError(
      () => socket.connect!(endpoint(), { routingId: 5 }),
      "Option value must be a string or buffer",
    );
    expectTypeError(() => socket.connect!(5, {}), "Address must be a string");
    expectTypeError(() => socket.connect!(), "Address must be a string");
  });

  test("the router can address the peer by that id immediately", async () => {
    const dealer = opening(new zmq.Dealer({ linger: 0 }));
    const router = opening(new zmq.Router({ linger: 0, mandatory: true }));
    await dealer.bind("tcp://127.0.0.1:*");
    router.connect(dealer.lastEndpoint as string, { routingId: "dealer" });
    await router.send(["dealer", "hello"]);
    expect(String(await dealer.receive())).toBe("hello");
    await dealer.send("answer");
    expect((await router.receive()).map(String)).toEqual(["dealer", "answer"]);
  });

  test("the id applies only to this connect", async () => {
    const router = opening(new zmq.Router({ linger: 0 }));
    const dealers = [opening(new zmq.Dealer()), opening(new zmq.Dealer())] as const;
    for (const dealer of dealers) await dealer.bind("tcp://127.0.0.1:*");
    router.connect(dealers[0].lastEndpoint as string, { routingId: "first" });
    router.connect(dealers[1].lastEndpoint as string);
    await dealers[0].send("from first");
    expect((await router.receive()).map(String)).toEqual(["first", "from first"]);
    await dealers[1].send("from second");
    const [id] = await router.receive();
    expect(id?.length).toBe(5);
  });
});

describe("a pending bind or unbind blocks the socket", () => {
  const calls: [string, ...unknown[]][] = [
    ["bind", "inproc://x"],
    ["unbind", "inproc://x"],
    ["bindSync", "inproc://x"],
    ["unbindSync", "inproc://x"],
    ["connect", "inproc://x"],
    ["disconnect", "inproc://x"],
    ["send", "message"],
    ["receive"],
  ];

  test.each(calls)("%s throws EBUSY", async (method, ...parameters) => {
    const socket = opening(new zmq.Dealer({ linger: 0 }));
    const binding = socket.bind(freshEndpoint("inproc"));
    expectThrown(() => loose(socket)[method]!(...parameters), "EBUSY", { message: blocked });
    await binding;
    const unbinding = socket.unbind(socket.lastEndpoint as string);
    expectThrown(() => loose(socket)[method]!(...parameters), "EBUSY", { message: blocked });
    await unbinding;
  });

  test.each(["tcp://127.0.0.1:*", "foo://bar"])(
    "a socket is blocked during a bind of %s, and no longer",
    async (address) => {
      const socket = opening(new zmq.Dealer({ linger: 0 }));
      const binding = socket.bind(address).catch(() => {});
      expectThrown(() => socket.connect("inproc://x"), "EBUSY", { message: blocked });
      await binding;
      socket.connect(freshEndpoint("inproc"));
    },
  );

  test("a loop ends with EBUSY", async () => {
    const socket = pull();
    const binding = socket.bind(freshEndpoint("inproc"));
    const error = await rejected(() => socket[Symbol.asyncIterator]().next());
    expectFailure(error, "EBUSY", { message: blocked });
    await binding;
  });

  test("options stay accessible", async () => {
    const socket = opening(new zmq.Dealer({ linger: 0 }));
    const warnings = await warningsOf(async () => {
      const binding = socket.bind(freshEndpoint("inproc"));
      expect([socket.linger, socket.type, socket.closed]).toEqual([0, 5, false]);
      socket.linger = 7;
      socket.rate = 5;
      expect([socket.linger, socket.rate]).toEqual([7, 5]);
      await binding;
    });
    expect(warnings).toEqual(["Warning: Socket option will not take effect until next connect/bind."]);
  });

  test("subscribe and unsubscribe stay possible", async () => {
    const subscriber = opening(new zmq.Subscriber());
    const binding = subscriber.bind(freshEndpoint("inproc"));
    subscriber.subscribe("a");
    subscriber.unsubscribe("a");
    await binding;
  });

  test("a receive that was already pending continues", async () => {
    const socket = pull();
    const waiting = socket.receive();
    await socket.bind(freshEndpoint("inproc"));
    const sender = push();
    sender.connect(socket.lastEndpoint as string);
    await sender.send("message");
    expect(String(await waiting)).toBe("message");
  });

  test("close is deferred until the operation ends", async () => {
    const socket = pull();
    const binding = socket.bind(freshEndpoint("inproc"));
    expect(socket.close()).toBeUndefined();
    expect(socket.closed).toBe(false);
    socket.close();
    expect(socket.closed).toBe(false);
    await binding;
    expect(socket.closed).toBe(true);
  });

  test("close is deferred also when the operation fails", async () => {
    const socket = pull();
    const binding = rejected(() => socket.bind("foo://bar"));
    socket.close();
    expect(socket.closed).toBe(false);
    expectFailure(await binding, "EPROTONOSUPPORT", { begins: true, address: "foo://bar" });
    expect(socket.closed).toBe(true);
  });

  test("many sockets can bind at the same time", async () => {
    const sockets = Array.from({ length: 20 }, () => pull());
    await Promise.all(sockets.map((socket) => socket.bind("tcp://127.0.0.1:*")));
    expect(new Set(sockets.map((socket) => socket.lastEndpoint)).size).toBe(20);
  });
});

describe("close of a socket", () => {
  test("returns undefined and is idempotent", () => {
    const socket = pull();
    expect(socket.closed).toBe(false);
    expect(socket.close()).toBeUndefined();
    expect(socket.closed).toBe(true);
    expect(socket.close()).toBeUndefined();
  });

  test("makes readable and writable false", async () => {
    using pair = await joined(["Pair"], ["Pair"]);
    const [a, b] = pair;
    await b.send("message");
    expect([a.readable, a.writable, b.readable, b.writable]).toEqual([true, true, false, true]);
    a.close();
    b.close();
    expect([a.readable, a.writable, b.readable, b.writable]).toEqual([false, false, false, false]);
  });

  test("makes context undefined", () => {
    expect(closed().context).toBeUndefined();
  });

  const throwing: [string, ...unknown[]][] = [
    ["bind", "inproc://x"],
    ["unbind", "inproc://x"],
    ["bindSync", "inproc://x"],
    ["unbindSync", "inproc://x"],
    ["connect", "inproc://x"],
    ["disconnect", "inproc://x"],
    ["send", "message"],
    ["send", []],
    ["receive"],
    ["join", "group"],
    ["leave", "group"],
  ];

  test.each(throwing)("makes %s throw EBADF", (method, ...parameters) => {
    expectThrown(() => loose(closed())[method]!(...parameters), "EBADF");
  });

  test.each(socketNames)("makes send and receive of a %s throw EBADF", (name) => {
    expectThrown(() => loose(closed(name)).send!("message"), "EBADF");
    expectThrown(() => loose(closed(name)).receive!(), "EBADF");
  });

  test("makes events throw ENOTSOCK", () => {
    expectThrown(() => loose(closed()).events, "ENOTSOCK");
  });

  test.each(["linger", "type", "lastEndpoint", "securityMechanism", "affinity", "zapDomain", "sendTimeout"])(
    "makes reading %s throw ENOTSOCK",
    (name) => {
      expectThrown(() => loose(closed())[name], "ENOTSOCK");
    },
  );

  test.each([
    ["linger", 1],
    ["immediate", true],
    ["zapDomain", "x"],
    ["affinity", 1],
    ["sendTimeout", 1],
  ])("makes setting %s throw ENOTSOCK", (name, value) => {
    expectThrown(() => Object.assign(closed(), { [name]: value }), "ENOTSOCK");
  });

  test("makes option access by number throw ENOTSOCK", () => {
    expectThrown(() => loose(closed()).getInt32Option!(17), "ENOTSOCK");
    expectThrown(() => loose(closed()).setInt32Option!(17, 1), "ENOTSOCK");
  });

  test("makes subscribe and unsubscribe throw ENOTSOCK", () => {
    for (const method of ["subscribe", "unsubscribe"]) {
      expectThrown(() => loose(closed("Subscriber"))[method]!(), "ENOTSOCK");
      expectThrown(() => loose(closed("Subscriber"))[method]!("x"), "ENOTSOCK");
    }
  });

  test("does not change that a write-only option reads as undefined", () => {
    expect(loose(closed()).conflate).toBeUndefined();
  });

  test("ends a loop immediately", async () => {
    let turnsOfLoop = 0;
    for await (const _ of closed("Pull") as InstanceType<typeof zmq.Pull>) turnsOfLoop++;
    expect(turnsOfLoop).toBe(0);
  });

  test("does not drop queued messages", async () => {
    using pair = await joined(["Pull"], ["Push", { linger: -1 }], "tcp");
    const [receiver, sender] = pair;
    for (let i = 0; i < 100; i++) await sender.send(`${i}`);
    sender.close();
    for (let i = 0; i < 100; i++) expect(String(await receiver.receive())).toBe(`${i}`);
  });
});

describe("members of a socket", () => {
  const methods = [
    ...["bind", "unbind", "bindSync", "unbindSync", "connect", "disconnect", "close"],
    ...["send", "receive", "join", "leave"],
    ...["Bool", "Int32", "Uint32", "Int64", "Uint64", "String"].flatMap((kind) => [
      `get${kind}Option`,
      `set${kind}Option`,
    ]),
  ];
  const getters = ["events", "context", "closed", "readable", "writable"];

  test.each(methods)("%s is a method of the prototype with that name", (name) => {
    const descriptor = Object.getOwnPropertyDescriptor(zmq.Socket.prototype, name);
    expect([typeof descriptor?.value, descriptor?.enumerable]).toEqual(["function", false]);
    expect(descriptor?.value.name).toBe(name);
  });

  test.each(getters)("%s is a getter of the prototype", (name) => {
    const descriptor = Object.getOwnPropertyDescriptor(zmq.Socket.prototype, name);
    expect([typeof descriptor?.get, descriptor?.set, descriptor?.enumerable]).toEqual([
      ...["function", undefined, false],
    ]);
  });

  test("[Symbol.asyncIterator] is a method of the prototype", () => {
    expect(typeof (zmq.Socket.prototype as unknown as Record<symbol, unknown>)[Symbol.asyncIterator]).toBe(
      "function",
    );
  });

  test("a method detached from its socket throws", () => {
    const { bind, send, close } = loose(push()) as Loose;
    for (const method of [bind, send, close])
      expect(thrown(() => method!.call({}, "inproc://x"))).toBeInstanceOf(Error);
    expect(thrown(() => (zmq.Socket.prototype as unknown as Socket).linger)).toBeInstanceOf(Error);
  });

  test("events is created on first access and stays the same object", () => {
    const socket = loose(push());
    expect(socket.events).toBeInstanceOf(loose(zmq).Observer);
    expect(socket.events).toBe(socket.events);
  });

  test("readable and writable tell which operation is possible now", async () => {
    const [receiver, sender] = [pull(), push()];
    expect([receiver.readable, receiver.writable, sender.readable, sender.writable]).toEqual([
      ...[false, false, false, false],
    ]);
    await receiver.bind(freshEndpoint("inproc"));
    sender.connect(receiver.lastEndpoint as string);
    expect(sender.writable).toBe(true);
    await sender.send("message");
    expect(receiver.readable).toBe(true);
    await receiver.receive();
    expect(receiver.readable).toBe(false);
  });
});

describe("options by number, protected in the types", () => {
  const cases: [kind: string, id: number, value: unknown, answer?: unknown][] = [
    ["Int32", 17, 99],
    ["Int32", 66, 12.9, 12],
    ["Uint32", 57, 8],
    ["Uint32", 57, 2 ** 32 + 4, 4],
    ["Int64", 22, -1],
    ["Int64", 22, 2 ** 40],
    ["Uint64", 4, 5],
    ["Uint64", 4, -3, 0],
    ["Bool", 39, true],
    ["Bool", 39, false],
    ["String", 55, "domain"],
    ["String", 5, Buffer.from([1, 2, 0, 3]), "\u0001\u0002"],
    ["String", 45, null],
  ];

  test.each(cases)("set%sOption(%i, %s) sets the option", (kind, id, value, answer = value) => {
    const socket = loose(opening(new zmq.Router()));
    expect(socket[`set${kind}Option`]!(id, value)).toBeUndefined();
    expect(socket[`get${kind}Option`]!(id)).toBe(answer);
  });

  test("an option without a property can be accessed", () => {
    const socket = loose(push());
    expect(typeof socket.getInt32Option!(14)).toBe("number");
    expect(socket.getInt32Option!(15)).toBe(0);
    expect(socket.getInt32Option!(13)).toBe(0);
  });

  test("an option that libzmq does not know throws EINVAL", () => {
    const socket = loose(push());
    for (const kind of ["Bool", "Int32", "Uint32", "Int64", "Uint64", "String"]) {
      expectThrown(() => socket[`get${kind}Option`]!(4711), "EINVAL");
    }
    expectThrown(() => socket.setInt32Option!(4711, 1), "EINVAL");
    expectThrown(() => socket.setStringOption!(4711, "x"), "EINVAL");
  });

  const values: Record<string, [right: unknown, text: string]> = {
    Bool: [true, "Option value must be a boolean"],
    Int32: [1, "Option value must be a number"],
    Uint32: [1, "Option value must be a number"],
    Int64: [1, "Option value must be a number"],
    Uint64: [1, "Option value must be a number"],
    String: ["x", "Option value must be a string or buffer"],
  };

  test.each(Object.entries(values))(
    "get%sOption and set%sOption validate their arguments",
    (kind, [right, text]) => {
      const socket = loose(push());
      const [get, set] = [`get${kind}Option`, `set${kind}Option`];
      for (const id of [undefined, "17", null, {}]) {
        expectTypeError(() => socket[get]!(id), "Identifier must be a number");
        expectTypeError(() => socket[set]!(id, right), "Identifier must be a number");
      }
      for (const value of [undefined, {}, kind === "String" ? 5 : null]) {
        expectTypeError(() => socket[set]!(17, value), text);
      }
      expectTypeError(() => socket[get]!(17, 1), "Expected 1 argument but received 2");
      expectTypeError(() => socket[set]!(17, right, 1), "Expected 2 arguments but received 3");
    },
  );
});
