// Connected peers: the live view, its events and loops, waiting for peers, and why peers leave.

import { createHook } from "node:async_hooks";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { describe, expect, test } from "vitest";
import * as zmq from "zmq-native";
import {
  type ConnectedPeer,
  Context,
  curveKeyPair,
  Dealer,
  Pair,
  type PeerChange,
  Proxy,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Stream,
  Subscriber,
} from "zmq-native";
import * as draft from "zmq-native/draft";
import { Client, Server } from "zmq-native/draft";
import { pythonMissing, startPython } from "../helpers/peers.js";
import { draftPairs, stablePairs } from "../helpers/socket_types.js";
import { freshEndpoint, type Transport, transports } from "../helpers/transports.js";
import { command, frame, greeting, property, RawPeer } from "../helpers/zmtp.js";

const all = [...transports, "ws"] as const;
const endpointOf = (transport: Transport | "ws") =>
  transport === "ws" ? "ws://127.0.0.1:*" : freshEndpoint(transport);

/** The next change of that type. */
async function next<T extends PeerChange["type"]>(
  changes: AsyncIterator<PeerChange, undefined>,
  type: T,
): Promise<Extract<PeerChange, { type: T }>> {
  const { value } = await changes.next();
  expect(value?.type).toBe(type);
  return value as Extract<PeerChange, { type: T }>;
}

const only = (socket: Socket): ConnectedPeer => {
  expect(socket.peers.size).toBe(1);
  return [...socket.peers][0]!;
};

