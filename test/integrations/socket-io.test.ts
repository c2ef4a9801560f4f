// The adapter of docs/frameworks/socket-io.md with Socket.IO: namespaces, rooms, malformed messages, a server that ends, a proxy
// that restarts.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { Publisher, Subscriber, XPublisher } from "zmq-native";
import { patience } from "../helpers/program.js";
import { compile, load, program, startProcess } from "./integrations.js";

let libraries: Awaited<ReturnType<typeof loadAll>>;

async function loadAll() {
  const [server, client, bus, adapter] = await Promise.all([
    load("socket.io"),
    load("socket.io-client"),
    program("bus/bus"),
    program("socket.io/adapter"),
  ]);
  return { Server: server.Server, io: client.io, ...bus, ...adapter };
}

beforeAll(async () => {
  compile();
  libraries = await loadAll();
}, 300_000);

interface Endpoints {
  publish: string;
  subscribe: string;
}

async function start(endpoints: Endpoints) {
  const { Server, Bus, adapter } = libraries;
  const bus = new Bus(endpoints);
  const http = createServer();
  const server = new Server(http, { adapter: adapter(bus), transports: ["websocket"] });
  await bus.ready();
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    await server.close();
    bus.close();
  };
  onTestFinished(close);
  return { server, url, close };
}

/** Resolves when each of the servers knows that there are `count`. */
async function known(count: number, ...servers: { server: Awaited<ReturnType<typeof loadAll>> }[]) {
  for (const { server } of servers) {
    while ((await server.of("/").adapter.serverCount()) !== count) await sleep(10);
  }
}

async function connect(url: string) {
  const client = libraries.io(url, { transports: ["websocket"], forceNew: true });
  onTestFinished(() => client.disconnect());
  await once(client, "connect");
  return client;
}

async function startProxy(endpoints?: Endpoints) {
  const proxy = await libraries.startProxy(endpoints?.publish, endpoints?.subscribe);
  let open = true;
  const close = async () => {
    if (open) await proxy.close();
    open = false;
  };
  onTestFinished(close);
  return { ...proxy, close };
}

test("events reach the rooms and namespaces they are meant for, on both servers", async () => {
  const proxy = await startProxy();
  const [a, b] = [await start(proxy.endpoints), await start(proxy.endpoints)];
  for (const { server } of [a, b]) server.of("/chat");
  const [main, chat] = [await connect(b.url), await connect(`${b.url}/chat`)];
  const heard: unknown[] = [];
  main.on("hello", (...values: unknown[]) => heard.push(["/", ...values]));
  chat.on("hello", (...values: unknown[]) => heard.push(["/chat", ...values]));

  a.server.of("/chat").emit("hello", 1);
  await once(chat, "hello");
  a.server.emit("hello", { bytes: Buffer.from([1, 2]) });
  await once(main, "hello");
  expect(heard).toEqual([
    ["/chat", 1],
    ["/", { bytes: Buffer.from([1, 2]) }],
  ]);

  // By the adapter, since the sockets are of the other server.
  await known(2, a, b);
  a.server.socketsJoin("room");
  while ((await a.server.in("room").fetchSockets()).length < 1) await sleep(10);
  expect((await a.server.in("room").fetchSockets()).map(({ id }: { id: string }) => id)).toEqual([main.id]);
  const left = once(main, "disconnect");
  a.server.in("room").disconnectSockets();
  await left;
});

test("malformed messages are reported, and do not end a server", async () => {
  const report = vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => report.mockRestore());
  const proxy = await startProxy();
  const [a, b] = [await start(proxy.endpoints), await start(proxy.endpoints)];
  const client = await connect(b.url);
  await known(2, a, b);
  const publisher = new Publisher();
  onTestFinished(() => publisher.close());
  publisher.connect(proxy.endpoints.publish);
  const own = `socket.io / ${b.server.of("/").adapter.uid}`;
  await publisher.waitForSubscribers(1, { topic: `${own}\0`, timeout: patience });

  const { encode } = await load("@msgpack/msgpack");
  const payloads: (Buffer | undefined)[] = [undefined, Buffer.alloc(0), Buffer.from([0xc1, 0xff])];
  for (const value of [null, 1, [], {}]) payloads.push(Buffer.from(encode(value)));
  for (let type = 0; type < 16; type++) {
    for (const data of [undefined, null, {}, { packet: null, opts: null, requestId: "1" }]) {
      const value = { uid: "stranger", nsp: "/", type, data };
      payloads.push(Buffer.from(encode(value, { ignoreUndefined: true })));
    }
  }
  for (const topic of ["socket.io /\0", `${own}\0`]) {
    for (const payload of payloads) await publisher.send(payload ? [topic, payload] : topic);
  }
  // Messages of one sender arrive in order.
  const opts = { rooms: [], except: [], flags: {} };
  const data = { opts, packet: { type: 2, data: ["news", 1], nsp: "/" } };
  const heard = once(client, "news");
  await publisher.send(["socket.io /\0", Buffer.from(encode({ uid: "stranger", nsp: "/", type: 3, data }))]);
  expect(await heard).toEqual([1]);
  const reported = new Set(report.mock.calls.map(([text]) => text));
  expect(reported).toContain("bus: message of socket.io /:");
  expect(reported).toContain(`bus: message of ${own}:`);
});

