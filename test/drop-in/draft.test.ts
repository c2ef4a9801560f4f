// The draft sockets, exported by the entry point "/draft".

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createRequire } from "node:module";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { freeUdpPort } from "../helpers/ports.js";
import { type DraftName, draftNames, draftTypes } from "../helpers/socket_types.js";
import { freshEndpoint, type Transport, transports } from "../helpers/transports.js";
import {
  expectFailure,
  expectRejected,
  expectThrown,
  expectTypeError,
  isPending,
  reading,
  rejected,
  thrown,
  turns,
  warningsOf,
} from "./expectations.js";
import { draftPath, loose, mended, packagePath, runSubject, zmq } from "./subject.js";

const warning = "ZeroMQ draft features are experimental and could change at any time.";
// zeromq lacks the types that libzmq has added since.
type Name = Exclude<DraftName, "Peer" | "Channel">;
const names = draftNames.filter((name): name is Name => name !== "Peer" && name !== "Channel");
type Frames = Buffer[];
interface Draft extends InstanceType<typeof zmq.Pair> {
  send(message: unknown, ...rest: unknown[]): Promise<void>;
  receive(): Promise<never>;
  join(...groups: (string | Buffer)[]): void;
  leave(...groups: (string | Buffer)[]): void;
}
type Class = new (options?: object) => Draft;

let draft: Record<Name, Class>;
let loading: string[];
beforeAll(async () => {
  loading = await warningsOf(() => {
    draft = createRequire(__filename)(draftPath);
  });
});

const opened: { close(): void }[] = [];
function open(name: Name, options?: object): Draft {
  const socket = new draft[name]({ ...(["Dish", "Gather"].includes(name) ? {} : { linger: 0 }), ...options });
  opened.push(socket);
  return socket;
}
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});
async function join(
  front: Name,
  back: Name,
  transport: Transport = "inproc",
  options: [object?, object?] = [],
) {
  const [bound, connected] = [open(front, options[0]), open(back, options[1])];
  await bound.bind(freshEndpoint(transport));
  connected.connect(bound.lastEndpoint as string);
  return [bound, connected] as const;
}
const receive = async (socket: Draft) => (await socket.receive()) as unknown as Frames;

describe('"/draft"', () => {
  test("warns once, when it is loaded", async () => {
    expect(loading).toEqual([`Warning: ${warning}`]);
    expect(await warningsOf(() => createRequire(__filename)(draftPath))).toEqual([]);
  });

  test("prints the warning of a program to stderr", async () => {
    const outcome = await runSubject(`require(${JSON.stringify(draftPath)});`);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toMatch(new RegExp(`^\\(node:\\d+\\) Warning: ${warning}\n`));
  });

  test("exports these seven names and __esModule", () => {
    expect(Object.keys(draft)).toEqual(expect.arrayContaining([...names]));
    expect(loose(draft).__esModule).toBe(true);
  });

  test("exports names that the main entry point does not have", () => {
    for (const name of names) expect(name in zmq).toBe(false);
  });

  test("shares the package: its sockets are Sockets in the same default context", () => {
    expect(open("Server")).toBeInstanceOf(zmq.Socket);
    expect(open("Server").context).toBe(zmq.context);
    expect(createRequire(__filename)(packagePath)).toBe(zmq);
  });
});

