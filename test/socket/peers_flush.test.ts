// Waiting until the messages of one peer have been handed to the network, and several waits at once.

import { describe, expect, test } from "vitest";
import {
  type ConnectedPeer,
  Dealer,
  Publisher,
  Pull,
  Push,
  Router,
  type Socket,
  Subscriber,
} from "zmq-native";
import { join } from "../helpers/pairs.js";
import { runProgram } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";

const networks = ["tcp", "ipc"] as const;
const count = 40;
/** More than the kernel's buffers, `count` times. */
const large = Buffer.alloc(1_000_000);

const onlyPeer = (socket: Socket): ConnectedPeer => [...socket.peers][0]!;

/** A Router with peers of these names. The first reads only what `receive` asks for. */
async function openRouter(transport: (typeof networks)[number], names: string[]) {
  const router = new Router({ linger: 0, sendHighWaterMark: 0 });
  await router.bind(freshEndpoint(transport));
  const dealers = names.map(
    (routingId, index) => new Dealer({ routingId, linger: 0, receiveHighWaterMark: index === 0 ? 1 : 0 }),
  );
  for (const dealer of dealers) dealer.connect(router.lastEndpoint as string);
  await router.waitForPeers(names.length);
  return {
    router,
    dealers,
    peers: names.map((name) => [...router.peers].find(({ routingId }) => String(routingId) === name)!),
    [Symbol.dispose]() {
      for (const socket of [router, ...dealers]) socket.close();
    },
  };
}

/** A Push that connects to a Pull that does not read, with messages in its queue. */
async function openStalled() {
  const pair = await join(
    new Pull({ receiveHighWaterMark: 1 }),
    new Push({ linger: 0, sendHighWaterMark: 0, reconnectInterval: 60_000, distinctErrors: true }),
    "tcp",
  );
  await pair.connected.waitForPeers();
  for (let id = 0; id < count; id++) await pair.connected.send(large);
  return pair;
}