describe.each(all)("over %s", (transport) => {
  test("lists the peers and reports when they join and leave", async () => {
    using pull = new Pull();
    const changes = pull.peers.changes();
    await pull.bind(endpointOf(transport));
    expect([...pull.peers]).toEqual([]);
    const push = new Push();
    const theirs = push.peers.changes();
    push.connect(pull.lastEndpoint!);
    const { peer } = await next(changes, "join");
    expect(only(pull)).toBe(peer);
    expect(peer).toMatchObject({ direction: "bound", state: "ready", mechanism: null, userId: undefined });
    expect(Date.now() - peer.connectedAt!.getTime()).toBeLessThan(60_000);
    const { peer: other } = await next(theirs, "join");
    expect(other).toMatchObject({ direction: "connected", remoteAddress: pull.lastEndpoint });
    if (transport !== "inproc") expect(peer.properties["Socket-Type"]).toBe("PUSH");
    if (transport === "tcp" || transport === "inproc") expect(peer.localAddress).toBe(pull.lastEndpoint);
    push.close();
    expect(await next(theirs, "leave")).toMatchObject({ peer: other, reason: "local", error: undefined });
    expect(await theirs.next()).toEqual({ done: true, value: undefined });
    expect(await next(changes, "leave")).toMatchObject({ peer, reason: "peer", error: undefined });
    expect(peer.state).toBe("closed");
    expect(pull.peers.size).toBe(0);
  });

  test("finds peers that joined before the first access", async () => {
    using pull = new Pull();
    await pull.bind(endpointOf(transport));
    const pushes = [new Push(), new Push(), new Push()];
    for (const push of pushes) {
      push.connect(pull.lastEndpoint!);
      await push.send("hello");
    }
    for (const _ of pushes) await pull.receive();
    expect(pull.peers.size).toBe(3);
    for (const push of pushes) {
      expect(only(push).direction).toBe("connected");
      push.close();
    }
  });

  test("counts messages, bytes and queues", async () => {
    using pull = new Pull();
    using push = new Push();
    await pull.bind(endpointOf(transport));
    push.connect(pull.lastEndpoint!);
    await Promise.all([pull.waitForPeers(), push.waitForPeers()]);
    const [from, to] = [only(pull), only(push)];
    for (let index = 0; index < 10; index++) await push.send(["frame", "x".repeat(1000)]);
    while (from.statistics().messagesReceived < 10) await new Promise(setImmediate);
    expect(from.statistics()).toMatchObject({ messagesReceived: 10, receiveQueue: 10, messagesSent: 0 });
    for (let index = 0; index < 3; index++) await pull.receive();
    expect(from.statistics()).toMatchObject({ messagesReceived: 10, receiveQueue: 7, sendQueue: 0 });
    const sent = transport === "inproc" ? 3 : 10;
    while (to.statistics().messagesSent < sent) await new Promise(setImmediate);
    expect(to.statistics()).toMatchObject({ messagesSent: sent, sendQueue: 10 - sent });
    if (transport === "inproc") expect(to.statistics().bytesSent).toBe(0);
    else expect(from.statistics().bytesReceived).toBeGreaterThan(10_000);
    expect(push.statistics()).toMatchObject({ messagesSent: sent, sendQueue: 10 - sent });
    push.close();
    expect(to.statistics()).toMatchObject({ messagesSent: sent });
  });

  test("Router and Server know the routing id", async () => {
    using router = new Router();
    await router.bind(endpointOf(transport));
    using dealer = new Dealer({ routingId: "worker-1" });
    dealer.connect(router.lastEndpoint!);
    await dealer.send("hello");
    const [id] = await router.receive();
    expect(only(router).routingId).toEqual(id);
    expect(String(only(router).routingId)).toBe("worker-1");
    expect(only(dealer).routingId).toBeUndefined();

    using server = new Server();
    await server.bind(endpointOf(transport));
    using client = new Client();
    client.connect(server.lastEndpoint!);
    await client.send("hello");
    const [, { routingId }] = await server.receive();
    expect(only(server).routingId).toBe(routingId);
  });

  test("keeps the counts of a peer that it disconnects", async () => {
    using pull = new Pull();
    using push = new Push();
    await pull.bind(endpointOf(transport));
    const endpoint = pull.lastEndpoint!;
    push.connect(endpoint);
    await Promise.all([pull.waitForPeers(), push.waitForPeers()]);
    const changes = push.peers.changes();
    for (let index = 0; index < 10; index++) await push.send("hello");
    for (let index = 0; index < 10; index++) await pull.receive();
    push.disconnect(endpoint);
    const { peer, reason } = await next(changes, "leave");
    expect(reason).toBe("local");
    expect(peer.statistics()).toMatchObject({ messagesSent: 10, sendQueue: 0 });
    expect(push.statistics()).toMatchObject({ messagesSent: 10, sendQueue: 0 });
  });

  test("keeps the counts of a peer that closes", async () => {
    const pull = new Pull();
    using push = new Push();
    await pull.bind(endpointOf(transport));
    push.connect(pull.lastEndpoint!);
    await Promise.all([pull.waitForPeers(), push.waitForPeers()]);
    const changes = push.peers.changes();
    for (let index = 0; index < 10; index++) await push.send("hello");
    for (let index = 0; index < 10; index++) await pull.receive();
    pull.close();
    const { peer } = await next(changes, "leave");
    expect(peer.statistics()).toMatchObject({ messagesSent: 10, sendQueue: 0 });
    expect(push.statistics()).toMatchObject({ messagesSent: 10, sendQueue: 0 });
  });

  test("waitForPeers resolves with the number of peers", async () => {
    using router = new Router();
    const waiting = router.waitForPeers(3);
    await router.bind(endpointOf(transport));
    const dealers = Array.from({ length: 3 }, () => new Dealer());
    for (const dealer of dealers) dealer.connect(router.lastEndpoint!);
    expect(await waiting).toBe(3);
    expect(await router.waitForPeers()).toBe(3);
    for (const dealer of dealers) dealer.close();
  });
});

const classes: Readonly<Record<string, new () => Socket>> = { ...zmq, ...draft } as never;

test.each([...stablePairs, ...draftPairs])("%s and %s join and leave", async (one, other) => {
  for (const endpoint of ["tcp://127.0.0.1:*", freshEndpoint("inproc")]) {
    using bound = new classes[one]!();
    const connected = new classes[other]!();
    const changes = bound.peers.changes();
    await bound.bind(endpoint);
    connected.connect(bound.lastEndpoint!);
    const { peer } = await next(changes, "join");
    expect(await connected.waitForPeers()).toBe(1);
    expect(only(connected).direction).toBe("connected");
    connected.close();
    expect(await next(changes, "leave")).toMatchObject({ peer, reason: "peer" });
    expect(peer.statistics().sendQueue).toBe(0);
  }
});

