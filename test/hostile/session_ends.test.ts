// Connections that end while messages are unread or unsent: no unwanted reconnection, no leaked descriptor, no lost
// message.

import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { Context, capability, Dealer, Pair, Push, Router, type Socket } from "zmq-native";
import { draftPath, patience, runProgram, startProgram } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";
import { frame, greeting, hello, property, RawPeer, RawServer } from "../helpers/zmtp.js";

/** Long enough for many attempts at the `reconnectInterval` of these tests. */
const manyIntervals = 600;
const reconnectInterval = 20;

const next = (socket: Socket, event: "disconnect" | "handshake") =>
  new Promise<void>((resolve) => {
    const listener = () => {
      socket.events.off(event, listener);
      resolve();
    };
    socket.events.on(event, listener);
  });
const heardReady = (heard: Buffer) => heard.includes("READY");
const address = (server: RawServer) => `tcp://127.0.0.1:${server.port}`;
const withId = (id: string) => hello("DEALER", property("Identity", id));

test("disconnect ends reconnection while messages of a lost connection are unread, and they can be received", async () => {
  using server = await RawServer.listen();
  const later = 1000;
  using dealer = new Dealer({
    immediate: true,
    linger: 0,
    reconnectInterval: later,
    receiveTimeout: patience,
  });
  const lost = next(dealer, "disconnect");
  dealer.connect(address(server));
  const peer = await server.accept();
  peer.say(hello("DEALER"));
  await peer.hear(heardReady);
  peer.say(frame("one"), frame("two"));
  peer.finish();
  await lost;
  dealer.disconnect(address(server));
  await delay(later + manyIntervals);
  expect(server.count).toBe(1);
  expect([String(await dealer.receive()), String(await dealer.receive())]).toEqual(["one", "two"]);
});

test("disconnect ends the connection to a peer whose id has changed while messages of its previous id are unread", async () => {
  using server = await RawServer.listen();
  using router = new Router({ linger: 0, reconnectInterval, receiveTimeout: patience });
  router.connect(address(server));
  const first = await server.accept();
  first.say(withId("A"));
  await first.hear(heardReady);
  first.say(frame("one"));
  first.finish();
  const second = await server.accept();
  const handshake = next(router, "handshake");
  second.say(withId("B"));
  await handshake;
  router.disconnect(address(server));
  await second.ended;
  await delay(manyIntervals);
  expect(server.count).toBe(2);
  expect((await router.receive()).map(String)).toEqual(["A", "one"]);
});

test.each([
  ["an address", "127.0.0.1", 0],
  ["a host name after a reconnection", "localhost", 1],
])("disconnect from %s, with `immediate`, sends the messages that were accepted", async (_, host, losses) => {
  const [count, size] = [2000, 10_000];
  using server = await RawServer.listen();
  using push = new Push({
    immediate: true,
    linger: -1,
    sendHighWaterMark: 0,
    sendBufferSize: 4096,
    reconnectInterval,
  });
  const endpoint = `tcp://${host}:${server.port}`;
  push.connect(endpoint);
  for (let i = 0; i < losses; i++) {
    const peer = await server.accept();
    peer.say(hello("PULL"));
    await peer.hear(heardReady);
    const lost = next(push, "disconnect");
    peer.reset();
    await lost;
  }
  const peer = await server.accept();
  const handshake = next(push, "handshake");
  peer.say(hello("PULL"));
  await peer.hear(heardReady);
  await handshake;
  const before = peer.heard.length;
  peer.pause();
  for (let i = 0; i < count; i++) await push.send(Buffer.alloc(size));
  push.disconnect(endpoint);
  peer.resume();
  await peer.ended;
  expect(peer.heard.length - before).toBe(count * (size + 9));
});

test("a Router with handover notices that the old peer closes after a message", async () => {
  using router = new Router({ handover: true, linger: 0, receiveTimeout: patience });
  await router.bind(freshEndpoint("tcp"));
  const enter = () => RawPeer.enter(router.lastEndpoint as string, "DEALER", property("Identity", "X"));
  using old = await enter();
  old.say(frame("old"));
  await router.receive();
  using young = await enter();
  young.say(frame("young"));
  await router.receive();
  old.say(frame("late"), frame("later"));
  old.finish();
  await old.ended;
  young.say(frame("still there"));
  expect(String((await router.receive())[1])).toBe("still there");
});

test("a Pair notices that a second peer closes after a message", async () => {
  using pair = new Pair({ linger: 0, receiveTimeout: patience });
  await pair.bind(freshEndpoint("tcp"));
  const enter = () => RawPeer.enter(pair.lastEndpoint as string, "PAIR");
  using first = await enter();
  first.say(frame("first"));
  await pair.receive();
  using second = await enter();
  second.say(frame("second"));
  second.finish();
  await second.ended;
  first.say(frame("still there"));
  expect(String(await pair.receive())).toBe("still there");
});