test("a server that has ended is not asked", async () => {
  const proxy = await startProxy();
  const [a, b, c] = [
    await start(proxy.endpoints),
    await start(proxy.endpoints),
    await start(proxy.endpoints),
  ];
  await known(3, a, b, c);
  for (const [index, { server }] of [a, b, c].entries()) {
    server.on("number", (answer: (number: number) => void) => answer(index));
  }
  expect((await a.server.serverSideEmitWithAck("number")).sort()).toEqual([1, 2]);
  await c.close();
  await known(2, a, b);
  expect(await a.server.serverSideEmitWithAck("number")).toEqual([1]);
});

test("servers reconnect to a proxy that has restarted", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zmq-socket-io-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const endpoints = { publish: `ipc://${folder}/publish`, subscribe: `ipc://${folder}/subscribe` };
  const first = await startProxy(endpoints);
  const [a, b] = [await start(endpoints), await start(endpoints)];
  const client = await connect(b.url);
  await first.close();
  await startProxy(endpoints);
  const heard = once(client, "news");
  // Events are lost until both servers are connected again.
  const timer = setInterval(() => a.server.emit("news", "again"), 50);
  expect(await heard).toEqual(["again"]);
  clearInterval(timer);
});

test("a proxy ends although a member does not receive", async () => {
  const { child, line } = startProcess(`
    import { startProxy } from "./bus/bus.mjs";
    const proxy = await startProxy();
    process.once("SIGUSR2", () => proxy.close());
    console.log(JSON.stringify(proxy.endpoints));`);
  const endpoints: Endpoints = JSON.parse(await line());
  const [publisher, subscriber] = [new Publisher(), new Subscriber({ receiveHighWaterMark: 1 })];
  onTestFinished(async () => {
    for (const socket of [publisher, subscriber]) await socket.close({ linger: 0 });
  });
  subscriber.subscribe("topic");
  subscriber.connect(endpoints.subscribe);
  publisher.connect(endpoints.publish);
  await publisher.waitForSubscribers(1, { topic: "topic", timeout: patience });
  // More than the buffers of the connections hold.
  for (let count = 0; count < 60; count++) await publisher.send(["topic", Buffer.alloc(1_000_000)]);
  await publisher.flush({ timeout: patience });
  child.kill("SIGUSR2");
  const { exitCode, timedOut } = await child;
  expect({ exitCode, timedOut }).toEqual({ exitCode: 0, timedOut: false });
});

/** A server without clients, on a bus whose proxy has not started, and the end of its initialization. */
function startEarly(endpoints: Endpoints) {
  const bus = new libraries.Bus(endpoints);
  const ready = bus.ready.bind(bus);
  const waits: Promise<void>[] = [];
  bus.ready = () => {
    waits.push(ready(100));
    return waits.at(-1);
  };
  const adapter = libraries.adapter(bus, { heartbeatInterval: 100 });
  const server = new libraries.Server(createServer(), { adapter });
  onTestFinished(async () => {
    await server.close();
    bus.close();
  });
  return { server, bus, initialized: Promise.allSettled(waits) };
}

test("servers that start before the proxy find each other afterwards", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zmq-socket-io-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const endpoints = { publish: `ipc://${folder}/publish`, subscribe: `ipc://${folder}/subscribe` };
  const [a, b] = [startEarly(endpoints), startEarly(endpoints)];
  const outcomes = [...(await a.initialized), ...(await b.initialized)];
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await startProxy(endpoints);
  await known(2, a, b);
});

test("a server that ends before the proxy starts sends nothing afterwards", async () => {
  const { server, bus, initialized } = startEarly({
    publish: "tcp://127.0.0.1:1",
    subscribe: "tcp://127.0.0.1:1",
  });
  await server.close();
  const publish = vi.spyOn(bus, "publish");
  await initialized;
  // The initialization continues in microtasks.
  await new Promise(setImmediate);
  expect(publish).not.toHaveBeenCalled();
});

test("a member gets the messages of its topics, and not of longer ones", async () => {
  const proxy = new XPublisher({ receiveTimeout: patience });
  onTestFinished(() => proxy.close());
  await proxy.bind("tcp://127.0.0.1:*");
  const bus = new libraries.Bus({ publish: "tcp://127.0.0.1:1", subscribe: proxy.lastEndpoint });
  onTestFinished(() => bus.close());
  const heard = new Promise((resolve) => bus.subscribe("worker-1", (data: Buffer) => resolve(String(data))));
  expect((await proxy.receive()).map(String)).toEqual(["\x01worker-1\0"]);
  await proxy.send(["worker-10\0", "for the other"]);
  expect(proxy.statistics().dropped.filtered).toBe(1);
  await proxy.send(["worker-1\0", "for this one"]);
  expect(await heard).toBe("for this one");
  bus.unsubscribe("worker-1");
  expect((await proxy.receive()).map(String)).toEqual(["\0worker-1\0"]);
});

test("a bus without a proxy is not ready", async () => {
  const bus = new libraries.Bus({ publish: "tcp://127.0.0.1:1", subscribe: "tcp://127.0.0.1:1" });
  const pending = expect(bus.ready(300_000)).rejects.toThrow("no proxy");
  // Does not wait for the other one.
  await expect(bus.ready(100)).rejects.toThrow(
    "no proxy at tcp://127.0.0.1:1 and tcp://127.0.0.1:1 within 100 ms",
  );
  bus.close();
  await pending;
});