test("a socket can have 10,000 peers", async () => {
  using pull = new Pull({ context: new Context() });
  const push = new Push({ context: pull.context, linger: 0 });
  await pull.bind(freshEndpoint("inproc"));
  const changes = pull.peers.changes();
  for (let count = 0; count < 10_000; count++) push.connect(pull.lastEndpoint!);
  await Promise.all([pull.waitForPeers(10_000), push.waitForPeers(10_000)]);
  for (let count = 0; count < 20_000; count++) await push.send("hello");
  expect(push.statistics().sendQueue).toBe(20_000);
  const each = [...pull.peers].slice(0, 100).map((peer) => peer.statistics().messagesReceived);
  expect(each).toEqual(Array(100).fill(2));
  push.close();
  for (let count = 0; count < 10_000; count++) await next(changes, "join");
  for (let count = 0; count < 10_000; count++) await next(changes, "leave");
  expect(pull.peers.size).toBe(0);
  expect(pull.statistics().messagesReceived).toBe(20_000);
}, 120_000);

test("the peers of a socket in a proxy are listed, and messages pass meanwhile", async () => {
  using front = new Router();
  using back = new Dealer();
  await front.bind("tcp://127.0.0.1:*");
  await back.bind("tcp://127.0.0.1:*");
  const changes = front.peers.changes();
  const proxy = new Proxy(front, back);
  const running = proxy.run();
  const dealer = new Dealer();
  using worker = new Reply();
  worker.connect(back.lastEndpoint!);
  dealer.connect(front.lastEndpoint!);
  const { peer } = await next(changes, "join");
  while (back.peers.size < 1) await new Promise(setImmediate);
  const replies = (async () => {
    for (let count = 0; count < 1000; count++) await worker.send(await worker.receive());
  })();
  for (let count = 0; count < 1000; count++) {
    await dealer.send(["", `${count}`]);
    // Consumes the wake-ups of the proxy's thread.
    expect(front.peers.size + back.peers.size).toBe(2);
    expect(String((await dealer.receive())[1])).toBe(`${count}`);
  }
  await replies;
  expect(peer.statistics()).toMatchObject({ messagesReceived: 1000, messagesSent: 1000 });
  dealer.close();
  await next(changes, "leave");
  proxy.terminate();
  await running;
});

test("lists a connection over inproc when somebody binds", async () => {
  using push = new Push();
  const endpoint = freshEndpoint("inproc");
  push.connect(endpoint);
  expect(push.peers.size).toBe(0);
  const waiting = push.waitForPeers();
  using pull = new Pull();
  await pull.bind(endpoint);
  expect(await waiting).toBe(1);
  expect(pull.peers.size).toBe(1);
  const changes = pull.peers.changes();
  push.disconnect(endpoint);
  const { reason } = await next(changes, "leave");
  expect(reason).toBe("peer");
  expect(push.peers.size).toBe(0);
});

test("a peer that reconnects is another object", async () => {
  using dealer = new Dealer({ reconnectInterval: 1 });
  const changes = dealer.peers.changes();
  const first = new Router();
  await first.bind("tcp://127.0.0.1:*");
  const endpoint = first.lastEndpoint!;
  dealer.connect(endpoint);
  const { peer } = await next(changes, "join");
  await dealer.send("one");
  await first.receive();
  first.close();
  expect((await next(changes, "leave")).peer).toBe(peer);
  using second = new Router();
  for (;;) {
    try {
      second.bindSync(endpoint);
      break;
    } catch {
      await new Promise(setImmediate);
    }
  }
  let again = await changes.next();
  while (again.value?.type === "fail") again = await changes.next();
  expect(again.value).toMatchObject({ type: "join" });
  expect(again.value?.peer).not.toBe(peer);
  expect(peer.statistics().messagesSent).toBe(1);
  expect(again.value?.peer.statistics().messagesSent).toBe(0);
});

