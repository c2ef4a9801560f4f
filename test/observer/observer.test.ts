// Events beyond zeromq's (test/drop-in/observer.test.ts covers those): identities of peers, queue statistics, and
// observers that are not read.

import { connect } from "node:net";
import { expect, test } from "vitest";
import {
  Context,
  type Event,
  type EventType,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Stream,
} from "zmq-native";
import { runProgram } from "../helpers/program.js";
import { frame, greetingOf2, RawPeer } from "../helpers/zmtp.js";
import { ourSecurity } from "../interop/exchange.js";

/** Reads events until one of the type arrives. */
async function next<E extends EventType>(socket: Socket, type: E): Promise<Event & { type: E }> {
  for (;;) {
    const event = await socket.events.receive();
    if (event.type === type) return event as Event & { type: E };
  }
}

/** `gc()` for a program of any runtime. */
const garbageCollector = `
    require("node:v8").setFlagsFromString("--expose-gc");
    const gc = globalThis.Bun ? () => Bun.gc(true) : require("node:vm").runInNewContext("gc");`;

test("events identify peers by descriptor and by both addresses", async () => {
  using pull = new Pull();
  void pull.events;
  await pull.bind("tcp://127.0.0.1:*");
  const endpoint = pull.lastEndpoint as string;
  const peers: { fd: number; remoteAddress: string }[] = [];
  // Keeps it, since a garbage-collected socket would disconnect, too.
  const pushes: Push[] = [];
  for (let i = 0; i < 2; i++) {
    const push = new Push();
    pushes.push(push);
    push.connect(endpoint);
    const accepted = await next(pull, "accept");
    const shaken = await next(pull, "handshake");
    expect(accepted.address).toBe(endpoint);
    expect(accepted.localAddress).toBe(endpoint);
    expect(shaken.remoteAddress).toBe(accepted.remoteAddress);
    peers.push({ fd: accepted.fd, remoteAddress: accepted.remoteAddress });
    if (i === 1) {
      push.close();
      const gone = await next(pull, "disconnect");
      expect({ fd: gone.fd, remoteAddress: gone.remoteAddress }).toEqual(peers[1]);
    }
  }
  for (const push of pushes) push.close();
  expect(peers[0]!.fd).not.toBe(peers[1]!.fd);
  expect(peers[0]!.remoteAddress).not.toBe(peers[1]!.remoteAddress);
});

test("a connection through a wildcard endpoint has the address of the bound end", async () => {
  using pull = new Pull();
  await pull.bind("tcp://*:*");
  const port = /:(\d+)$/.exec(pull.lastEndpoint as string)![1];
  using push = new Push();
  void pull.events;
  push.connect(`tcp://127.0.0.1:${port}`);
  const { address, localAddress } = await next(pull, "accept");
  expect([address, localAddress]).toEqual([`tcp://127.0.0.1:${port}`, `tcp://127.0.0.1:${port}`]);
});

test("pipe statistics report the queued messages of each connection", async () => {
  using push = new Push();
  expect(() => push.events.requestPipeStats()).toThrow(expect.objectContaining({ code: "EAGAIN" }));
  // There is no server, so messages wait.
  push.linger = 0;
  push.connect("tcp://127.0.0.1:1");
  for (let i = 0; i < 7; i++) await push.send("waits");
  push.events.requestPipeStats();
  expect(await next(push, "pipe:stats")).toMatchObject({ inbound: 0, outbound: 7 });
});

test("scenario 15: an observer that is not read blocks nothing and keeps a bounded number of events", async () => {
  const context = new Context();
  using pull = new Pull({ context });
  const observer = pull.events;
  await pull.bind("tcp://127.0.0.1:*");
  // Each connection has three or more events.
  for (let i = 0; i < 5000; i++) {
    const push = new Push({ context });
    push.connect(pull.lastEndpoint as string);
    await push.send("x");
    await pull.receive();
    push.close();
  }
  expect(observer.dropped).toBeGreaterThan(0);
  // The oldest events are dropped, and the newest are kept.
  let read = 0;
  let event = await observer.receive();
  expect(event.type).not.toBe("bind");
  for (; read < 9_999; read++) event = await observer.receive();
  expect(event.type).toMatch(/disconnect|accept|handshake/);
}, 300_000);

test("scenario 14: an observer closed while its socket lingers does not stop the I/O thread", async () => {
  const { code, stdout } = await runProgram(`
    const push = new zmq.Push({ linger: 300, reconnectInterval: 1 });
    const events = push.events;
    push.connect("tcp://127.0.0.1:1");
    await push.send("never delivered");
    push.close();
    events.close();
    // The same I/O thread, after the first socket has retried several times.
    const pull = new zmq.Pull();
    await pull.bind("tcp://127.0.0.1:*");
    for (let i = 0; i < 100; i++) {
      const peer = new zmq.Push();
      peer.connect(pull.lastEndpoint);
      await peer.send(String(i));
      await pull.receive();
      peer.close();
    }
    console.log("delivered");
    pull.close();
  `);
  expect(stdout).toBe("delivered\n");
  expect(code).toBe(0);
});

