// The endpoints of a socket, with the state of each.

import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { Dealer, Pull, Push, Router, type Socket, type SocketEndpoint } from "zmq-native";
import { freeTcpPort } from "../helpers/ports.js";
import { freshEndpoint, transports } from "../helpers/transports.js";
import { command, greeting, hello, join, type RawPeer, RawServer } from "../helpers/zmtp.js";

const greetAndLeave = (peer: RawPeer) => {
  peer.say(greeting());
  peer.finish();
};

/** The server denies access, as for code 400 of its ZAP handler. */
const denial = join(greeting(), command("ERROR", "\x03400"));

/** A listener that accepts no connection, and whose queue of connections is full: the system drops further attempts. */
async function silentListener(): Promise<{ port: number } & AsyncDisposable> {
  const code = `
    const { parentPort } = require("node:worker_threads");
    const server = require("node:net").createServer();
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });
  `;
  const worker = new Worker(code, { eval: true });
  const [port] = (await once(worker, "message")) as [number];
  const queued = Array.from({ length: 2 }, () => connect(port, "127.0.0.1"));
  await Promise.all(queued.map((socket) => once(socket, "connect")));
  const dispose = async () => {
    for (const socket of queued) socket.on("error", () => {}).destroy();
    await worker.terminate();
  };
  return { port, [Symbol.asyncDispose]: dispose };
}