describe("the reason for leaving", () => {
  test("unbind and disconnect are local", async () => {
    using pull = new Pull();
    using push = new Push({ reconnectInterval: -1 });
    await pull.bind("tcp://127.0.0.1:*");
    const endpoint = pull.lastEndpoint!;
    push.connect(endpoint);
    await Promise.all([push.waitForPeers(), pull.waitForPeers()]);
    const [theirs, ours] = [push.peers.changes(), pull.peers.changes()];
    push.disconnect(endpoint);
    expect((await next(theirs, "leave")).reason).toBe("local");
    expect((await next(ours, "leave")).reason).toBe("peer");
  });

  test("a reset is an error of the system", async () => {
    using router = new Router();
    const changes = router.peers.changes();
    await router.bind("tcp://127.0.0.1:*");
    using dealer = new Dealer();
    dealer.connect(router.lastEndpoint!);
    await next(changes, "join");
    const port = Number(router.lastEndpoint!.replace(/.*:/, ""));
    const socket = connectTcp(port, "127.0.0.1");
    await once(socket, "connect");
    await once(socket, "data");
    socket.resetAndDestroy();
    const { reason, error, peer } = await next(changes, "fail");
    expect([reason, (error as { code?: string }).code]).toEqual(["error", "ECONNRESET"]);
    expect(peer).toMatchObject({ state: "closed", direction: "bound", properties: {} });
    expect(router.peers.size).toBe(1);
  });

  test("a reset of a Stream is an error of the system", async () => {
    using stream = new Stream();
    const changes = stream.peers.changes();
    await stream.bind("tcp://127.0.0.1:*");
    const socket = connectTcp(Number(stream.lastEndpoint!.replace(/.*:/, "")), "127.0.0.1");
    await once(socket, "connect");
    await next(changes, "join");
    socket.resetAndDestroy();
    expect(await next(changes, "leave")).toMatchObject({ reason: "error", error: { code: "ECONNRESET" } });
  });

  test("bytes of another protocol fail", async () => {
    using router = new Router();
    const changes = router.peers.changes();
    await router.bind("tcp://127.0.0.1:*");
    const socket = connectTcp(Number(router.lastEndpoint!.replace(/.*:/, "")), "127.0.0.1");
    socket.on("error", () => {});
    socket.write(Buffer.concat([Buffer.from("ff00000000000000017f03", "hex"), Buffer.alloc(60, 65)]));
    const { reason, error } = await next(changes, "fail");
    expect(reason).toBe("protocol");
    expect(error).toMatchObject({ code: "ERR_ZMTP_MECHANISM_MISMATCH" });
    socket.destroy();
  });

  test("a message that is too large violates the protocol", async () => {
    using pull = new Pull({ maxMessageSize: 100 });
    const changes = pull.peers.changes();
    await pull.bind("tcp://127.0.0.1:*");
    using push = new Push();
    push.connect(pull.lastEndpoint!);
    await next(changes, "join");
    await push.send(Buffer.alloc(1000));
    expect(await next(changes, "leave")).toMatchObject({ reason: "protocol", error: { code: "EMSGSIZE" } });
  });

  test("a handshake that does not end times out", async () => {
    using pull = new Pull({ handshakeInterval: 50 });
    const changes = pull.peers.changes();
    await pull.bind("tcp://127.0.0.1:*");
    const socket = connectTcp(Number(pull.lastEndpoint!.replace(/.*:/, "")), "127.0.0.1");
    socket.on("error", () => {});
    expect((await next(changes, "fail")).reason).toBe("handshakeTimeout");
    socket.destroy();
  });

  test.skipIf(pythonMissing())("a stopped process misses its heartbeats", async () => {
    using router = new Router({ heartbeatInterval: 50, heartbeatTimeout: 100 });
    const changes = router.peers.changes();
    await router.bind("tcp://127.0.0.1:*");
    const python = startPython(
      `
import os, signal
socket = context.socket(zmq.DEALER)
socket.connect(sys.argv[1])
socket.send(b"hello")
socket.poll(60000)
os.kill(os.getpid(), signal.SIGSTOP)
`,
      router.lastEndpoint!,
    );
    const { peer } = await next(changes, "join");
    expect(peer.properties["Socket-Type"]).toBe("DEALER");
    const [id] = await router.receive();
    await router.send([id!, "stop"]);
    expect((await next(changes, "leave")).reason).toBe("heartbeatTimeout");
    python.process.kill("SIGKILL");
    await python.output.catch(() => {});
  });

  test("authenticators reject peers, and give others a user id", async () => {
    const context = new Context();
    const auth = await context.authenticate({ plain: { users: { ada: "secret" } } });
    const reply = new Reply({ context, plainServer: true });
    const changes = reply.peers.changes();
    await reply.bind("tcp://127.0.0.1:*");
    const good = new Request({ context, plainUsername: "ada", plainPassword: "secret" });
    good.connect(reply.lastEndpoint!);
    const { peer } = await next(changes, "join");
    expect(peer).toMatchObject({ mechanism: "plain", userId: "ada" });
    const bad = new Request({ context, plainUsername: "ada", plainPassword: "wrong", reconnectInterval: -1 });
    const theirs = bad.peers.changes();
    bad.connect(reply.lastEndpoint!);
    expect(await next(changes, "fail")).toMatchObject({ reason: "authentication", error: { status: 400 } });
    expect(await next(theirs, "fail")).toMatchObject({ reason: "authentication", error: { status: 400 } });
    for (const socket of [reply, good, bad]) socket.close();
    await auth.close();
    await context.close();
  });

  test("an authenticator disconnects a peer whose key it removes", async () => {
    const context = new Context();
    const keys = { server: curveKeyPair(), client: curveKeyPair() };
    const auth = await context.authenticate({
      curve: { allow: [keys.client.publicKey] },
      disconnectRemoved: true,
    });
    const pull = new Pull({ context, curveServer: true, curveSecretKey: keys.server.secretKey });
    const changes = pull.peers.changes();
    await pull.bind("tcp://127.0.0.1:*");
    const push = new Push({
      context,
      curveServerKey: keys.server.publicKey,
      curvePublicKey: keys.client.publicKey,
      curveSecretKey: keys.client.secretKey,
      reconnectInterval: -1,
    });
    push.connect(pull.lastEndpoint!);
    const { peer } = await next(changes, "join");
    expect(peer.mechanism).toBe("curve");
    auth.removeKey(keys.client.publicKey);
    expect((await next(changes, "leave")).reason).toBe("authentication");
    for (const socket of [pull, push]) socket.close();
    await auth.close();
    await context.close();
  });

  test("a Pair rejects a second peer", async () => {
    using pair = new Pair();
    await pair.bind("tcp://127.0.0.1:*");
    using first = new Pair();
    first.connect(pair.lastEndpoint!);
    await pair.waitForPeers();
    const changes = pair.peers.changes();
    using second = new Pair({ reconnectInterval: -1 });
    second.connect(pair.lastEndpoint!);
    const { peer } = await next(changes, "join");
    expect(await next(changes, "leave")).toMatchObject({ peer, reason: "local" });
    expect(pair.peers.size).toBe(1);
  });
});

