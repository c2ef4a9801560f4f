// The inspector: snapshots of the sockets of a thread, and the endpoint at which tools ask for them.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  Context,
  Dealer,
  Proxy,
  Publisher,
  Pull,
  Push,
  Request,
  Router,
  type Socket,
  Subscriber,
  version,
} from "zmq-native";
import { Client, Server } from "zmq-native/draft";
import { inspector, type Snapshot, type SocketSnapshot } from "zmq-native/inspector";
import { execute } from "../helpers/execute.js";
import { patience } from "../helpers/program.js";

/** A folder of the test's own. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "zmq-inspector-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const endpoint = () => `ipc://${join(folder(), "socket")}`;
const pathOf = (address: string) => address.slice("ipc://".length);

function closing<S extends Socket>(socket: S): S {
  onTestFinished(() => socket.close());
  return socket;
}

async function listen(address = endpoint()) {
  const service = await inspector.listen(address);
  onTestFinished(() => service.close());
  return address;
}

/** A client of the endpoint. */
function tool(address: string): Request {
  const request = closing(new Request({ receiveTimeout: patience, sendTimeout: patience, linger: 0 }));
  request.connect(address);
  return request;
}

async function ask(request: Request, body: string | string[] = "zmq-inspector/1") {
  await request.send(body);
  return JSON.parse(String(await request.receive()));
}

const find = ({ sockets }: Snapshot, type: string): SocketSnapshot[] =>
  sockets.filter((socket) => socket.type === type);
const only = (snapshot: Snapshot, type: string): SocketSnapshot => {
  const found = find(snapshot, type);
  expect(found).toHaveLength(1);
  return found[0]!;
};

test("a snapshot has the process, and the sockets with their endpoints, options and peers", async () => {
  const router = closing(new Router({ sendHighWaterMark: 7, linger: 5 }));
  await router.bind("tcp://127.0.0.1:*");
  const dealer = closing(new Dealer({ routingId: "worker-1" }));
  dealer.connect(router.lastEndpoint!);
  await dealer.send("one");
  await dealer.send("two");
  await router.receive();
  await router.waitForPeers();
  await dealer.waitForPeers();
  while (only(inspector.snapshot(), "ROUTER").peers[0]!.receiveQueue !== 1) await sleep(1);

  const snapshot = inspector.snapshot({ name: "test" });
  expect(snapshot).toMatchObject({ format: "zmq-inspector", version: 1 });
  expect(Math.abs(Date.now() - snapshot.time)).toBeLessThan(patience);
  expect(snapshot.process).toMatchObject({
    ...{ name: "test", pid: process.pid, title: process.title, cwd: process.cwd() },
    ...{ node: process.versions.node, libzmq: version },
  });
  const bound = only(snapshot, "ROUTER");
  expect(bound).toMatchObject({
    state: "open",
    pending: [],
    options: { linger: 5, sendHighWaterMark: 7, receiveHighWaterMark: 1000 },
    endpoints: [{ endpoint: router.lastEndpoint, type: "bound", state: "listening", retries: 0 }],
    peers: [
      {
        ...{ direction: "bound", localAddress: router.lastEndpoint, mechanism: null },
        ...{ socketType: "DEALER", routingId: "worker-1" },
        ...{ messagesReceived: 2, messagesSent: 0, receiveQueue: 1, sendQueue: 0 },
      },
    ],
  });
  const connected = only(snapshot, "DEALER");
  expect(connected).toMatchObject({
    endpoints: [{ endpoint: router.lastEndpoint, type: "connected", state: "connected" }],
    peers: [{ direction: "connected", remoteAddress: router.lastEndpoint, messagesSent: 2 }],
  });
  // Both ends report the same addresses.
  expect(connected.peers[0]!.localAddress).toBe(bound.peers[0]!.remoteAddress);
  expect(JSON.parse(JSON.stringify(snapshot)).sockets).toMatchObject([
    { type: "ROUTER" },
    { type: "DEALER" },
  ]);
});

test("a snapshot counts dropped messages by reason", async () => {
  const publisher = closing(new Publisher());
  await publisher.bind("inproc://nobody");
  await publisher.send("one");
  await publisher.send("two");
  expect(only(inspector.snapshot(), "PUB").dropped).toMatchObject({ total: 2, noPeer: 2, filtered: 0 });
});

test("the default name is that of the program's file", () => {
  expect(inspector.snapshot().process.name).toBe(basename(process.argv[1]!));
});

