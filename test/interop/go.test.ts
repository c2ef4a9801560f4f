// Go programs that use github.com/pebbe/zmq4: connections, CURVE with the binding's ZAP handler, and restarts.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { curveKeyPair, Dealer, Observer, Publisher, Pull, Push, Router } from "zmq-native";
import { type AgentProcess, hasZmq4, implementations, PeerSocket, startAgent } from "./agents.js";
import { endpointOf, exchangeAll, expectFrames, ourSecurity, peerSecurity, zapCommand } from "./exchange.js";

const missing = implementations.go.missing();
if (missing) console.warn(`SKIPPED: ${missing}`);
else if (!hasZmq4)
  console.warn("github.com/pebbe/zmq4 is not installed: its stand-in in test/interop is used");
const limit = { timeout: 10_000 };

describe.skipIf(missing)(`with Go${missing ? ` (${missing})` : ""}`, () => {
  let agent: AgentProcess;
  beforeAll(async () => {
    agent = await startAgent(implementations.go);
    await agent.call(...zapCommand);
  });
  afterAll(() => agent?.[Symbol.asyncDispose]());

  test.each(["tcp", "ipc"] as const)("every pair of types exchanges messages over %s", (transport) =>
    exchangeAll(agent, transport, "NULL"),
  );

  test.each(["tcp", "ipc"] as const)("empty and large frames arrive over %s", async (transport) => {
    using push = new Push({ linger: 0 });
    using pull = new Pull();
    await pull.bind(endpointOf(transport));
    await using itsPull = await PeerSocket.open(agent, "PULL");
    await using itsPush = await PeerSocket.open(agent, "PUSH");
    push.connect(await itsPull.bind(endpointOf(transport)));
    await itsPush.connect(pull.lastEndpoint as string);
    for (const size of [0, 255, 256, 65_536, 3_000_000]) {
      const frames = [Buffer.alloc(size, "go"), Buffer.alloc(0)];
      await push.send(frames, limit);
      const received = await itsPull.receive();
      expectFrames(received, frames);
      await itsPush.send(received);
      expectFrames(await pull.receive(limit), frames);
    }
  });

  test("CURVE: its ZAP handler accepts our client and rejects another key", async () => {
    await using pull = await PeerSocket.open(agent, "PULL", peerSecurity.CURVE.server);
    const endpoint = await pull.bind("tcp://127.0.0.1:*");
    using stranger = new Push({ linger: 0, ...ourSecurity.CURVE.client, ...keysOf(curveKeyPair()) });
    const events = new Observer(stranger);
    stranger.connect(endpoint);
    for await (const event of events) {
      expect(event.type).not.toBe("handshake");
      if (event.type === "handshake:error:auth") {
        expect(event.error).toMatchObject({ status: 400 });
        break;
      }
    }
    using push = new Push({ linger: 0, ...ourSecurity.CURVE.client });
    push.connect(endpoint);
    await push.send("sealed", limit);
    expect((await pull.receive()).map(String)).toEqual(["sealed"]);
  });

  test("PLAIN: its ZAP handler accepts our client and rejects another password", async () => {
    await using pull = await PeerSocket.open(agent, "PULL", peerSecurity.PLAIN.server);
    const endpoint = await pull.bind("tcp://127.0.0.1:*");
    using stranger = new Push({ linger: 0, plainUsername: "admin", plainPassword: "guess" });
    const events = new Observer(stranger);
    stranger.connect(endpoint);
    for await (const event of events) {
      expect(event.type).not.toBe("handshake");
      if (event.type === "handshake:error:auth") break;
    }
    using push = new Push({ linger: 0, ...ourSecurity.PLAIN.client });
    push.connect(endpoint);
    await push.send("known", limit);
    expect((await pull.receive()).map(String)).toEqual(["known"]);
  });

  test("our Publisher sends to its SUB over CURVE", async () => {
    await using sub = await PeerSocket.open(agent, "SUB", peerSecurity.CURVE.server);
    await sub.subscribe("a");
    using publisher = new Publisher({ linger: 0, ...ourSecurity.CURVE.client });
    publisher.connect(await sub.bind("tcp://127.0.0.1:*"));
    const received = sub.receive();
    await publisher.waitForSubscribers(1, limit);
    await publisher.send(["b", "no"]);
    await publisher.send(["a", "yes"]);
    expect((await received).map(String)).toEqual(["a", "yes"]);
  });

  test("heartbeats in both directions keep the connection", async () => {
    using router = new Router({ heartbeatInterval: 20, heartbeatTimeout: 10_000 });
    const events = new Observer(router);
    await router.bind("tcp://127.0.0.1:*");
    await using dealer = await PeerSocket.open(agent, "DEALER", { heartbeat: 20, identity: "go" });
    await dealer.connect(router.lastEndpoint as string);
    await dealer.send(["one"]);
    expect((await router.receive(limit)).map(String)).toEqual(["go", "one"]);
    // Ten heartbeats later, it is still the first connection.
    await expect(router.receive({ timeout: 200 })).rejects.toThrow();
    await dealer.send(["two"]);
    expect((await router.receive(limit)).map(String)).toEqual(["go", "two"]);
    router.close();
    const types: string[] = [];
    for await (const event of events) types.push(event.type);
    expect(types.filter((type) => type === "handshake" || type === "disconnect")).toEqual(["handshake"]);
  });

  test.each(["tcp", "ipc"] as const)("our Dealer reconnects over %s after it restarts", async (transport) => {
    using dealer = new Dealer({ linger: 0, reconnectInterval: 10, immediate: true, routingId: "ours" });
    const events = new Observer(dealer);
    const disconnected = (async () => {
      for await (const event of events) if (event.type === "disconnect") return;
    })();
    const first = await startAgent(implementations.go);
    const before = await PeerSocket.open(first, "ROUTER");
    const endpoint = await before.bind(endpointOf(transport));
    dealer.connect(endpoint);
    await dealer.send("one", limit);
    expect((await before.receive()).map(String)).toEqual(["ours", "one"]);
    await first.kill();
    await disconnected;
    await using second = await startAgent(implementations.go);
    await using after = await PeerSocket.open(second, "ROUTER");
    await after.bind(endpoint);
    await dealer.send("two", limit);
    expect((await after.receive()).map(String)).toEqual(["ours", "two"]);
    await after.send(["ours", "three"]);
    expect((await dealer.receive(limit)).map(String)).toEqual(["three"]);
  });
});

function keysOf({ publicKey, secretKey }: { publicKey: string; secretKey: string }) {
  return { curvePublicKey: publicKey, curveSecretKey: secretKey };
}