describe("properties", () => {
  test("are limited to 8 KiB, with the type and the address of the peer", async () => {
    using pull = new Pull();
    const changes = pull.peers.changes();
    await pull.bind("tcp://127.0.0.1:*");
    const many = Array.from({ length: 300_000 }, (_, index) => property(`A-${index}`, ""));
    using _ = await RawPeer.enter(pull.lastEndpoint!, "PUSH", Buffer.concat(many));
    const { peer } = await next(changes, "join");
    expect(peer.properties).toMatchObject({ "Socket-Type": "PUSH", "Peer-Address": "127.0.0.1", "A-0": "" });
    expect(Object.keys(peer.properties).length).toBeLessThan(70);
  });

  test("a large one leaves out those that follow by name", async () => {
    using pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const large = property("B", "x".repeat(20_000));
    using _ = await RawPeer.enter(pull.lastEndpoint!, "PUSH", property("A", "1"), large, property("C", "3"));
    await pull.waitForPeers();
    expect(only(pull).properties).toEqual({ "Socket-Type": "PUSH", "Peer-Address": "127.0.0.1", A: "1" });
  });

  test("a peer cannot claim a user id in other letters, or what a decision function sets", async () => {
    const context = new Context();
    await using auth = await context.authenticate({
      plain: { users: async () => ({ userId: "ada", metadata: { Role: "guest" } }) },
    });
    expect(auth.closed).toBe(false);
    using pull = new Pull({ context, plainServer: true, zapDomain: "d" });
    await pull.bind("tcp://127.0.0.1:*");
    const forged = { "user-id": "root", "USER-ID": "root", role: "admin", ROLE: "admin", colour: "red" };
    using raw = await RawPeer.connect(pull.lastEndpoint!);
    raw.say(greeting("PLAIN"), command("HELLO", "\x01a\x01b"));
    await raw.hear((heard) => heard.includes("WELCOME"));
    const properties = Object.entries(forged).map(([name, value]) => property(name, value));
    raw.say(command("INITIATE", property("Socket-Type", "PUSH"), ...properties), frame("hello"));
    const names = [...Object.keys(forged), "User-Id", "Role"];
    const message = await pull.receiveWithMetadata({ properties: names });
    expect(message.metadata).toEqual({ colour: "red", "User-Id": "ada", Role: "guest" });
    pull.close();
    await auth.close();
    await context.close();
  });

  test("a peer cannot claim a user id", async () => {
    using pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    using raw = await RawPeer.enter(pull.lastEndpoint!, "PUSH", property("User-Id", "root"));
    await pull.waitForPeers();
    expect(only(pull).userId).toBeUndefined();
    raw.say(frame("hello"));
    const { metadata } = await pull.receiveWithMetadata({ properties: ["User-Id"] });
    expect(metadata).toEqual({});
  });
});