const flood = `
  const net = require("node:net"), fs = require("node:fs");
  const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  // readdir itself opens a descriptor, which is closed afterwards.
  const target = (descriptor) => {
    try { return fs.readlinkSync("/proc/self/fd/" + descriptor); } catch { return ""; }
  };
  const descriptors = () => fs.readdirSync("/proc/self/fd").filter((fd) => target(fd).startsWith("socket:")).length;
  const open = (socket) => new Promise((resolve) => {
    const peer = net.connect(Number(socket.lastEndpoint.split(":").pop()), "127.0.0.1", () => resolve(peer));
    peer.on("error", () => {});
  });
  const returnsTo = async (before) => {
    for (let i = 0; descriptors() > before; i++) {
      if (i === 300) throw new Error("descriptors: " + before + ", then " + descriptors());
      await wait(20);
    }
    console.log("done");
  };
`;
const isLinux = process.platform === "linux";
if (!isLinux) console.warn("SKIPPED: only Linux tells the descriptors of a process");
if (!capability.draft) console.warn("SKIPPED: this build has no draft sockets");

test.runIf(isLinux)("a Stream closes connections that were reset while its queue was full", async () => {
  const outcome = await runProgram(`${flood}
    const stream = new zmq.Stream({ receiveHighWaterMark: 2, linger: 0 });
    await stream.bind("tcp://127.0.0.1:*");
    const peers = [];
    const before = descriptors();
    for (let i = 0; i < 10; i++) {
      const peer = await open(stream);
      const [id] = await stream.receive();
      for (let k = 0; k < 40; k++) { peer.write(Buffer.alloc(20_000)); await wait(1); }
      await wait(30);
      peer.resetAndDestroy();
      await wait(30);
      await stream.send([id, ""]);
    }
    await returnsTo(before);
    stream.close();
  `);
  expect(outcome).toMatchObject({ code: 0, stderr: "", stdout: "done\n" });
});

test.runIf(isLinux && capability.draft)(
  "a Server closes the connections of peers that were reset while its queue was full",
  async () => {
    const outcome = await runProgram(
      `${flood}
      const server = new (require(${JSON.stringify(draftPath)}).Server)({ receiveHighWaterMark: 2, linger: 0 });
      await server.bind("tcp://127.0.0.1:*");
      const before = descriptors();
      for (let i = 0; i < 10; i++) {
        const peer = await open(server);
        peer.write(Buffer.from(${JSON.stringify(hello("CLIENT").toString("hex"))}, "hex"));
        let heard = "";
        await new Promise((resolve) => peer.on("data", (data) => (heard += data).includes("READY") && resolve()));
        for (let k = 0; k < 400; k++) peer.write(Buffer.from(${JSON.stringify(frame("x".repeat(200)).toString("hex"))}, "hex"));
        await wait(50);
        const [, { routingId }] = await server.receive();
        await wait(20);
        peer.resetAndDestroy();
        await wait(50);
        server.disconnectPeer(routingId);
      }
      await returnsTo(before);
      server.close();
    `,
      { flags: ["--no-warnings"] },
    );
    expect(outcome).toMatchObject({ code: 0, stderr: "", stdout: "done\n" });
  },
);

const closing = (endpoint: string, act: string) => `
  const context = new zmq.Context();
  const dealer = new zmq.Dealer({ context, linger: -1, reconnectInterval: -1, sendHighWaterMark: 0 });
  const lost = new Promise((resolve) => dealer.events.on("disconnect", resolve));
  dealer.connect(${JSON.stringify(endpoint)});
  ${act}
  await context.close();
  console.log("closed");
`;
const closed = { code: 0, stderr: "", stdout: "closed\n" };

test("a context closes with `linger: -1` when a peer violates the protocol and reconnection is off", async () => {
  using server = await RawServer.listen();
  await using running = startProgram(
    closing(address(server), `await dealer.send("x"); dealer.close(); say("the socket is closed");`),
    { limit: patience },
  );
  const peer = await server.accept();
  await peer.hearBytes(10);
  await running.hear();
  peer.say(greeting("PLAIN"), frame("x", { flags: 4 }));
  expect(await running.outcome).toMatchObject(closed);
});

test.each(["127.0.0.1", "localhost"])(
  "a context closes with `linger: -1` when the connection to %s was lost before all was sent and reconnection is off",
  async (host) => {
    using server = await RawServer.listen();
    await using running = startProgram(
      closing(
        `tcp://${host}:${server.port}`,
        `for (let i = 0; i < 2000; i++) await dealer.send(Buffer.alloc(10_000));
         say("the queue is full"); await lost; dealer.close();`,
      ),
      { limit: patience },
    );
    const peer = await server.accept();
    peer.say(hello("DEALER"));
    await peer.hear(heardReady);
    peer.pause();
    await running.hear();
    peer.reset();
    expect(await running.outcome).toMatchObject(closed);
  },
);

test("a context closes with `linger: -1` when a connection broke before all was sent and its id was handed over", async () => {
  const context = new Context();
  const router = new Router({
    context,
    handover: true,
    linger: -1,
    sendHighWaterMark: 0,
    receiveTimeout: patience,
  });
  await router.bind(freshEndpoint("tcp"));
  const enter = () => RawPeer.enter(router.lastEndpoint as string, "DEALER", property("Identity", "X"));
  using old = await enter();
  old.say(frame("old"));
  await router.receive();
  old.pause();
  for (let i = 0; i < 2000; i++) await router.send(["X", Buffer.alloc(10_000)]);
  using young = await enter();
  young.say(frame("young"));
  await router.receive();
  const lost = next(router, "disconnect");
  old.reset();
  await lost;
  router.close();
  young.finish();
  await context.close();
});