test("an idle observer keeps neither the process nor its socket alive", async () => {
  const { code, stdout, milliseconds } = await runProgram(`
    ${garbageCollector}
    // One place each for the socket, libzmq's monitor, and the observer.
    const context = new zmq.Context({ maxSockets: 3 });
    const open = () => { new zmq.Pull({ context }).events; };
    open();
    for (;;) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 1));
      try {
        open();
        break;
      } catch (error) {
        if (error.code !== "EMFILE") throw error;
      }
    }
    console.log("collected");
  `);
  expect(stdout).toBe("collected\n");
  expect(code).toBe(0);
  expect(milliseconds).toBeLessThan(15_000);
});

test("an observer with a pending receive keeps its socket open", async () => {
  const { code, stdout } = await runProgram(`
    ${garbageCollector}
    let heard;
    const accepted = new Promise((resolve) => { heard = resolve; });
    const endpoint = (() => {
      const pull = new zmq.Pull();
      pull.events.on("accept", heard);
      pull.bindSync("tcp://127.0.0.1:*");
      return pull.lastEndpoint;
    })();
    for (let i = 0; i < 20; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 1)); }
    const push = new zmq.Push();
    push.connect(endpoint);
    console.log((await accepted).type);
    process.exit();
  `);
  expect(stdout).toBe("accept\n");
  expect(code).toBe(0);
});

test("close() of an observer, or of its context, ends a loop and rejects a receive", async () => {
  const context = new Context();
  const router = new Router({ context });
  const loop = (async () => {
    const types: string[] = [];
    for await (const { type } of router.events) types.push(type);
    return types;
  })();
  const other = new Router({ context });
  const rejected = other.events.receive().catch((error) => error.code);
  other.events.close();
  expect(await rejected).toBe("ENOTSOCK");
  expect(other.events.closed).toBe(true);
  expect(() => other.events.receive()).toThrow(expect.objectContaining({ code: "EBADF" }));
  await context.close();
  expect(await loop).toEqual(["end"]);
});

test("a listener can receive from other sockets, and every event is delivered", async () => {
  const outcome = await runProgram(
    `
    const rounds = 300;
    const [push, pull] = [new zmq.Push(), new zmq.Pull()];
    await pull.bind("inproc://beside");
    push.connect("inproc://beside");
    const router = new zmq.Router();
    const counts = {};
    for (const type of ["accept", "handshake", "disconnect", "end"]) {
      counts[type] = 0;
      router.events.on(type, () => {
        counts[type]++;
        // An event that makes another socket receive must not be mistaken for an event of the observer.
        push.send("x");
        pull.tryReceive();
        pull.tryReceive();
      });
    }
    await router.bind("tcp://127.0.0.1:*");
    for (let round = 0; round < rounds; round++) {
      const dealer = new zmq.Dealer({ linger: 0 });
      dealer.connect(router.lastEndpoint);
      await dealer.send("x");
      await router.receive();
      dealer.close();
    }
    while (counts.disconnect < rounds) await new Promise(setImmediate);
    const ended = new Promise((resolve) => router.events.on("end", resolve));
    router.close();
    await ended;
    console.log(JSON.stringify(counts));
    push.close();
    pull.close();
  `,
  );
  expect(outcome).toMatchObject({ code: 0, signal: null });
  expect(JSON.parse(outcome.stdout)).toEqual({ accept: 300, handshake: 300, disconnect: 300, end: 1 });
});

test("an error thrown by a listener is an uncaught exception, and no other event is lost", async () => {
  const outcome = await runProgram(`
    const uncaught = [];
    process.on("uncaughtException", (error) => uncaught.push(error.message));
    const pull = new zmq.Pull();
    const accepted = [];
    // The first event is delivered from those read before there was a listener, the others as they arrive.
    await pull.bind("tcp://127.0.0.1:*");
    pull.events;
    const pushes = [];
    for (let i = 0; i < 20; i++) {
      const push = new zmq.Push({ linger: 0 });
      push.connect(pull.lastEndpoint);
      pushes.push(push);
      if (i === 9) {
        pull.events.on("accept", () => {
          accepted.push(accepted.length);
          throw new Error("listener " + accepted.length);
        });
      }
    }
    while (accepted.length < 20) await new Promise(setImmediate);
    await new Promise(setImmediate);
    console.log(JSON.stringify({ accepted: accepted.length, uncaught: uncaught.length, last: uncaught.at(-1) }));
    for (const socket of [pull, ...pushes]) socket.close();
  `);
  expect(outcome).toMatchObject({ code: 0, signal: null });
  expect(JSON.parse(outcome.stdout)).toEqual({ accepted: 20, uncaught: 20, last: "listener 20" });
});