describe("the flush of a peer", () => {
  test("waits although peers leave that joined before", async () => {
    using router = new Router({ linger: 0, sendHighWaterMark: 0 });
    await router.bind("tcp://127.0.0.1:*");
    const dealers: Dealer[] = [];
    for (const routingId of ["first", "second", "slow"]) {
      const dealer = new Dealer({ routingId, linger: 0, receiveHighWaterMark: 1 });
      dealers.push(dealer);
      dealer.connect(router.lastEndpoint as string);
      await router.waitForPeers(dealers.length);
    }
    const slow = [...router.peers].find(({ routingId }) => String(routingId) === "slow")!;
    for (let id = 0; id < count; id++) await router.send(["slow", large]);
    let settled = false;
    const flushed = slow.flush().then(() => {
      settled = true;
    });
    for (const dealer of dealers.slice(0, 2)) {
      const left = new Promise((resolve) => router.peers.once("leave", resolve));
      dealer.close();
      await left;
      await expect(slow.flush({ timeout: 20 })).rejects.toMatchObject({ code: "EAGAIN" });
      expect(settled).toBe(false);
    }
    for (let id = 0; id < count; id++) await dealers[2]!.receive();
    await flushed;
    dealers[2]!.close();
  });

  test.each(networks)("over %s waits for this peer only", async (transport) => {
    using open = await openRouter(transport, ["slow", "fast"]);
    const { router, dealers, peers } = open;
    const [slow, fast] = peers as [ConnectedPeer, ConnectedPeer];
    for (let id = 0; id < count; id++) await router.send(["slow", large]);
    await router.send(["fast", "job"]);
    const settled: string[] = [];
    const note = (name: string) => () => settled.push(name);
    const all = [
      slow.flush().then(note("slow")),
      slow.flush().then(note("slow again")),
      router.flush().then(note("router")),
    ];
    await fast.flush();
    await expect(slow.flush({ timeout: 20 })).rejects.toMatchObject({ code: "EAGAIN" });
    await expect(router.flush({ timeout: 20 })).rejects.toMatchObject({ code: "EAGAIN" });
    expect(settled).toEqual([]);
    for (let id = 0; id < count; id++) await dealers[0]!.receive();
    await Promise.all(all);
    expect(settled.sort()).toEqual(["router", "slow", "slow again"]);
    await slow.flush();
    expect(String(await dealers[1]!.receive())).toBe("job");
  });

  test("resolves when the peer of a bound socket leaves", async () => {
    using open = await openRouter("tcp", ["slow"]);
    const { router, dealers, peers } = open;
    for (let id = 0; id < count; id++) await router.send(["slow", large]);
    const flushed = peers[0]!.flush();
    dealers[0]!.close();
    await flushed;
    await router.flush();
    expect(router.statistics().dropped.peerGone).toBeGreaterThan(0);
  });

  test("resolves when the peer of a socket that connects leaves, although its queue remains", async () => {
    using open = await openStalled();
    const peer = onlyPeer(open.connected);
    const flushed = peer.flush();
    const left = new Promise((resolve) => open.connected.peers.on("leave", resolve));
    open.bound.close();
    await flushed;
    await left;
    expect(peer.state).toBe("closed");
    await peer.flush();
    await expect(open.connected.flush({ timeout: 20 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
  });

  test("of a publisher whose other subscriber does not read", async () => {
    using publisher = new Publisher({ linger: 0, sendHighWaterMark: 0 });
    await publisher.bind(freshEndpoint("tcp"));
    using fast = new Subscriber({ receiveHighWaterMark: 0 });
    using stalled = new Subscriber({ receiveHighWaterMark: 1 });
    for (const subscriber of [fast, stalled]) {
      subscriber.connect(publisher.lastEndpoint as string);
      subscriber.subscribe();
    }
    await publisher.waitForSubscribers(2);
    for (let id = 0; id < count; id++) await publisher.send(large);
    const flushes = [...publisher.peers].map((peer) => peer.flush({ timeout: 5000 }));
    await Promise.race(flushes);
    expect([...publisher.peers].filter((peer) => peer.statistics().sendQueue > 0)).toHaveLength(1);
    for (let id = 0; id < count; id++) await stalled.receive();
    await Promise.all(flushes);
  });

  test("ends with its timeout, its signal or the socket", async () => {
    using open = await openStalled();
    const peer = onlyPeer(open.connected);
    await expect(peer.flush({ timeout: 10 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
    const controller = new AbortController();
    const aborted = peer.flush({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expect(peer.flush({ signal: controller.signal })).rejects.toThrow("enough");
    expect(() => peer.flush({ timeout: "1" as never })).toThrow(TypeError);
    const closed = peer.flush();
    open.connected.close();
    await expect(closed).rejects.toMatchObject({ code: "ECANCELED" });
  });

  test("of a peer that has left resolves at once, after its checks", async () => {
    using open = await openStalled();
    const peer = onlyPeer(open.connected);
    open.connected.close();
    expect(peer.state).toBe("closed");
    await peer.flush();
    await expect(peer.flush({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    expect(() => peer.flush({ timeout: "1" as never })).toThrow(TypeError);
  });

  test("over inproc resolves at once", async () => {
    using pair = await join(new Pull(), new Push(), "inproc");
    await pair.connected.send("1");
    await onlyPeer(pair.connected).flush();
    expect(String(await pair.bound.receive())).toBe("1");
  });
});

describe("several waits at once", () => {
  test("keep the process alive until the last of them ends", async () => {
    const outcome = await runProgram(`
      const pull = new zmq.Pull({ receiveHighWaterMark: 1 });
      await pull.bind("tcp://127.0.0.1:*");
      const push = new zmq.Push({ linger: 0, sendHighWaterMark: 0 });
      push.connect(pull.lastEndpoint);
      for (let id = 0; id < ${count}; id++) await push.send(Buffer.alloc(1_000_000));
      pull.close();
      for (const timeout of [300, 100, 200]) {
        push.flush({ timeout }).catch(({ code }) => console.log(code, timeout));
      }
    `);
    expect(outcome).toMatchObject({ code: 0, stdout: "EAGAIN 100\nEAGAIN 200\nEAGAIN 300\n", stderr: "" });
  });

  test("do not take the wake-ups of requestPipeStats", async () => {
    using open = await openStalled();
    const { events } = open.connected;
    events.requestPipeStats();
    await expect(open.connected.flush({ timeout: 1 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
    for await (const event of events) if (event.type === "pipe:stats") break;
  });

  test("begun by the result of another one", async () => {
    using open = await openStalled();
    const { connected: push, bound: pull } = open;
    const order: string[] = [];
    const first = push.flush().then(() => order.push("first"));
    const second = first.then(() => push.flush()).then(() => order.push("second"));
    for (let id = 0; id < count; id++) await pull.receive();
    await second;
    expect(order).toEqual(["first", "second"]);
  });
});