/** Calls `act` once, when a resource of that type is created after `start`. */
function onResource(of: string, act: () => void) {
  let on = false;
  const hook = createHook({
    init(_, type) {
      if (!on || type !== of) return;
      on = false;
      act();
    },
  }).enable();
  return {
    start: () => {
      on = true;
    },
    [Symbol.dispose]: () => {
      hook.disable();
    },
  };
}

/** Calls `act` once, when a promise is resolved with an object. */
function onThen(act: () => void): void {
  // biome-ignore lint/suspicious/noThenProperty: the property is what is tested
  Object.defineProperty(Object.prototype, "then", {
    configurable: true,
    get() {
      delete (Object.prototype as { then?: unknown }).then;
      act();
      return undefined;
    },
  });
}

describe("user code that runs within a call", () => {
  test("a hook that closes the socket ends waitForPeers", async () => {
    const pull = new Pull();
    using hook = onResource("Timeout", () => pull.close());
    hook.start();
    await expect(pull.waitForPeers(1, { timeout: 600_000 })).rejects.toMatchObject({ code: "EAGAIN" });
  });

  test("a hook that notices a peer resolves waitForPeers", async () => {
    using pull = new Pull();
    await pull.bind(freshEndpoint("inproc"));
    using push = new Push();
    using hook = onResource("Timeout", () => {
      push.connect(pull.lastEndpoint!);
      expect(pull.peers.size).toBe(1);
    });
    expect(pull.peers.size).toBe(0);
    hook.start();
    expect(await pull.waitForPeers(1, { timeout: 600_000 })).toBe(1);
  });

  test("a hook that reads peers gets the same object", async () => {
    const pull = new Pull();
    const pending = pull.receive();
    let inner: unknown;
    using hook = onResource("Immediate", () => {
      inner = pull.peers;
    });
    hook.start();
    const { peers } = pull;
    expect(inner).toBe(peers);
    await pull.bind(freshEndpoint("inproc"));
    using push = new Push();
    push.connect(pull.lastEndpoint!);
    expect(peers.size).toBe(1);
    pull.close();
    await expect(pending).rejects.toMatchObject({ code: "EAGAIN" });
  });

  test("a `then` getter that reads peers does not mix up the changes", async () => {
    using pull = new Pull();
    await pull.bind(freshEndpoint("inproc"));
    const changes = pull.peers.changes();
    const first = changes.next();
    using one = new Push();
    const other = new Push();
    one.connect(pull.lastEndpoint!);
    other.connect(pull.lastEndpoint!);
    onThen(() => {
      // A connection that libzmq has reported, and whose end it reports within the getter.
      other.disconnect(pull.lastEndpoint!);
      expect(pull.peers.size).toBe(1);
    });
    expect(pull.peers.size).toBe(2);
    expect((await first).value?.type).toBe("join");
    await next(changes, "join");
    await next(changes, "leave");
    expect(pull.peers.size).toBe(1);
    other.close();
  });

  test("a `then` getter may close the socket while it is being closed", async () => {
    const pull = new Pull();
    await pull.bind(freshEndpoint("inproc"));
    using push = new Push();
    push.connect(pull.lastEndpoint!);
    expect(pull.peers.size).toBe(1);
    const changes = pull.peers.changes();
    const pending = changes.next();
    const waiting = pull.waitForPeers(2);
    let within: Promise<number> | undefined;
    onThen(() => {
      within = pull.waitForPeers(3);
      pull.close();
    });
    pull.close();
    expect((await pending).value?.type).toBe("leave");
    expect(await changes.next()).toEqual({ done: true, value: undefined });
    await expect(waiting).rejects.toMatchObject({ code: "EAGAIN" });
    await expect(within).rejects.toMatchObject({ code: "EAGAIN" });
    expect(pull.closed).toBe(true);
  });

  test("a `reason` that throws rejects a loop with its error", async () => {
    using pull = new Pull();
    let abort = () => {};
    const signal = {
      aborted: false,
      addEventListener: (_: string, listener: () => void) => {
        abort = listener;
      },
      removeEventListener: () => {},
      get reason() {
        throw new Error("no reason");
      },
    };
    const options = { signal: signal as unknown as AbortSignal };
    const pending = pull.peers.changes(options).next();
    abort();
    await expect(pending).rejects.toThrow("no reason");
    const idle = pull.peers.changes(options);
    abort();
    await expect(idle.next()).rejects.toThrow("no reason");
  });
});