test("a snapshot shows pending operations, failed attempts, and one-directional options", async () => {
  const pull = closing(new Pull());
  const receiving = pull.receive();
  const push = closing(new Push({ linger: 0 }));
  const sending = push.sendMany(["a", "b"]).catch(() => {});
  push.connect("tcp://127.0.0.1:9");
  while (only(inspector.snapshot(), "PUSH").endpoints[0]!.lastError === undefined) await sleep(1);
  const snapshot = inspector.snapshot();
  expect(only(snapshot, "PULL")).toMatchObject({ pending: ["receive()"], endpoints: [], peers: [] });
  expect(only(snapshot, "PULL").options).toEqual({ linger: -1, receiveHighWaterMark: 1000 });
  const { endpoints, options } = only(snapshot, "PUSH");
  expect(endpoints).toMatchObject([{ state: "connecting", lastError: "ECONNREFUSED" }]);
  expect(endpoints[0]!.retries).toBeGreaterThan(0);
  expect(options).toEqual({ linger: 0, sendHighWaterMark: 1000 });
  push.close();
  pull.close();
  await sending;
  await expect(receiving).rejects.toMatchObject({ code: "EAGAIN" });
  expect(find(inspector.snapshot(), "PULL")).toEqual([]);
});

test("routing ids are numbers, printable text or hexadecimal digits", async () => {
  const router = closing(new Router());
  await router.bind("tcp://127.0.0.1:*");
  const ids = [Buffer.from("Zo\u00eb"), Buffer.from([1, 2, 255]), Buffer.from("\x1b[31m")];
  for (const routingId of ids) closing(new Dealer({ routingId } as object)).connect(router.lastEndpoint!);
  const server = closing(new Server());
  await server.bind("tcp://127.0.0.1:*");
  const client = closing(new Client());
  client.connect(server.lastEndpoint!);
  await client.send("hello");
  const [, { routingId }] = await server.receive();
  await router.waitForPeers(3);
  const shown = () => only(inspector.snapshot(), "ROUTER").peers.map(({ routingId }) => routingId);
  while (shown().includes(undefined)) {
    // Processes the handshakes.
    expect(router.readable).toBe(false);
    await sleep(1);
  }
  expect(new Set(shown())).toEqual(new Set(["Zo\u00eb", { hex: "0102ff" }, { hex: "1b5b33316d" }]));
  expect(only(inspector.snapshot(), "SERVER").peers).toMatchObject([{ routingId }]);
});

test("a service lists sockets from before and after it, in all contexts, but no internal ones", async () => {
  const before = closing(new Publisher());
  before.events.on("bind", () => {});
  await before.bind("inproc://inspected-before");
  const address = await listen();
  const context = new Context();
  const after = closing(new Subscriber({ context }));
  const request = tool(address);
  const { sockets } = await ask(request);
  const types = sockets.map(({ type }: SocketSnapshot) => type);
  expect([...types].sort()).toEqual(["PUB", "REQ", "SUB"]);
  const [pub, sub] = ["PUB", "SUB"].map((type) => sockets[types.indexOf(type)]);
  expect(pub.context).not.toBe(sub.context);
  after.close();
  await context.close();
  expect(find(await ask(request), "SUB")).toEqual([]);
});

test("sockets of a proxy are listed as blocked, with their peers", async () => {
  const proxy = new Proxy(closing(new Router()), closing(new Dealer()));
  await proxy.frontEnd.bind("tcp://127.0.0.1:*");
  await proxy.backEnd.bind("inproc://behind-the-proxy");
  const end = proxy.frontEnd.lastEndpoint!;
  const running = proxy.run();
  const client = closing(new Dealer());
  client.connect(end);
  await client.waitForPeers();
  while (only(inspector.snapshot(), "ROUTER").peers.length === 0) await sleep(1);
  expect(only(inspector.snapshot(), "ROUTER")).toMatchObject({
    state: "blocked",
    peers: [{ direction: "bound" }],
  });
  proxy.terminate();
  await running;
});

