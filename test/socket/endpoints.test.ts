// The endpoints of a socket, with the state of each.

import { describe, expect, test } from "vitest";
import { Dealer, Pull, Push, Router, type Socket, type SocketEndpoint } from "zmq-native";
import { freeTcpPort } from "../helpers/ports.js";
import { freshEndpoint, transports } from "../helpers/transports.js";

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

test("host names are listed as the program gave them", async () => {
  using dealer = new Dealer({ linger: 0 });
  const port = await freeTcpPort();
  dealer.connect(`tcp://localhost:${port}`);
  dealer.connect("ws://name.invalid:80");
  const names = dealer.endpoints.map(({ endpoint }) => endpoint).sort();
  expect(names).toEqual([`tcp://localhost:${port}`, "ws://name.invalid:80"].sort());
});