describe("listeners", () => {
  test("are called after the call that noticed the change", async () => {
    using pull = new Pull();
    await pull.bind(freshEndpoint("inproc"));
    const heard: string[] = [];
    const listener = ({ type }: PeerChange) => heard.push(type);
    pull.peers.on("join", listener).once("leave", listener);
    using push = new Push();
    push.connect(pull.lastEndpoint!);
    expect(pull.peers.size).toBe(1);
    expect(heard).toEqual([]);
    await new Promise(setImmediate);
    expect(heard).toEqual(["join"]);
    pull.peers.off("join", listener);
    using other = new Push();
    other.connect(pull.lastEndpoint!);
    pull.close();
    await new Promise(setImmediate);
    expect(heard).toEqual(["join", "leave"]);
  });

  test("that throw cause an uncaught exception and do not stop others", async () => {
    using pull = new Pull();
    await pull.bind(freshEndpoint("inproc"));
    const uncaught: unknown[] = [];
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => uncaught.push(error.message));
    pull.peers.on("join", () => {
      throw new Error("from a listener");
    });
    const changes = pull.peers.changes();
    const pushes = [new Push(), new Push()];
    for (const push of pushes) push.connect(pull.lastEndpoint!);
    for (const _ of pushes) await next(changes, "join");
    while (uncaught.length < 2) await new Promise(setImmediate);
    expect(uncaught).toEqual(["from a listener", "from a listener"]);
    process.removeAllListeners("uncaughtException");
    for (const listener of listeners) process.on("uncaughtException", listener);
    for (const push of pushes) push.close();
  });
});