describe("the endpoint", () => {
  test("has the mode 600, is removed by close, and can be used again", async () => {
    const address = endpoint();
    for (let round = 0; round < 3; round++) {
      await using service = await inspector.listen(address, { name: "again" });
      expect(service.endpoint).toBe(address);
      expect(statSync(pathOf(address)).mode & 0o777).toBe(0o600);
      expect((await ask(tool(address))).process.name).toBe("again");
      await service.close();
      expect(existsSync(pathOf(address))).toBe(false);
      await service.close();
    }
  });

  // Only root can start a program of another user.
  test.skipIf(process.getuid?.() !== 0)(
    "admits no other user, even if the mode of the file does",
    async () => {
      const path = folder();
      chmodSync(path, 0o755);
      const address = await listen(`ipc://${join(path, "socket")}`);
      chmodSync(pathOf(address), 0o777);
      const program = `
      let bytes = 0;
      require("node:net").connect(process.argv[1]).on("data", (data) => { bytes += data.length; })
        .on("error", (error) => console.log(error.code)).on("close", () => console.log(bytes));`;
      const run = (user: object) => execute(process.execPath, ["-e", program, pathOf(address)], user);
      expect((await run({ uid: 65534, gid: 65534 })).stdout).toMatch(/^(?:ECONNRESET\n)?0\n$/);
      expect((await ask(tool(address))).format).toBe("zmq-inspector");
    },
  );

  test.each([
    ["tcp", "tcp://127.0.0.1:*", "EINVAL", "listens on a file"],
    ["inproc", "inproc://inspector", "EINVAL", "listens on a file"],
    ["an abstract name", "ipc://@inspector", "EINVAL", "listens on a file"],
    ["a wildcard", "ipc://*", "EINVAL", "listens on a file"],
    ["no path", "ipc://", "EINVAL", "listens on a file"],
    ["a long path", `ipc://${"x".repeat(200)}`, "ENAMETOOLONG", "must be at most"],
  ])("refuses %s", async (_title, address, code, detail) => {
    const refused = inspector.listen(address);
    await expect(refused).rejects.toMatchObject({ code, detail: expect.stringContaining(detail) });
  });

  test("refuses a folder in which others can replace the file, and one that does not exist", async () => {
    const path = join(folder(), "shared");
    mkdirSync(path);
    for (const mode of [0o777, 0o775, 0o1777]) {
      chmodSync(path, mode);
      const refused = inspector.listen(`ipc://${path}/socket`);
      await expect(refused).rejects.toMatchObject({
        code: "EACCES",
        detail: expect.stringContaining(`other users can write to the folder ${path}`),
      });
    }
    await expect(inspector.listen(`ipc://${path}/none/socket`)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("does not replace a file that is not a socket", async () => {
    const path = join(folder(), "file");
    writeFileSync(path, "precious");
    await expect(inspector.listen(`ipc://${path}`)).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(statSync(path).size).toBe(8);
  });

  test("does not take the path of another program", async () => {
    const at = endpoint();
    const first = await inspector.listen(at);
    await expect(inspector.listen(at)).rejects.toMatchObject({
      code: "EADDRINUSE",
      detail: expect.stringContaining("another program or thread listens there"),
    });
    expect(existsSync(pathOf(at))).toBe(true);
    await first.close();
    await (await inspector.listen(at)).close();
  });

  test("does not take the path of a call at the same time", async () => {
    const at = endpoint();
    const [first, second] = await Promise.allSettled([inspector.listen(at), inspector.listen(at)]);
    expect(first).toMatchObject({ status: "fulfilled" });
    expect(second).toMatchObject({ status: "rejected", reason: { code: "EADDRINUSE" } });
    if (first.status === "fulfilled") await first.value.close();
    await (await inspector.listen(at)).close();
  });

  test("refuses wrong arguments", async () => {
    // @ts-expect-error
    await expect(inspector.listen(1)).rejects.toThrow("Address must be a string");
    await expect(inspector.listen("ipc://a\0b")).rejects.toThrow(TypeError);
    // @ts-expect-error
    await expect(inspector.listen(endpoint(), 1)).rejects.toThrow("Options must be an object");
    for (const name of ["", "x".repeat(101), 1, null]) {
      expect(() => inspector.snapshot({ name: name as string })).toThrow(
        "name must be a string of 1 to 100 characters",
      );
    }
  });
});

describe("requests", () => {
  test("that are not those of version 1 get an error, and change nothing", async () => {
    const request = tool(await listen());
    const error = "the request must be the text zmq-inspector/1";
    for (const body of ["", "zmq-inspector/2", ["zmq-inspector/1", ""], ["zmq-inspector/1", "more"], "\0"]) {
      expect(await ask(request, body)).toEqual({ format: "zmq-inspector", version: 1, error });
    }
    expect(await ask(request)).toMatchObject({ sockets: [{ type: "REQ" }] });
  });

  test("that are malformed or huge do no harm", async () => {
    const address = await listen();
    const dealer = closing(new Dealer({ linger: 0, reconnectInterval: 1 }));
    dealer.connect(address);
    const left = new Promise((resolve) => dealer.events.once("disconnect", resolve));
    await dealer.send("no envelope");
    await dealer.send(["", Buffer.alloc(100_000)]);
    await left;
    await dealer.send(["", ...Array.from({ length: 1000 }, () => "x")]);
    const bytes = connect(pathOf(address));
    bytes.write("GET / HTTP/1.1\r\n\r\n");
    // Disconnected before or after a first answer, whichever the service reads or writes first.
    bytes.on("error", () => {}).resume();
    await new Promise((resolve) => bytes.once("close", resolve));
    expect(await ask(tool(address))).toMatchObject({ format: "zmq-inspector" });
  });

  test("of a tool that reads no answers neither block the program nor other tools", async () => {
    const address = await listen();
    const flood = closing(new Dealer({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 1 }));
    flood.connect(address);
    for (let count = 0; count < 5000; count++) await flood.send(["", "zmq-inspector/1"]);
    const others = tool(address);
    for (let count = 0; count < 5; count++) {
      expect(await ask(others)).toMatchObject({ format: "zmq-inspector" });
      await sleep(1);
    }
  });
});