/** Waits until the only endpoint of that type satisfies `when`. */
async function until(socket: Socket, when: (endpoint: SocketEndpoint) => boolean): Promise<SocketEndpoint> {
  for (;;) {
    const endpoints = socket.endpoints.filter(({ type }) => type === "connected");
    expect(endpoints).toHaveLength(1);
    if (when(endpoints[0]!)) return endpoints[0]!;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe.each([...transports, "ws"] as const)("over %s", (transport) => {
  test("lists endpoints with their state", async () => {
    using pull = new Pull();
    await pull.bind(transport === "ws" ? "ws://127.0.0.1:*" : freshEndpoint(transport));
    const endpoint = pull.lastEndpoint!;
    const none = { retries: 0, nextRetry: undefined, lastError: undefined };
    expect(pull.endpoints).toEqual([{ endpoint, type: "bound", state: "listening", ...none }]);
    using push = new Push();
    push.connect(endpoint);
    const connected = await until(push, ({ state }) => state === "connected");
    expect(connected).toEqual({ endpoint, type: "connected", state: "connected", ...none });
    push.disconnect(endpoint);
    expect(push.endpoints).toEqual([]);
    await pull.unbind(endpoint);
    expect(pull.endpoints).toEqual([]);
    push.close();
    expect(push.endpoints).toEqual([]);
  });

  test("lists an endpoint twice if the socket is connected to itself", async () => {
    using router = new Router();
    await router.bind(transport === "ws" ? "ws://127.0.0.1:*" : freshEndpoint(transport));
    router.connect(router.lastEndpoint!);
    await until(router, ({ state }) => state === "connected");
    expect(router.endpoints.map(({ type }) => type)).toEqual(["bound", "connected"]);
  });
});

test("an endpoint that refuses connections has an error and a time of the next attempt", async () => {
  using dealer = new Dealer({ reconnectInterval: 20, linger: 0 });
  const port = await freeTcpPort();
  dealer.connect(`tcp://127.0.0.1:${port}`);
  const refused = await until(dealer, ({ retries }) => retries >= 2);
  expect(refused).toMatchObject({ state: "connecting", lastError: { code: "ECONNREFUSED" } });
  const waiting = await until(dealer, ({ nextRetry }) => nextRetry !== undefined);
  expect(Math.abs(waiting.nextRetry!.getTime() - Date.now())).toBeLessThan(60_000);
  using router = new Router();
  await router.bind(`tcp://127.0.0.1:${port}`);
  const connected = await until(dealer, ({ state }) => state === "connected");
  expect(connected).toMatchObject({ retries: 0, nextRetry: undefined, lastError: undefined });
});

test("an endpoint that was given up is stopped", async () => {
  class Once extends Dealer {
    constructor() {
      super({ linger: 0 });
      this.setInt32Option(109, 1); // ZMQ_RECONNECT_STOP, when the connection is refused
    }
  }
  using dealer = new Once();
  dealer.connect(`tcp://127.0.0.1:${await freeTcpPort()}`);
  await until(dealer, ({ state }) => state === "stopped");
});

test("an endpoint that was refused once and stopped has its error", async () => {
  using dealer = new Dealer({ linger: 0, reconnectStop: ["refused"] });
  dealer.connect(`tcp://127.0.0.1:${await freeTcpPort()}`);
  const endpoint = await until(dealer, ({ state }) => state === "stopped");
  expect(endpoint).toMatchObject({ retries: 1, lastError: { code: "ECONNREFUSED" } });
});

test("without reconnections, an endpoint that refuses the first one is stopped", async () => {
  using dealer = new Dealer({ linger: 0, reconnectInterval: -1 });
  dealer.connect(`tcp://127.0.0.1:${await freeTcpPort()}`);
  const endpoint = await until(dealer, ({ state }) => state !== "connecting");
  expect(endpoint).toMatchObject({ state: "stopped", retries: 1, lastError: { code: "ECONNREFUSED" } });
});

test("an endpoint that was connected and then stopped has no error: the event leave has the reason", async () => {
  const router = new Router();
  await router.bind("tcp://127.0.0.1:*");
  using dealer = new Dealer({ linger: 0, reconnectInterval: -1 });
  const changes = dealer.peers.changes();
  dealer.connect(router.lastEndpoint!);
  await dealer.waitForPeers();
  router.close();
  const stopped = await until(dealer, ({ state }) => state === "stopped");
  expect(stopped).toMatchObject({ retries: 0, nextRetry: undefined, lastError: undefined });
  expect((await changes.next()).value).toMatchObject({ type: "join" });
  expect((await changes.next()).value).toMatchObject({ type: "leave", reason: "peer" });
});

test("an endpoint that nobody answers emits no change of the peers", async () => {
  using dealer = new Dealer({ linger: 0, reconnectInterval: 1 });
  const changes = dealer.peers.changes();
  dealer.connect(`tcp://127.0.0.1:${await freeTcpPort()}`);
  await until(dealer, ({ retries }) => retries >= 3);
  dealer.close();
  expect(await changes.next()).toEqual({ done: true, value: undefined });
});

test("an attempt that takes longer than connectTimeout fails with ETIMEDOUT", async () => {
  await using silent = await silentListener();
  using dealer = new Dealer({ linger: 0, connectTimeout: 20, reconnectInterval: 60_000 });
  dealer.connect(`tcp://127.0.0.1:${silent.port}`);
  const { state, lastError } = await until(dealer, ({ retries }) => retries >= 1);
  expect([state, lastError?.code]).toEqual(["connecting", "ETIMEDOUT"]);
});

describe("an endpoint behind a SOCKS proxy", () => {
  const through = (proxy: string) => {
    const dealer = new Dealer({ linger: 0, socksProxy: proxy, reconnectInterval: 10_000 });
    dealer.connect("tcp://127.0.0.1:9");
    return dealer;
  };

  test("has the error of the connection to the proxy", async () => {
    using dealer = through(`127.0.0.1:${await freeTcpPort()}`);
    const { lastError } = await until(dealer, ({ retries }) => retries > 0);
    expect(lastError?.code).toBe("ECONNREFUSED");
  });

  test.each([
    ["closes the connection", "", "", "ECONNRESET"],
    ["speaks another version", "\x04\0", "", "EPROTO"],
    ["rejects all methods", "\x05\xff", "", "EACCES"],
    ["cannot connect", "\x05\0", "\x05\x01\0\x01\0\0\0\0\0\0", "EHOSTUNREACH"],
    ["is refused by the destination", "\x05\0", "\x05\x05\0\x01\0\0\0\0\0\0", "ECONNREFUSED"],
  ])("has an error if the proxy %s", async (_, choice, response, code) => {
    using server = await RawServer.listen();
    using dealer = through(`127.0.0.1:${server.port}`);
    using proxy = await server.accept();
    await proxy.hearBytes(3);
    if (choice === "") proxy.finish();
    else proxy.say(choice);
    if (response !== "") {
      await proxy.hearBytes(3 + 10);
      proxy.say(response);
    }
    const { lastError } = await until(dealer, ({ retries }) => retries > 0);
    expect(lastError?.code).toBe(code);
  });
});

describe("a handshake that fails", () => {
  const silent = { handshakeInterval: 50 };
  test.each<[string, object, (peer: RawPeer) => unknown, string]>([
    ["because the types do not fit", {}, (peer) => peer.say(hello("PUB")), "EPROTOTYPE"],
    ["because the peer speaks SSH", {}, (peer) => peer.say("SSH-2.0-OpenSSH_9.7\r\n"), "EPROTO"],
    ["because the peer has another mechanism", {}, (peer) => peer.say(greeting("CURVE")), "EPROTO"],
    ["because the peer denies access", {}, (peer) => peer.say(denial), "EACCES"],
    ["because the peer is silent", silent, () => undefined, "ETIMEDOUT"],
    ["because the peer sends a part of a routing id", silent, (peer) => peer.say("\x05\0ab"), "ETIMEDOUT"],
    ["because the peer ends the connection", {}, (peer) => peer.finish(), "ECONNRESET"],
    ["because the peer ends the connection after its greeting", {}, greetAndLeave, "ECONNRESET"],
  ])("%s counts as an attempt, has an error, and can stop the endpoint", async (_, options, act, code) => {
    using server = await RawServer.listen();
    using dealer = new Dealer({ linger: 0, reconnectInterval: 1, ...options });
    dealer.connect(`tcp://127.0.0.1:${server.port}`);
    for (let i = 0; i < 2; i++) act(await server.accept());
    const { lastError, state } = await until(dealer, ({ retries }) => retries >= 2);
    expect(lastError?.code).toBe(code);
    expect(state).not.toBe("stopped");

    using other = await RawServer.listen();
    using once = new Dealer({ linger: 0, reconnectStop: ["handshakeFailed"], ...options });
    once.connect(`tcp://127.0.0.1:${other.port}`);
    act(await other.accept());
    const stopped = await until(once, (endpoint) => endpoint.state === "stopped");
    expect(stopped).toMatchObject({ retries: 1, nextRetry: undefined, lastError: { code } });
  });

  test("leaves no error once there is a peer", async () => {
    using server = await RawServer.listen();
    using dealer = new Dealer({ linger: 0, reconnectInterval: 1 });
    dealer.connect(`tcp://127.0.0.1:${server.port}`);
    (await server.accept()).say(greeting("CURVE"));
    await until(dealer, ({ lastError }) => lastError !== undefined);
    (await server.accept()).say(hello("ROUTER"));
    const connected = await until(dealer, ({ state }) => state === "connected");
    expect(connected).toMatchObject({ retries: 0, lastError: undefined });
  });
});

test("an endpoint over inproc whose socket was closed is stopped, and can be disconnected", async () => {
  const endpoint = freshEndpoint("inproc");
  using push = new Push();
  const pull = new Pull();
  await pull.bind(endpoint);
  push.connect(endpoint);
  pull.close();
  await until(push, ({ state }) => state === "stopped");
  push.disconnect(endpoint);
  expect(push.endpoints).toEqual([]);
  expect(() => push.disconnect(endpoint)).toThrow(expect.objectContaining({ code: "ENOENT" }));
});

test("an endpoint whose host name cannot be resolved has an error that says so", async () => {
  using dealer = new Dealer({ linger: 0, reconnectInterval: 1 });
  dealer.connect("tcp://name.invalid:80");
  const { lastError } = await until(dealer, ({ retries }) => retries >= 1);
  expect(lastError).toMatchObject({ code: "ENODEV", message: "The host name cannot be resolved" });
});

test("host names are listed as the program gave them", async () => {
  using dealer = new Dealer({ linger: 0 });
  const port = await freeTcpPort();
  dealer.connect(`tcp://localhost:${port}`);
  dealer.connect("ws://name.invalid:80");
  const names = dealer.endpoints.map(({ endpoint }) => endpoint).sort();
  expect(names).toEqual([`tcp://localhost:${port}`, "ws://name.invalid:80"].sort());
});
