// Whether a client connects again, and to whom: ZMQ_RECONNECT_STOP, and ports at which nobody listens.

import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Dealer, type EventType, Pair, Pull, Router, type Socket, Stream } from "zmq-native";
import { namespacesMissing, withinNamespaces } from "../helpers/namespaces.js";
import { runProgram } from "../helpers/program.js";
import { RawServer } from "../helpers/zmtp.js";

const reconnectStop = 109;
type Stops = { setInt32Option(id: number, value: number): void; getInt32Option(id: number): number };

const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
const refused = join(folder, "refused");
beforeAll(async () => {
  // The file of a server that is no more: connecting is refused.
  const server = createServer();
  await once(server.listen(join(folder, "server")), "listening");
  renameSync(join(folder, "server"), refused);
  server.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads so many events of the type; fails at the end of the events. */
async function expectEvents(socket: Socket, type: EventType, count: number): Promise<void> {
  let seen = 0;
  for await (const event of socket.events) {
    if (event.type === type && ++seen === count) return;
  }
  expect(seen).toBe(count);
}

// Without vendor patch libzmq/peers/reconnect, ZMQ_RECONNECT_STOP_CONN_REFUSED, which is for tcp, also means to
// stop after zmq_disconnect, and so does any value where libzmq's memory happens not to be 0.
describe("reconnectStop", () => {
  test.each([0, 1, 2, 3])(
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

  test("4: the value that libzmq 4.3.5 has for stopping after a disconnect can be set", () => {
    using dealer = new Dealer();
    const stops = dealer as unknown as Stops;
    stops.setInt32Option(reconnectStop, 4);
    expect(stops.getInt32Option(reconnectStop)).toBe(4);
  });
});

// Without vendor patch libzmq/options/disconnect-peer, it connects again once only.
test("a Stream with immediate connects again each time it loses its connection", async () => {
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

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("a client whose own port is the one that it connects to", () => {
  // Without vendor patch libzmq/peers/self-connection, a Pair shakes hands with itself, and a Pull gives up: it does not
  // fit a Pull.
  test.each([
    ["Pair", Pair],
    ["Pull", Pull],
  ])("is not connected to itself, but tries again: %s", async (_, Type) => {
    const port = await freePort();
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
    "connects to the server when it comes, over %s",
    async (transport) => {
      // Two ports in all: the system prefers the one at which nobody listens yet.
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
            // The client has the port for a moment.
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