describe("classes", () => {
  const types = names.map((name) => [name, draftTypes[name], name !== "Datagram"] as const);
  test.each(types)("%s has type %i, threadSafe %s, and is sealed", (name, type, threadSafe) => {
    const socket = open(name);
    expect([socket.type, socket.threadSafe, socket.closed]).toEqual([type, threadSafe, false]);
    expect([draft[name].name, draft[name].length, Object.getPrototypeOf(draft[name])]).toEqual([
      name,
      1,
      zmq.Socket,
    ]);
    expect([Object.isSealed(socket), Object.keys(socket)]).toEqual([true, []]);
    expectTypeError(() => loose(draft)[name]!(), `Class constructor ${name} cannot be invoked without 'new'`);
  });

  const sending = ["sendBufferSize", "sendHighWaterMark", "multicastHops", "sendTimeout"];
  const receiving = ["receiveBufferSize", "receiveHighWaterMark", "receiveTimeout"];
  const options: [Name, string[]][] = [
    ["Server", [...sending, ...receiving]],
    ["Client", [...sending, ...receiving]],
    ["Radio", sending],
    ["Dish", receiving],
    ["Gather", [...receiving, "conflate"]],
    ["Scatter", [...sending, "conflate"]],
    ["Datagram", [...sending, ...receiving]],
  ];
  test.each(options)("%s has the properties %j", (name, own) => {
    for (const option of [...sending, ...receiving, "conflate", "routingId"]) {
      expect([option, option in draft[name].prototype]).toEqual([option, own.includes(option)]);
    }
  });

  test.each(names)("a %s has the options of all sockets, also by number", (name) => {
    const socket = open(name, { rate: 5 });
    expect([socket.rate, socket.reconnectInterval, socket.lastEndpoint]).toEqual([5, 100, null]);
    expect(loose(socket).getInt32Option!(8)).toBe(5);
  });

  test.each(names)("a closed %s throws EBADF and ENOTSOCK", (name) => {
    const socket = open(name);
    socket.close();
    expectThrown(() => socket.receive(), "EBADF");
    expectThrown(() => socket.linger, "ENOTSOCK");
    expect([socket.closed, socket.readable, socket.writable]).toEqual([true, false, false]);
  });

  test("join and leave throw ENOTSUP on every class but Dish", () => {
    for (const name of ["Server", "Radio", "Gather"] as const) {
      for (const method of ["join", "leave"] as const) {
        expectThrown(() => open(name)[method]("group"), "ENOTSUP");
      }
    }
  });
});

describe.each(transports)("over %s", (transport) => {
  test("a Server answers its Client by routing id, a number", async () => {
    const [server, client] = await join("Server", "Client", transport);
    await client.send("question");
    const [message, { routingId }] = (await server.receive()) as unknown as [Buffer, { routingId: number }];
    expect([String(message), typeof routingId]).toEqual(["question", "number"]);
    await server.send("answer", { routingId });
    expect((await receive(client)).map(String)).toEqual(["answer"]);
  });

  test("a Server answers many Clients", async () => {
    const server = open("Server");
    await server.bind(freshEndpoint(transport));
    const clients = Array.from({ length: 5 }, () => open("Client"));
    for (const [index, client] of clients.entries()) {
      client.connect(server.lastEndpoint as string);
      await client.send(`${index}`);
    }
    for (const _ of clients) {
      const [message, options] = (await server.receive()) as unknown as [Buffer, object];
      await server.send(`re: ${message}`, options);
    }
    for (const [index, client] of clients.entries())
      expect(String(await receive(client))).toBe(`re: ${index}`);
  });

  test("a Scatter sends to a Gather", async () => {
    const [gather, scatter] = await join("Gather", "Scatter", transport);
    for (let i = 0; i < 100; i++) await scatter.send(`${i}`);
    for (let i = 0; i < 100; i++) expect((await receive(gather)).map(String)).toEqual([`${i}`]);
  });

  test("a Dish receives the messages of the groups that it joined", async () => {
    const [radio, dish] = await join("Radio", "Dish", transport);
    expect(dish.join("one", Buffer.from("two"))).toBeUndefined();
    const first = dish.receive();
    while (await isPending(first)) await radio.send("first", { group: "one" });
    await radio.send("not this", { group: "three" });
    await radio.send("body", { group: Buffer.from("two") });
    for (;;) {
      const [message, { group }] = (await dish.receive()) as unknown as [Buffer, { group: Buffer }];
      if (String(message) === "first") continue;
      expect([String(message), Buffer.isBuffer(group), String(group)]).toEqual(["body", true, "two"]);
      break;
    }
  });

  test("large and empty messages arrive unchanged", async () => {
    const [server, client] = await join("Server", "Client", transport);
    for (const size of [0, 1, 33, 300, 100_000, 3_000_000]) {
      await client.send(Buffer.alloc(size, size % 251));
      const [message, options] = (await server.receive()) as unknown as [Buffer, object];
      expect(message.equals(Buffer.alloc(size, size % 251))).toBe(true);
      await server.send(message, options);
      expect((await receive(client))[0]?.length).toBe(size);
    }
  });
});

