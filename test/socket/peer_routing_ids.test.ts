// The routing ids of peers that join and leave: what a Router, Stream, Server or Peer knows them by.

import { connect as connectTcp } from "node:net";
import { describe, expect, test } from "vitest";
import { Dealer, type PeerChange, Request, Router, type Socket, Stream } from "zmq-native";
import { Client, Peer, Server } from "zmq-native/draft";
import { freshEndpoint, type Transport, transports } from "../helpers/transports.js";

const all = [...transports, "ws"] as const;
const endpointOf = (transport: Transport | "ws") =>
  transport === "ws" ? "ws://127.0.0.1:*" : freshEndpoint(transport);

type Changes = AsyncIterator<PeerChange, undefined>;

/** The routing id of the next change, which must have that type. */
async function idOf(changes: Changes, type: PeerChange["type"]): Promise<Buffer | number | undefined> {
  const { value } = await changes.next();
  expect(value?.type).toBe(type);
  return value?.peer.routingId;
}

const text = (id: Buffer | number | undefined): string =>
  Buffer.isBuffer(id) ? id.toString("hex") : String(id);

/** Connects, and returns a function that sends a message. */
function connect(socket: Dealer | Request | Client | Peer, endpoint: string): () => Promise<void> {
  if (socket instanceof Peer) {
    const routingId = socket.connectPeer(endpoint);
    return () => socket.send("x", { routingId });
  }
  socket.connect(endpoint);
  return () => socket.send("x");
}

/** Keeps this thread busy, as a program does. */
const block = (milliseconds: number) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

/** The routing id that a message came with. */
const senderOf = (message: readonly unknown[]): Buffer | number =>
  message.length === 2 && typeof message[1] === "object" && "routingId" in message[1]!
    ? (message[1] as { routingId: number }).routingId
    : (message[0] as Buffer);

const cases = [
  ["Router", Router, Dealer],
  ["Router with a Request", Router, Request],
  ["Server", Server, Client],
  ["Peer", Peer, Peer],
] as const;

describe.each(all)("over %s", (transport) => {
  test.each(cases)("%s: join and leave have the routing id", async (_, Bound, Connected) => {
    using bound = new Bound();
    const changes = bound.peers.changes();
    await bound.bind(endpointOf(transport));
    const ids = new Set<string>();
    for (let count = 0; count < 10; count++) {
      const connected = new Connected();
      const send = connect(connected, bound.lastEndpoint!);
      const id = await idOf(changes, "join");
      expect(id).toBeDefined();
      ids.add(text(id));
      if (count % 2 === 0) {
        await send();
        expect(senderOf(await bound.receive())).toEqual(id);
      }
      connected.close();
      expect(await idOf(changes, "leave")).toEqual(id);
    }
    expect(ids.size).toBe(10);
  });

  test.each(cases)("%s: peers that come and go while the thread is busy", async (_, Bound, Connected) => {
    using bound = new Bound();
    const changes = bound.peers.changes();
    await bound.bind(endpointOf(transport));
    for (const first of ["messages", "changes"]) {
      for (let count = 0; count < 5; count++) {
        const connected = new Connected({ linger: 10_000 });
        void connect(connected, bound.lastEndpoint!)();
        connected.close();
      }
      block(300);
      const senders: (Buffer | number)[] = [];
      const receive = async () => {
        for (let count = 0; count < 5; count++) senders.push(senderOf(await bound.receive()));
        // The peers' pipes end now.
        expect(bound.tryReceive()).toBeUndefined();
      };
      const joined: (Buffer | number | undefined)[] = [];
      const left: (Buffer | number | undefined)[] = [];
      if (first === "messages") await receive();
      for (let count = 0; count < 10; count++) {
        const { value } = await changes.next();
        (value!.type === "join" ? joined : left).push(value!.peer.routingId);
      }
      if (first === "changes") await receive();
      const texts = (ids: (Buffer | number | undefined)[]) => ids.map(text).sort();
      expect(texts(senders)).toEqual([...new Set(texts(senders))]);
      expect(texts(joined)).toEqual(texts(senders));
      expect(texts(left)).toEqual(texts(senders));
    }
  });

  test("the socket that connects knows its peer, too", async () => {
    using router = new Router();
    using other = new Router({ routingId: "other" });
    const changes = router.peers.changes();
    await other.bind(endpointOf(transport));
    router.connect(other.lastEndpoint!);
    expect(String(await idOf(changes, "join"))).toBe("other");
    router.disconnect(other.lastEndpoint!);
    expect(String(await idOf(changes, "leave"))).toBe("other");
    router.connect(other.lastEndpoint!, { routingId: "chosen" });
    expect(String(await idOf(changes, "join"))).toBe("chosen");
    router.close();
    expect(String(await idOf(changes, "leave"))).toBe("chosen");
  });

  test("peers that were there before the first access are known when they leave", async () => {
    using router = new Router();
    await router.bind(endpointOf(transport));
    const dealer = new Dealer({ routingId: "early" });
    dealer.connect(router.lastEndpoint!);
    await dealer.send("x");
    await router.receive();
    const changes = router.peers.changes();
    dealer.close();
    expect(String(await idOf(changes, "leave"))).toBe("early");
  });

  test("other types have none", async () => {
    using router = new Router();
    using dealer = new Dealer();
    const changes = dealer.peers.changes();
    await router.bind(endpointOf(transport));
    dealer.connect(router.lastEndpoint!);
    expect(await idOf(changes, "join")).toBeUndefined();
  });
});

test("Stream: join and leave have the routing id", async () => {
  using stream = new Stream({ notify: false });
  const changes = stream.peers.changes();
  await stream.bind("tcp://127.0.0.1:*");
  const client = new Stream({ notify: false });
  const theirs = client.peers.changes();
  client.connect(stream.lastEndpoint!);
  const id = await idOf(changes, "join");
  await client.send([(await idOf(theirs, "join")) as Buffer, "x"]);
  expect((await stream.receive())[0]).toEqual(id);
  client.close();
  expect(await idOf(changes, "leave")).toEqual(id);
});

test("Router: an old peer without a mechanism", async () => {
  using router = new Router();
  const changes = router.peers.changes();
  await router.bind("tcp://127.0.0.1:*");
  const peer = connectTcp(Number(router.lastEndpoint!.split(":").pop()), "127.0.0.1");
  // ZMTP 2.0: signature, revision 1, a Dealer, and a frame with its routing id.
  peer.write(Buffer.from("\xff\0\0\0\0\0\0\0\x01\x7f\x01\x05\0\x03old", "latin1"));
  expect(String(await idOf(changes, "join"))).toBe("old");
  peer.destroy();
  expect(String(await idOf(changes, "leave"))).toBe("old");
});

test("with handover, the peer that lost its routing id leaves with it", async () => {
  using router = new Router({ handover: true });
  const changes = router.peers.changes();
  await router.bind("tcp://127.0.0.1:*");
  const join = (socket: Socket) => {
    socket.connect(router.lastEndpoint!);
    return changes.next();
  };
  using first = new Dealer({ routingId: "same", linger: 0, reconnectInterval: -1 });
  using second = new Dealer({ routingId: "same" });
  const { value: before } = await join(first);
  const { value: after } = await join(second);
  expect([before!.type, after!.type]).toEqual(["join", "join"]);
  const { value: leave } = await changes.next();
  expect(leave).toMatchObject({ type: "leave", reason: "local" });
  expect(leave!.peer).toBe(before!.peer);
  expect([before!.peer, after!.peer].map(({ routingId }) => String(routingId))).toEqual(["same", "same"]);
});
