// Whether, when and to which server a client reconnects: `reconnectStop`, `reconnect`, and ports without a listener.

import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { createServer, type Socket as NetSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Context,
  Dealer,
  type EventType,
  Pair,
  Pull,
  Push,
  Router,
  type Socket,
  type SocketEndpoint,
  Stream,
  Subscriber,
  XPublisher,
} from "zmq-native";
import { Client, Peer, Server } from "zmq-native/draft";
import { namespacesMissing, withinNamespaces } from "../helpers/namespaces.js";
import { freeTcpPort } from "../helpers/ports.js";
import { runProgram } from "../helpers/program.js";
import { whenFree } from "../helpers/transports.js";
import { RawServer } from "../helpers/zmtp.js";

/** The option by number, as programs of zeromq set it. */
const reconnectStop = 109;
type Stops = { setInt32Option(id: number, value: number): void; getInt32Option(id: number): number };

/** Waits until the only connected endpoint is as `when` asks. */
async function until(socket: Socket, when: (endpoint: SocketEndpoint) => boolean): Promise<SocketEndpoint> {
  for (;;) {
    const endpoints = socket.endpoints.filter(({ type }) => type === "connected");
    expect(endpoints).toHaveLength(1);
    if (when(endpoints[0]!)) return endpoints[0]!;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
const untilState = (socket: Socket, state: SocketEndpoint["state"]) =>
  until(socket, (endpoint) => endpoint.state === state);
/** Waits until an attempt has failed and the next one is awaited. */
const untilPause = (socket: Socket) => until(socket, ({ nextRetry }) => nextRetry !== undefined);

const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
const refused = join(folder, "refused");
beforeAll(async () => {
  // The file of a server that has exited: connecting is refused.
  const server = createServer();
  await once(server.listen(join(folder, "server")), "listening");
  renameSync(join(folder, "server"), refused);
  server.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads this many events of the type. Fails at the end of the events. */
async function expectEvents(socket: Socket, type: EventType, count: number): Promise<void> {
  let seen = 0;
  for await (const event of socket.events) {
    if (event.type === type && ++seen === count) return;
  }
  expect(seen).toBe(count);
}

/** Answers as a server of HTTP does. Reads, so that the connection can end. */
const answerHttp = (socket: NetSocket) => {
  socket.on("error", () => {}).resume();
  socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
};

let count = 0;
/** An endpoint at which nobody listens yet. */
async function unusedEndpoint(transport: string): Promise<string> {
  return transport === "ipc"
    ? `ipc://${join(folder, String(++count))}`
    : `${transport}://127.0.0.1:${await freeTcpPort()}`;
}

describe("reconnectStop", () => {
  // Without vendor patch libzmq/peers/reconnect, any value with bit 0 or 1 also means to stop after a disconnect. So does any
  // value where libzmq's memory happens not to be 0. Without libzmq/peers/reconnect-stop, 4 and 6 mean it.
  test.each([0, 2, 4, 6])(
    "%i: an ipc client keeps connecting after another endpoint was disconnected",
    async (value) => {
      using router = new Router();
      await router.bind("tcp://127.0.0.1:*");
      using dealer = new Dealer({ reconnectInterval: 5, linger: 0 });
      (dealer as unknown as Stops).setInt32Option(reconnectStop, value);
      void dealer.events;
      dealer.connect(router.lastEndpoint as string);
      dealer.connect(`ipc://${refused}`);
      dealer.disconnect(router.lastEndpoint as string);
      await expectEvents(dealer, "connect:retry", 5);
    },
  );

  test("4: an ipc client that connects after a disconnect keeps connecting", async () => {
    using router = new Router();
    await router.bind("tcp://127.0.0.1:*");
    using dealer = new Dealer({ reconnectInterval: 5, linger: 0 });
    (dealer as unknown as Stops).setInt32Option(reconnectStop, 4);
    void dealer.events;
    dealer.connect(router.lastEndpoint as string);
    dealer.disconnect(router.lastEndpoint as string);
    dealer.connect(`ipc://${refused}`);
    await expectEvents(dealer, "connect:retry", 5);
  });

  test("names the bits of ZMQ_RECONNECT_STOP", () => {
    using dealer = new Dealer();
    expect(dealer.reconnectStop).toEqual([]);
    const stops = dealer as unknown as Stops;
    for (const [names, bits] of [
      [["refused"], 1],
      [["handshakeFailed"], 2],
      [["afterDisconnect"], 4],
      [["refused", "handshakeFailed"], 3],
      [["refused", "handshakeFailed", "afterDisconnect"], 7],
      [[], 0],
    ] as const) {
      dealer.reconnectStop = names;
      expect(dealer.reconnectStop).toEqual(names);
      expect(stops.getInt32Option(reconnectStop)).toBe(bits);
    }
  });

  test("rejects other values", () => {
    using dealer = new Dealer({ reconnectStop: ["refused"] });
    const endless = new Proxy([], { get: (_, name) => (name === "length" ? Infinity : "refused") });
    for (const wrong of [
      ...["refused", 1, null, undefined, ["never"], [1], [undefined, "refused"], {}],
      ...[["refused", "refused", "refused", "refused"], new Array(2 ** 32 - 1), endless],
    ]) {
      expect(() => Object.assign(dealer, { reconnectStop: wrong })).toThrow(
        expect.objectContaining({
          name: "TypeError",
          detail: expect.stringMatching(/^reconnectStop takes an array of "refused", /),
        }),
      );
    }
    expect(dealer.reconnectStop).toEqual(["refused"]);
  });

  test("an element whose getter closes the socket sets nothing", () => {
    const dealer = new Dealer();
    const names = Object.defineProperty([""], 0, {
      get() {
        dealer.close();
        return "refused";
      },
    });
    expect(() => Object.assign(dealer, { reconnectStop: names })).toThrow();
  });

  describe.each(["tcp", "ipc", "ws"])("over %s", (transport) => {
    test("refused: a refused connection stops the endpoint", async () => {
      using dealer = new Dealer({ reconnectStop: ["refused"], linger: 0 });
      dealer.connect(await unusedEndpoint(transport));
      await untilState(dealer, "stopped");
    });

    test("afterDisconnect: messages for an endpoint that cannot be reached are dropped", async () => {
      const context = new Context();
      const dealer = new Dealer({
        context,
        reconnectStop: ["afterDisconnect"],
        reconnectInterval: 1_000_000,
      });
      const endpoint = await unusedEndpoint(transport);
      dealer.connect(endpoint);
      await dealer.send("lost");
      await untilPause(dealer);
      dealer.disconnect(endpoint);
      // Otherwise, this would wait until the message is sent.
      await context.close();
    });

    test("afterDisconnect: messages are sent if the endpoint is connected, or will be", async () => {
      using router = new Router();
      const endpoint = await unusedEndpoint(transport);
      await router.bind(endpoint);
      for (const isConnected of [true, false]) {
        using dealer = new Dealer({ reconnectStop: ["afterDisconnect"] });
        dealer.connect(endpoint);
        if (isConnected) await dealer.waitForPeers();
        for (let i = 0; i < 100; i++) await dealer.send(String(i));
        dealer.disconnect(endpoint);
        for (let i = 0; i < 100; i++) expect(String((await router.receive())[1])).toBe(String(i));
      }
    });

    test("a disconnect keeps trying without afterDisconnect", async () => {
      using dealer = new Dealer({ reconnectStop: ["handshakeFailed"], reconnectInterval: 5 });
      const endpoint = await unusedEndpoint(transport);
      dealer.connect(endpoint);
      await dealer.send("kept");
      await untilPause(dealer);
      dealer.disconnect(endpoint);
      using router = new Router();
      await router.bind(endpoint);
      expect(String((await router.receive())[1])).toBe("kept");
    });

    test("a socket that does not reconnect and cannot connect does not keep its context open", async () => {
      const context = new Context();
      const dealer = new Dealer({ context, reconnectInterval: -1 });
      dealer.connect(await unusedEndpoint(transport));
      await dealer.send("lost");
      await untilState(dealer, "stopped");
      await context.close();
    });
  });

  test.each(["tcp", "ws"])(
    "afterDisconnect: a connection over %s that is lost later is not made again",
    async (transport) => {
      const context = new Context();
      using server = await RawServer.listen();
      const dealer = new Dealer({ context, reconnectStop: ["afterDisconnect"], handshakeInterval: 0 });
      const endpoint = `${transport}://127.0.0.1:${server.port}`;
      dealer.connect(endpoint);
      const peer = await server.accept();
      await dealer.send("lost");
      dealer.disconnect(endpoint);
      peer.reset();
      await context.close();
    },
  );

  test.each([{ reconnectInterval: -1 }, { reconnectInterval: 1, reconnectStop: ["refused"] as const }])(
    "messages that were received before the endpoint stopped can be received",
    async (options) => {
      const router = new Router();
      await router.bind("tcp://127.0.0.1:*");
      const endpoint = router.lastEndpoint!;
      using dealer = new Dealer({ ...options, linger: 0 });
      dealer.connect(endpoint);
      await dealer.send("ask");
      const [id] = await router.receive();
      for (let i = 0; i < 10; i++) await router.send([id!, String(i)]);
      router.close();
      await untilState(dealer, "stopped");
      for (let i = 0; i < 5; i++) expect(String(dealer.tryReceive())).toBe(String(i));
      using next = new Router();
      await whenFree(() => next.bind(endpoint));
      dealer.reconnect(endpoint);
      await dealer.send("ask");
      const [again] = await next.receive();
      await next.send([again!, "10"]);
      // From both connections in turn.
      const rest: number[] = [];
      for (let i = 5; i < 11; i++) rest.push(Number(await dealer.receive()));
      expect(rest.sort((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10]);
    },
  );

  test("refused: a file of ipc without a listener stops the endpoint", async () => {
    using dealer = new Dealer({ reconnectStop: ["refused"], linger: 0 });
    dealer.connect(`ipc://${refused}`);
    await untilState(dealer, "stopped");
  });

  test("refused: a SOCKS proxy that cannot be reached, or reports it, stops the endpoint", async () => {
    const options = { reconnectStop: ["refused"], reconnectInterval: 1_000_000, linger: 0 } as const;
    using first = new Push({ ...options, socksProxy: `127.0.0.1:${await freeTcpPort()}` });
    first.connect("tcp://127.0.0.1:9");
    await untilState(first, "stopped");
    using server = await RawServer.listen();
    for (const [response, code, expected] of [
      ["\x05\x05\0\x01\0\0\0\0\0\0", "ECONNREFUSED", "stopped"],
      ["\x05\x01\0\x01\0\0\0\0\0\0", "EHOSTUNREACH", "connecting"],
      ["", "ECONNRESET", "connecting"],
    ] as const) {
      using push = new Push({ ...options, socksProxy: `127.0.0.1:${server.port}` });
      push.connect("tcp://127.0.0.1:9");
      using proxy = await server.accept();
      await proxy.hearBytes(3);
      proxy.say("\x05\0");
      await proxy.hearBytes(3 + 10);
      if (response === "") proxy.reset();
      else proxy.say(response);
      const { state, lastError } = await until(push, ({ nextRetry, state }) => {
        return nextRetry !== undefined || state === "stopped";
      });
      expect([state, lastError?.code]).toEqual([expected, code]);
    }
  });

  test("handshakeFailed: a peer that is not a ZeroMQ socket stops the endpoint", async () => {
    const server = createServer(answerHttp);
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as { port: number };
    using dealer = new Dealer({ reconnectStop: ["handshakeFailed"], reconnectInterval: 5, linger: 0 });
    dealer.connect(`tcp://127.0.0.1:${port}`);
    await untilState(dealer, "stopped");
    server.close();
  });
});

// Without vendor patch libzmq/options/disconnect-peer, it reconnects only once.
test("a Stream with immediate reconnects each time it loses its connection", async () => {
  using server = await RawServer.listen();
  using stream = new Stream({ immediate: true, reconnectInterval: 5, linger: 0, notify: false });
  stream.connect(`tcp://127.0.0.1:${server.port}`);
  for (let i = 0; i < 5; i++) {
    const peer = await server.accept();
    peer.say(String(i));
    expect(String((await stream.receive())[1])).toBe(String(i));
    peer.reset();
  }
});

describe("a client whose local port equals the port that it connects to", () => {
  // Without vendor patch libzmq/peers/self-connection, a Pair performs a handshake with itself, and a Pull gives up,
  // since its type is incompatible with itself.
  test.each([
    ["Pair", Pair],
    ["Pull", Pull],
  ])("does not connect to itself but retries: %s", async (_, Type) => {
    const port = await freeTcpPort();
    using client = new Type({ reconnectInterval: 5, linger: 0 });
    void client.events;
    client.connect(`tcp://127.0.0.1:${port};127.0.0.1:${port}`);
    let retries = 0;
    for await (const { type } of client.events) {
      expect(type).not.toMatch(/^(connect|handshake.*|disconnect)$/);
      if (type === "connect:retry" && ++retries === 5) break;
    }
    expect(retries).toBe(5);
  });

  const missing = namespacesMissing();
  if (missing) console.warn(`SKIPPED: ${missing}`);
  test.skipIf(missing).each(["tcp", "ws"])(
    "connects to the server that starts later, over %s",
    async (transport) => {
      // Two ports in total: the system prefers the one without a listener.
      const outcome = await runProgram(
        `
        require("node:fs").writeFileSync("/proc/sys/net/ipv4/ip_local_port_range", "40000 40001");
        const endpoint = "${transport}://127.0.0.1:40000";
        const push = new zmq.Push({ reconnectInterval: 5, linger: 0 });
        void push.events;
        push.connect(endpoint);
        let retries = 0;
        for await (const { type } of push.events) if (type === "connect:retry" && ++retries === 3) break;
        const pull = new zmq.Pull();
        for (;;) {
          try {
            await pull.bind(endpoint);
            break;
          } catch (error) {
            // The client uses the port for a moment.
            if (error.code !== "EADDRINUSE") throw error;
          }
        }
        await push.send("hello");
        console.log(String(await pull.receive()));
        push.close();
        pull.close();
      `,
        { within: withinNamespaces(), limit: 30_000 },
      );
      expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "", stdout: "hello\n" });
    },
  );
});

describe("reconnect", () => {
  test("does not wait for the pause", async () => {
    const endpoint = await unusedEndpoint("tcp");
    using dealer = new Dealer({ reconnectInterval: 1_000_000, linger: 0 });
    dealer.connect(endpoint);
    expect((await untilPause(dealer)).retries).toBe(1);
    dealer.reconnect(endpoint);
    await until(dealer, ({ retries, nextRetry }) => retries === 2 && nextRetry !== undefined);
    using router = new Router();
    await router.bind(endpoint);
    await dealer.send("queued");
    dealer.reconnect(endpoint);
    expect(String((await router.receive())[1])).toBe("queued");
    // Connected: a no-op.
    for (let i = 0; i < 10; i++) dealer.reconnect(endpoint);
    await dealer.send("again");
    expect(String((await router.receive())[1])).toBe("again");
    expect(router.peers.size).toBe(1);
  });

  test("begins the doubling of the pause anew", async () => {
    const endpoint = await unusedEndpoint("tcp");
    using dealer = new Dealer({ reconnectInterval: 10, reconnectMaxInterval: 100_000, linger: 0 });
    void dealer.events;
    dealer.connect(endpoint);
    const pauses: number[] = [];
    for await (const event of dealer.events) {
      if (event.type !== "connect:retry") continue;
      pauses.push(event.interval);
      if (pauses.length === 6) dealer.reconnect(endpoint);
      // On a busy machine the sixth pause may have ended before the call.
      if (pauses.length === 8 || (pauses.length === 7 && event.interval < 640)) break;
    }
    // The pause is between the interval and twice that, and doubles.
    expect(pauses[5]).toBeGreaterThanOrEqual(320);
    expect(pauses.at(-1)).toBeLessThan(20);
  });

  test.each(["tcp", "ipc", "ws"])(
    "connects over %s if `reconnectInterval` is -1, and keeps the queue",
    async (transport) => {
      const endpoint = await unusedEndpoint(transport);
      using push = new Push({ reconnectInterval: -1, linger: 0 });
      push.connect(endpoint);
      await push.send("queued");
      for (let retries = 1; retries <= 3; retries++) {
        const { lastError } = await until(push, (now) => now.state === "stopped" && now.retries === retries);
        expect(lastError?.code).toBe(transport === "ipc" ? "ENOENT" : "ECONNREFUSED");
        if (retries < 3) push.reconnect(endpoint);
      }
      const pull = new Pull();
      await pull.bind(endpoint);
      push.reconnect(endpoint);
      expect(String(await pull.receive())).toBe("queued");
      // A connection that was lost is not made again, except by `reconnect`.
      pull.close();
      await untilState(push, "stopped");
      using later = new Pull();
      await whenFree(() => later.bind(endpoint));
      push.reconnect(endpoint);
      await push.send("again");
      expect(String(await later.receive())).toBe("again");
    },
  );

  test.each(["refused", "handshakeFailed"] as const)(
    "connects to an endpoint that %s has stopped",
    async (stop) => {
      const endpoint = await unusedEndpoint("tcp");
      const port = Number(endpoint.split(":").pop());
      const server = createServer(answerHttp);
      if (stop === "handshakeFailed") await once(server.listen(port, "127.0.0.1"), "listening");
      using dealer = new Dealer({ reconnectStop: [stop], linger: 0 });
      dealer.connect(endpoint);
      for (let count = 0; count < 3; count++) {
        await untilState(dealer, "stopped");
        dealer.reconnect(endpoint);
      }
      await untilState(dealer, "stopped");
      if (stop === "handshakeFailed") await new Promise((resolve) => server.close(resolve));
      using router = new Router();
      await router.bind(endpoint);
      dealer.reconnect(endpoint);
      await untilState(dealer, "connected");
      await dealer.send("hello");
      expect(String((await router.receive())[1])).toBe("hello");
      expect(router.peers.size).toBe(1);
      dealer.disconnect(endpoint);
      expect(dealer.endpoints).toEqual([]);
      expect(() => dealer.reconnect(endpoint)).toThrow(expect.objectContaining({ code: "ENOENT" }));
    },
  );

  test("works for ipc, ws and inproc", async () => {
    for (const transport of ["ipc", "ws"]) {
      const endpoint = await unusedEndpoint(transport);
      using pair = new Pair({ reconnectInterval: 1_000_000, linger: 0 });
      pair.connect(endpoint);
      await untilPause(pair);
      using other = new Pair();
      await other.bind(endpoint);
      pair.reconnect(endpoint);
      await pair.waitForPeers();
    }
    const endpoint = `inproc://reconnect-${++count}`;
    using pair = new Pair({ linger: 0 });
    pair.connect(endpoint);
    pair.reconnect(endpoint);
    const first = new Pair();
    await first.bind(endpoint);
    await pair.waitForPeers();
    first.close();
    await untilState(pair, "stopped");
    using second = new Pair();
    await whenFree(() => second.bind(endpoint));
    pair.reconnect(endpoint);
    await pair.waitForPeers();
  });

  test("subscribes again, and gives the peer its routing id again", async () => {
    const [publishing, routing] = [await unusedEndpoint("tcp"), await unusedEndpoint("tcp")];
    using subscriber = new Subscriber({ reconnectStop: ["refused"] });
    subscriber.subscribe("topic");
    subscriber.connect(publishing);
    await untilState(subscriber, "stopped");
    using publisher = new XPublisher();
    await publisher.bind(publishing);
    subscriber.reconnect(publishing);
    expect(String(await publisher.receive())).toBe("\u0001topic");

    using router = new Router({ reconnectStop: ["refused"], mandatory: true, linger: 0 });
    router.connect(routing, { routingId: "chosen" });
    for (let round = 0; round < 2; round++) {
      await untilState(router, "stopped");
      const dealer = new Dealer();
      await whenFree(() => dealer.bind(routing));
      // The last connection keeps the routing id until all its messages are received. Here, there are none.
      await whenFree(() => {
        expect(router.tryReceive()).toBeUndefined();
        router.reconnect(routing);
      });
      await router.waitForPeers();
      await router.send(["chosen", String(round)]);
      expect(String(await dealer.receive())).toBe(String(round));
      dealer.close();
      // The connection is lost, and the next attempt is refused.
    }
  });

  test("works on sockets that several threads may use", async () => {
    for (const [Bound, Connected] of [
      [Server, Client],
      [Peer, Peer],
    ] as const) {
      for (const options of [{ reconnectInterval: 1_000_000 }, { reconnectStop: ["refused"] } as const]) {
        const endpoint = await unusedEndpoint("tcp");
        using connected = new Connected({ linger: 0, ...options });
        connected.connect(endpoint);
        await until(connected, ({ state, nextRetry }) => state === "stopped" || nextRetry !== undefined);
        using bound = new Bound();
        await bound.bind(endpoint);
        connected.reconnect(endpoint);
        await connected.waitForPeers();
      }
    }
  });

  test("can be called at any moment of an attempt, and while the socket ends", async () => {
    const listening = createServer((socket) => socket.destroy());
    await once(listening.listen(0, "127.0.0.1"), "listening");
    const { port } = listening.address() as { port: number };
    const endpoints = [`tcp://127.0.0.1:${port}`, `ws://127.0.0.1:${port}`, await unusedEndpoint("tcp")];
    for (let round = 0; round < 200; round++) {
      using dealer = new Dealer({
        reconnectInterval: [-1, 1, 2][round % 3]!,
        linger: [0, 5, -1][(round >> 1) % 3]!,
        reconnectStop: ([[], ["refused"], ["handshakeFailed"], ["afterDisconnect"]] as const)[round % 4]!,
      });
      for (const endpoint of endpoints) dealer.connect(endpoint);
      for (let i = 0; i < round % 20; i++) {
        for (const endpoint of endpoints) dealer.reconnect(endpoint);
        if (i % 3 === 0) await new Promise(setImmediate);
      }
      dealer.linger = 5;
      if (round % 2 === 0) dealer.disconnect(endpoints[2]!);
    }
    listening.close();
  });

  test("rejects endpoints that the socket is not connected to", async () => {
    const pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const others = ["tcp://127.0.0.1:9", "inproc://nobody", "tcp://localhost:9", "", "no endpoint"];
    for (const endpoint of [pull.lastEndpoint!, ...others]) {
      expect(() => pull.reconnect(endpoint)).toThrow(
        expect.objectContaining({ code: "ENOENT", address: endpoint }),
      );
    }
    expect(() => pull.reconnect(5 as never)).toThrow(TypeError);
    pull.connect("tcp://no-such-host.invalid:9");
    pull.reconnect("tcp://no-such-host.invalid:9");
    pull.close();
    expect(() => pull.reconnect("tcp://127.0.0.1:9")).toThrow(expect.objectContaining({ code: "EBADF" }));
  });
});