describe("Server.send", () => {
  const send = (...parameters: unknown[]) => {
    const server = open("Server", { sendTimeout: 20 });
    server.bindSync(freshEndpoint("inproc"));
    return loose(server).send!(...parameters);
  };

  test("throws a TypeError without a message", () => {
    expectTypeError(() => send(), "Message must be present");
    expectTypeError(() => send(undefined, { routingId: 1 }), "Message must be present");
  });

  test("throws a TypeError without options", () => {
    for (const options of [undefined, null, 5, "x"]) {
      expectTypeError(() => send("message", options), "Options must be an object");
    }
    expectTypeError(() => send("message"), "Options must be an object");
  });

  test("throws EINVAL for options without a routingId", () => {
    for (const options of [{}, { routingId: undefined }, { routingId: 0 }, { group: "x" }]) {
      expectThrown(() => send("message", options), "EINVAL");
    }
  });

  test("throws a TypeError for a routingId that is not a number", () => {
    expectTypeError(() => send("message", { routingId: "1" }), "A number was expected");
  });

  test("throws a TypeError for three arguments", () => {
    expectTypeError(() => send("message", { routingId: 1 }, 3), "Expected 2 arguments but received 3");
  });

  test("rejects with EHOSTUNREACH for an unknown peer", async () => {
    await expectRejected(() => send("message", { routingId: 12345 }), "EHOSTUNREACH");
  });

  test("rejects with EINVAL for several frames", async () => {
    await expectRejected(() => send(["a", "b"], { routingId: 1 }), "EINVAL");
  });
});

describe("Client, Gather and Scatter send messages of one frame", () => {
  test.each([
    ["Client", "Server"],
    ["Scatter", "Gather"],
  ] as const)(
    "%s rejects several frames with EINVAL and accepts an array of one frame",
    async (name, other) => {
      const [, socket] = await join(other, name);
      await expectRejected(() => socket.send(["a", "b"]), "EINVAL");
      expect(await socket.send(["a"])).toBeUndefined();
      expect(await socket.send([])).toBeUndefined();
    },
  );

  test("take one argument", () => {
    expectTypeError(() => loose(open("Client")).send!("a", 1), "Expected 1 argument but received 2");
    expectTypeError(() => loose(open("Scatter")).send!("a", 1, 2), "Expected 1 argument but received 3");
  });
});

describe("Radio.send", () => {
  const send = (...parameters: unknown[]) => {
    const radio = open("Radio", { sendTimeout: 20 });
    radio.bindSync(freshEndpoint("inproc"));
    return loose(radio).send!(...parameters);
  };

  test("throws a TypeError without a message or without options", () => {
    expectTypeError(() => send(), "Message must be present");
    expectTypeError(() => send("message"), "Options must be an object");
    expectTypeError(() => send("message", null), "Options must be an object");
  });

  test("throws EINVAL for options without a group", () => {
    for (const options of [{}, { group: undefined }]) {
      expectThrown(() => send("message", options), "EINVAL");
    }
  });

  test("throws a TypeError for a group that is neither string nor Buffer", () => {
    for (const group of [5, null, true, {}]) {
      expectTypeError(() => send("message", { group }), "Value must be a string or buffer");
    }
  });

  test("resolves when there is no receiver", async () => {
    for (const group of ["a", "", "y".repeat(255), Buffer.from("x")]) {
      expect(await send("message", { group })).toBeUndefined();
    }
  });

  test("rejects with EINVAL for several frames", async () => {
    await expectRejected(() => send(["a", "b"], { group: "a" }), "EINVAL");
  });

  mended("zeromq truncates it", "throws EINVAL for a group above 255 bytes", () => {
    expect(thrown(() => send("message", { group: "y".repeat(256) }))).toMatchObject({ code: "EINVAL" });
  });
});

describe("Dish.join and leave", () => {
  test("return undefined and take any number of groups", () => {
    const dish = open("Dish");
    expect(dish.join()).toBeUndefined();
    expect(dish.join("a", Buffer.from("b"), "x".repeat(255))).toBeUndefined();
    expect(dish.leave("a", "b")).toBeUndefined();
    expect(dish.leave()).toBeUndefined();
  });

  test("throw EINVAL for a group that is already joined, not joined, or too long", () => {
    const dish = open("Dish");
    dish.join("a");
    expect(thrown(() => dish.join("a"))).toMatchObject({ code: "EINVAL" });
    expect(thrown(() => dish.leave("b"))).toMatchObject({ code: "EINVAL" });
    expect(thrown(() => dish.join("x".repeat(256)))).toMatchObject({ code: "EINVAL" });
  });

  test("end a group at its first NUL", () => {
    const dish = open("Dish");
    dish.join("a\0b");
    expect(dish.leave("a")).toBeUndefined();
  });

  test("stop messages of a group after leave()", async () => {
    const [radio, dish] = await join("Radio", "Dish");
    dish.join("a", "b");
    const first = dish.receive();
    while (await isPending(first)) await radio.send("first", { group: "a" });
    dish.leave("a");
    const last = async () => {
      for (;;) {
        const [message, { group }] = (await dish.receive()) as unknown as [Buffer, { group: Buffer }];
        if (String(message) === "marker") return String(group);
        if (String(message) === "after") return "received what was left";
      }
    };
    const receiving = last();
    await turns(5);
    await radio.send("marker", { group: "b" });
    expect(await receiving).toBe("b");
    await radio.send("after", { group: "a" });
    await radio.send("marker", { group: "b" });
    expect(await last()).toBe("b");
  });
});