describe("changes", () => {
  test("end with their signal, with break and with the socket", async () => {
    const pull = new Pull();
    await pull.bind(freshEndpoint("inproc"));
    const abort = new AbortController();
    const reason = new Error("enough");
    const aborted = pull.peers.changes({ signal: abort.signal });
    const pending = aborted.next();
    const idle = pull.peers.changes({ signal: abort.signal });
    abort.abort(reason);
    await expect(pending).rejects.toBe(reason);
    expect(await aborted.next()).toEqual({ done: true, value: undefined });
    await expect(idle.next()).rejects.toBe(reason);
    await expect(pull.peers.changes({ signal: abort.signal }).next()).rejects.toBe(reason);
    const loop = pull.peers.changes();
    await loop.return!();
    expect(await loop.next()).toEqual({ done: true, value: undefined });
    const last = pull.peers.changes();
    const end = last.next();
    pull.close();
    expect(await end).toEqual({ done: true, value: undefined });
    expect(await pull.peers.changes().next()).toEqual({ done: true, value: undefined });
  });

  test("keep the last 10,000 for a loop that does not read", async () => {
    using pull = new Pull();
    await pull.bind(freshEndpoint("inproc"));
    const changes = pull.peers.changes();
    using push = new Push();
    for (let count = 0; count < 5100; count++) {
      push.connect(pull.lastEndpoint!);
      push.disconnect(pull.lastEndpoint!);
      expect(pull.peers.size).toBeLessThan(3);
    }
    while (pull.peers.size > 0) await new Promise(setImmediate);
    pull.close();
    let count = 0;
    for await (const _ of changes) count++;
    expect(count).toBe(10_000);
  }, 120_000);
});

describe("waitForPeers", () => {
  test("rejects with its signal, its timeout, and the socket", async () => {
    const pull = new Pull({ distinctErrors: true });
    await pull.bind(freshEndpoint("inproc"));
    const abort = new AbortController();
    const aborted = pull.waitForPeers(1, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expect(pull.waitForPeers(1, { signal: abort.signal })).rejects.toThrow("enough");
    await expect(pull.waitForPeers(1, { timeout: 1 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
    const waiting = [pull.waitForPeers(), pull.waitForPeers(2)];
    pull.close();
    for (const wait of waiting) await expect(wait).rejects.toMatchObject({ code: "ECANCELED" });
    expect(() => pull.waitForPeers()).toThrow(expect.objectContaining({ code: "EBADF" }));
    using plain = new Pull();
    await expect(plain.waitForPeers(1, { timeout: 0 })).rejects.toMatchObject({ code: "EAGAIN" });
  });

  test("names the call and the time of a timeout, which may be longer than a timer", async () => {
    using pull = new Pull();
    await expect(pull.waitForPeers(2, { timeout: 3 })).rejects.toMatchObject({
      detail: "waitForPeers() timed out after 3 ms: fewer peers are connected",
    });
    const waiting = pull.waitForPeers(1, { timeout: 2 ** 32 });
    await pull.bind("tcp://127.0.0.1:*");
    using push = new Push();
    push.connect(pull.lastEndpoint!);
    expect(await waiting).toBe(1);
  });

  test("rejects invalid arguments", () => {
    using pull = new Pull();
    for (const count of [0, -1, 1.5, Number.NaN, "2", null]) {
      expect(() => pull.waitForPeers(count as number)).toThrow(TypeError);
    }
    expect(() => pull.waitForPeers(1, { timeout: -2 })).toThrow(TypeError);
    expect(() => pull.waitForPeers(1, null as never)).toThrow(
      expect.objectContaining({ name: "TypeError", detail: expect.stringContaining("got null") }),
    );
    expect(() => pull.peers.changes({ signal: 5 as never })).toThrow(TypeError);
    expect(() => pull.peers.on("join", 5 as never)).toThrow(TypeError);
  });
});

test("a class may have peers of its own", async () => {
  class Cluster extends Publisher {
    // @ts-expect-error: another type than that of the base class
    get peers(): string[] {
      return ["a", "b"];
    }
  }
  using cluster = new Cluster();
  await cluster.bind("tcp://127.0.0.1:*");
  using subscriber = new Subscriber();
  subscriber.connect(cluster.lastEndpoint!);
  expect(await cluster.waitForPeers()).toBe(1);
  expect(cluster.peers).toEqual(["a", "b"]);
});

test("a closed socket has no peers", () => {
  const pull = new Pull();
  pull.close();
  expect([...pull.peers]).toEqual([]);
  expect(pull.peers.size).toBe(0);
});