test("a request for pipe statistics leaves the wake-up to a receive", async () => {
  for (let round = 0; round < 20; round++) {
    using pull = new Pull({ receiveTimeout: 5000 });
    using push = new Push();
    void pull.events;
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint as string);
    await push.send("first");
    await pull.receive();
    pull.events.requestPipeStats();
    expect(pull.tryReceive()).toBeUndefined();
    await push.send("second");
    // Until the reader of the statistics has processed it.
    while (!pull.readable) await new Promise((resolve) => setImmediate(resolve));
    expect(String(await pull.receive())).toBe("second");
  }
});

test("a request for pipe statistics does not keep the process alive and leaves nothing behind", async () => {
  const outcome = await runProgram(
    `${garbageCollector}
    const pull = new zmq.Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const push = new zmq.Push();
    push.connect(pull.lastEndpoint);
    await push.send("x");
    await pull.receive();
    // With a pending receive, the process stays until the message arrives.
    const received = pull.receive();
    pull.events.requestPipeStats();
    setTimeout(() => push.send("late"), 100).unref();
    console.log(String(await received));
    const cores = [];
    for (let i = 0; i < 20; i++) {
      const socket = new zmq.Pull();
      await socket.bind("tcp://127.0.0.1:*");
      const peer = new zmq.Push({ linger: 0 });
      peer.connect(socket.lastEndpoint);
      await peer.send("x");
      await socket.receive();
      socket.events.requestPipeStats();
      cores.push(new WeakRef(socket));
      socket.close();
      peer.close();
    }
    for (let i = 0; i < 10; i++) { gc(); await new Promise(setImmediate); }
    const left = cores.filter((core) => core.deref()).length;
    console.log(left < 3 ? "collected" : left + " are left");
    process.exit();
  `,
  );
  expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "late\ncollected\n" });
});

/** The types of a socket's events up to its first "disconnect". */
async function typesUntilDisconnect(socket: Socket): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of socket.events) {
    types.push(type);
    if (type === "disconnect") break;
  }
  return types.filter((type) => type !== "bind");
}

// Without vendor patch libzmq/peers/handshake-events, these connections had no "handshake" event, and ended with
// "handshake:error:other".
test("a peer of ZMTP 2 emits handshake, and disconnect without an error", async () => {
  using pull = new Pull();
  void pull.events;
  await pull.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.connect(pull.lastEndpoint as string);
  // The number of PUSH, an empty routing id and a message.
  peer.say(greetingOf2(8), frame(""), frame("hello"));
  expect(String(await pull.receive())).toBe("hello");
  peer.finish();
  expect(await typesUntilDisconnect(pull)).toEqual(["accept", "handshake", "disconnect"]);
});

test("a peer of ZMTP 2 that disconnects before its greeting emits an error", async () => {
  using pull = new Pull();
  void pull.events;
  await pull.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.connect(pull.lastEndpoint as string);
  peer.say(greetingOf2(8).subarray(0, 11));
  await peer.hearBytes(11);
  peer.finish();
  expect(await typesUntilDisconnect(pull)).toEqual(["accept", "handshake:error:other", "disconnect"]);
});

test("a plain TCP peer of a Stream emits disconnect without an error", async () => {
  using stream = new Stream();
  void stream.events;
  await stream.bind("tcp://127.0.0.1:*");
  connect(Number(new URL(stream.lastEndpoint as string).port), "127.0.0.1").end("hello");
  expect(await typesUntilDisconnect(stream)).toEqual(["accept", "disconnect"]);
});

// Without vendor patch libzmq/peers/handshake-events there were two.
test.each(["NULL", "CURVE"] as const)("a handshake over ws emits one event, %s", async (mechanism) => {
  using pull = new Pull(ourSecurity[mechanism].server);
  void pull.events;
  await pull.bind("ws://127.0.0.1:*");
  const push = new Push(ourSecurity[mechanism].client);
  void push.events;
  push.connect(pull.lastEndpoint as string);
  await push.send("hello");
  await pull.receive();
  push.close();
  expect(await typesUntilDisconnect(pull)).toEqual(["accept", "handshake", "disconnect"]);
});

test("a server without its ZAP handler emits an event whose detail names the missing handler", async () => {
  using reply = new Reply({ plainServer: true, linger: 0 });
  void reply.events;
  await reply.bind("tcp://127.0.0.1:*");
  using request = new Request({ plainUsername: "a", plainPassword: "b", linger: 0 });
  request.connect(reply.lastEndpoint as string);
  const { error } = await next(reply, "handshake:error:other");
  expect(error).toMatchObject({
    code: "EFAULT",
    message: "Context is closed",
    detail: expect.stringContaining("no ZAP handler is bound to inproc://zeromq.zap.01"),
  });
});