describe("Datagram", () => {
  test("a message is [address, data]", async () => {
    const peer = createSocket("udp4");
    opened.push({ close: () => peer.close() });
    peer.bind(0, "127.0.0.1");
    await once(peer, "listening");
    const port = await freeUdpPort();
    const datagram = open("Datagram");
    await datagram.bind(`udp://127.0.0.1:${port}`);
    const receiving = receive(datagram);
    // libzmq starts to listen a moment after bind.
    while (await isPending(receiving)) peer.send("ping", port, "127.0.0.1");
    const [address, data] = await receiving;
    expect([String(address).replace(/\0$/, ""), String(data)]).toEqual([
      `127.0.0.1:${peer.address().port}`,
      "ping",
    ]);
    const answered = once(peer, "message");
    await datagram.send([address, "pong"]);
    expect(String((await answered)[0])).toBe("pong");
  });
});

describe("a draft socket that waits", () => {
  test("receive waits, a second receive throws EBUSY, and close rejects the first with EAGAIN", async () => {
    const server = open("Server");
    server.bindSync(freshEndpoint("inproc"));
    const receiving = rejected(() => server.receive());
    expectThrown(() => server.receive(), "EBUSY", { message: reading });
    server.close();
    expectFailure(await receiving, "EAGAIN");
  });

  test("rejects with EAGAIN after receiveTimeout or sendTimeout", async () => {
    const gather = open("Gather", { receiveTimeout: 20 });
    gather.bindSync(freshEndpoint("inproc"));
    await expectRejected(() => gather.receive(), "EAGAIN");
    for (const sendTimeout of [0, 20]) {
      const client = open("Client", { sendTimeout });
      await expectRejected(() => client.send("x"), "EAGAIN");
    }
  });

  test("send waits for a peer", async () => {
    const [server, client] = [open("Server"), open("Client")];
    await server.bind("tcp://127.0.0.1:*");
    const sending = client.send("message");
    expect(await isPending(sending)).toBe(true);
    client.connect(server.lastEndpoint as string);
    await sending;
    const [message] = (await server.receive()) as unknown as [Buffer];
    expect(String(message)).toBe("message");
  });

  test("for await yields the same messages as receive", async () => {
    const [server, client] = await join("Server", "Client");
    await client.send("message");
    for await (const [message, options] of server as unknown as AsyncIterable<
      [Buffer, { routingId: number }]
    >) {
      expect([String(message), typeof options.routingId]).toEqual(["message", "number"]);
      break;
    }
    const loop = (async () => {
      for await (const _ of server);
    })();
    server.close();
    await loop;
  });

  test("sends and receives at the same time", async () => {
    const [server, client] = await join("Server", "Client", "tcp");
    const serving = (async () => {
      for (let i = 0; i < 500; i++) {
        const [message, options] = (await server.receive()) as unknown as [Buffer, object];
        await server.send(message, options);
      }
    })();
    const asking = (async () => {
      for (let i = 0; i < 500; i++) await client.send(`${i}`);
    })();
    for (let i = 0; i < 500; i++) expect(String(await receive(client))).toBe(`${i}`);
    await Promise.all([serving, asking]);
  });

  mended("zeromq's sockets use a whole core", "uses no CPU time", async () => {
    const server = open("Server");
    server.bindSync(freshEndpoint("inproc"));
    const receiving = server.receive() as Promise<unknown>;
    receiving.catch(() => {});
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(150);
  });

  test("keeps the process alive while it waits, but not while it is idle", async () => {
    const program = (rest: string) => `
      const { Server } = require(${JSON.stringify(draftPath)});
      const server = (globalThis.kept = new Server());
      await server.bind("tcp://127.0.0.1:*");
      ${rest}`;
    const [idle, waiting] = await Promise.all([
      runSubject(program("")),
      runSubject(program('server.receive(); console.log("waiting");'), { stays: /waiting/ }),
    ]);
    expect([idle.code, idle.signal, waiting.signal]).toEqual([0, null, "SIGKILL"]);
  });

  test("has an observer in events", () => {
    expect(loose(open("Server")).events).toBeInstanceOf(loose(zmq).Observer);
  });
});
