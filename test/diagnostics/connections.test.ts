// Sockets, endpoints, handshakes, peers and dropped messages on the channels of node:diagnostics_channel.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import {
  type BindPayload,
  type ConnectPayload,
  Context,
  type DropPayload,
  type HandshakePayload,
  Observer,
  Pair,
  type PeerLeavePayload,
  type PeerPayload,
  Pull,
  Push,
  type SocketClosePayload,
  type SocketPayload,
} from "zmq-native";
import { Peer } from "zmq-native/draft";
import { runProgram } from "../helpers/program.js";
import { NoticeRecorder, TraceRecorder } from "../helpers/recorder.js";

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});
function kept<T extends { close(): void }>(socket: T): T {
  opened.push(socket);
  return socket;
}

describe("sockets", () => {
  test("open and close are reported once, and not for a socket that could not be opened", async () => {
    using open = new NoticeRecorder<SocketPayload>("socket:open");
    using close = new NoticeRecorder<SocketClosePayload>("socket:close");
    expect(() => new Push({ noSuchOption: 1 } as never)).toThrow(TypeError);
    const [push, pull] = [new Push(), new Pull()];
    expect(open.payloads).toMatchObject([
      { socket: push, socketType: "PUSH" },
      { socket: pull, socketType: "PULL" },
    ]);
    push.close();
    push.close();
    pull.close();
    await close.until(({ length }) => length === 2);
    await new Promise(setImmediate);
    expect(close.payloads).toMatchObject(open.payloads);
    expect(close.payloads).toMatchObject([
      { endpoint: null, statistics: { messagesSent: 0 } },
      { endpoint: null, statistics: { messagesReceived: 0 } },
    ]);
    expect(push.closed).toBe(true);
  });

  test("sockets that close with their context are reported, internal ones are not", async () => {
    using open = new NoticeRecorder<SocketPayload>("socket:open");
    using close = new NoticeRecorder<SocketPayload>("socket:close");
    const context = new Context();
    const pull = new Pull({ context });
    void pull.events;
    const authenticator = await context
      .authenticate({ curve: { allow: "any" } } as never)
      .catch(() => undefined);
    context.close();
    await close.until(({ length }) => length === 1);
    expect(open.payloads.map(({ socket }) => socket)).toEqual([pull]);
    expect(close.payloads.map(({ socket }) => socket)).toEqual([pull]);
    void authenticator;
  });

  test("a socket that is closed during a bind is reported when the bind has ended", async () => {
    using close = new NoticeRecorder<SocketPayload>("socket:close");
    const pull = new Pull();
    const bound = pull.bind("tcp://127.0.0.1:*");
    pull.close();
    await bound;
    await close.until(({ length }) => length === 1);
    expect(close.payloads[0]).toMatchObject({ socket: pull });
  });
});

describe("endpoints", () => {
  test("bind reports the endpoint with its port", async () => {
    using recorder = new TraceRecorder<BindPayload>("bind");
    const pull = kept(new Pull());
    await pull.bind("tcp://127.0.0.1:*");
    const first = pull.lastEndpoint!;
    pull.bindSync("tcp://127.0.0.1:*");
    const second = pull.lastEndpoint!;
    await pull.unbind(first);
    pull.unbindSync(second);
    const wildcard = "tcp://127.0.0.1:*";
    expect(recorder.payloads).toMatchObject([
      { socket: pull, operation: "bind", endpoint: wildcard, boundEndpoint: first },
      { operation: "bindSync", endpoint: wildcard, boundEndpoint: second },
      { operation: "unbind", endpoint: first, boundEndpoint: null },
      { operation: "unbindSync", endpoint: second, boundEndpoint: null },
    ]);
    const [bind, bindSync] = recorder.payloads;
    expect(recorder.phases((payload) => payload === bind)).toEqual([
      "start",
      "end",
      "asyncStart",
      "asyncEnd",
    ]);
    expect(recorder.phases((payload) => payload === bindSync)).toEqual(["start", "end"]);
  });

  test("connect, disconnect and connectPeer are reported", async () => {
    using recorder = new TraceRecorder<ConnectPayload>("connect");
    const push = kept(new Push({ linger: 0 }));
    push.connect("tcp://127.0.0.1:9");
    push.disconnect("tcp://127.0.0.1:9");
    const peer = kept(new Peer());
    await peer.bind("inproc://connect-peer");
    expect(kept(new Peer()).connectPeer("inproc://connect-peer")).toBeGreaterThan(0);
    expect(recorder.payloads).toMatchObject([
      { socket: push, operation: "connect", endpoint: "tcp://127.0.0.1:9" },
      { operation: "disconnect", endpoint: "tcp://127.0.0.1:9" },
      { operation: "connectPeer", endpoint: "inproc://connect-peer" },
    ]);
    expect(recorder.phases()).toEqual(["start", "end", "start", "end", "start", "end"]);
  });

  test("errors are reported, and thrown or rejected as without a subscriber", async () => {
    using binds = new TraceRecorder<BindPayload>("bind");
    using connects = new TraceRecorder<ConnectPayload>("connect");
    const pull = kept(new Pull());
    await expect(pull.bind("tcp://nowhere:x")).rejects.toMatchObject({ code: "EINVAL" });
    expect(() => pull.bindSync("nonsense")).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(() => pull.connect("nonsense")).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(() => pull.bind(5 as never)).toThrow(TypeError);
    pull.close();
    expect(() => pull.bind("inproc://x")).toThrow(expect.objectContaining({ code: "EBADF" }));
    const codes = [...binds.payloads, ...connects.payloads].map(
      ({ error }) => (error as { code: string }).code,
    );
    expect(codes).toEqual(["EINVAL", "EINVAL", "EBADF", "EINVAL"]);
  });

  test("a subscriber may close the socket", async () => {
    const close = (payload: unknown) => (payload as BindPayload).socket.close();
    subscribe("tracing:zmq-native:bind:start", close);
    const pull = new Pull();
    expect(() => pull.bind("tcp://127.0.0.1:*")).toThrow(expect.objectContaining({ code: "EBADF" }));
    unsubscribe("tracing:zmq-native:bind:start", close);
  });
});

describe("connections", () => {
  test("a handshake, and peers that join and leave", async () => {
    using handshakes = new TraceRecorder<HandshakePayload>("handshake");
    using joins = new NoticeRecorder<PeerPayload>("peer:join");
    using leaves = new NoticeRecorder<PeerLeavePayload>("peer:leave");
    const [push, pull] = [new Push(), kept(new Pull())];
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint!);
    await joins.until(({ length }) => length === 2);
    for (const socket of [push, pull]) {
      expect(handshakes.phases((payload) => payload.socket === socket)).toEqual([
        "start",
        "end",
        "asyncStart",
        "asyncEnd",
      ]);
      const join = joins.payloads.find((payload) => payload.socket === socket)!;
      expect(join).toMatchObject({ endpoint: pull.lastEndpoint });
      expect(join.localAddress).toMatch(/^tcp:/);
      expect(join.remoteAddress).toMatch(/^tcp:/);
    }
    push.close();
    await leaves.until(({ length }) => length === 2);
    expect(leaves.payloads.find((payload) => payload.socket === pull)).toMatchObject({
      reason: "disconnect",
    });
    expect(leaves.payloads.find((payload) => payload.socket === push)).toMatchObject({ reason: "close" });
  });

  test("a handshake that fails", async () => {
    using handshakes = new TraceRecorder<HandshakePayload>("handshake");
    using joins = new NoticeRecorder<PeerPayload>("peer:join");
    const pull = kept(new Pull());
    await pull.bind("tcp://127.0.0.1:*");
    const client = connect(Number(pull.lastEndpoint!.split(":")[2]), "127.0.0.1");
    client.on("error", () => {});
    // A greeting of ZMTP with an unknown mechanism.
    const greeting = Buffer.alloc(64);
    greeting.write("ff00000000000000017f0301", "hex");
    greeting.write("UNKNOWN", 12, "latin1");
    client.write(greeting);
    await handshakes.until((recorder) => recorder.phases().includes("asyncEnd"));
    client.destroy();
    expect(handshakes.phases()).toEqual(["start", "end", "error", "asyncStart", "asyncEnd"]);
    expect(handshakes.payloads[0]!.error).toBeInstanceOf(Error);
    expect(joins.payloads).toEqual([]);
  });

  test("the program can read the events of a socket that is already observed", async () => {
    using _ = new NoticeRecorder("peer:join");
    const [push, pull] = [kept(new Push()), kept(new Pull())];
    await pull.bind("tcp://127.0.0.1:*");
    const { events } = pull;
    expect(pull.events).toBe(events);
    push.connect(pull.lastEndpoint!);
    const types: string[] = [];
    while (types.at(-1) !== "handshake") types.push((await events.receive()).type);
    expect(types.slice(-2)).toEqual(["accept", "handshake"]);
  });

  test("an observer of the program is not replaced, and reports", async () => {
    using joined = new NoticeRecorder<PeerPayload>("peer:join");
    const [push, pull] = [kept(new Push()), kept(new Pull())];
    const observer = new Observer(pull);
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint!);
    const types: string[] = [];
    while (types.at(-1) !== "handshake") types.push((await observer.receive()).type);
    expect(types.slice(-2)).toEqual(["accept", "handshake"]);
    await joined.until((payloads) => payloads.some(({ socket }) => socket === pull));
    expect(observer.closed).toBe(false);
  });

  test("peers are reported after the program has closed its observer", async () => {
    using joined = new NoticeRecorder<PeerPayload>("peer:join");
    const [push, pull] = [kept(new Push()), kept(new Pull())];
    new Observer(pull).close();
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint!);
    await joined.until((payloads) => payloads.some(({ socket }) => socket === pull));
  });

  test("`socket.events` works after the program has replaced the observer", async () => {
    using _ = new NoticeRecorder("peer:join");
    const [push, pull] = [kept(new Push()), kept(new Pull())];
    await pull.bind("tcp://127.0.0.1:*");
    const observer = new Observer(pull);
    const { events } = pull;
    expect(events).not.toBe(observer);
    push.connect(pull.lastEndpoint!);
    const types: string[] = [];
    while (types.at(-1) !== "handshake") types.push((await events.receive()).type);
    expect(types.slice(-2)).toEqual(["accept", "handshake"]);
  });

  test("a peer that has left does not leave again for a later subscriber", async () => {
    const [push, pull] = [kept(new Push()), kept(new Pull())];
    {
      using joined = new NoticeRecorder<PeerPayload>("peer:join");
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint!);
      await joined.until((payloads) => payloads.some(({ socket }) => socket === pull));
    }
    push.close();
    while ((await pull.events.receive()).type !== "disconnect");
    using left = new NoticeRecorder<PeerLeavePayload>("peer:leave");
    const { events } = pull;
    pull.close();
    while ((await events.receive()).type !== "end");
    expect(left.payloads.filter(({ socketType }) => socketType === "PULL")).toEqual([]);
  });

  test("a subscriber that closes the observer gets no event from it afterwards", async () => {
    const [push, pull] = [kept(new Push()), kept(new Pull())];
    const { events } = pull;
    const heard: string[] = [];
    const closed = new Promise<void>((resolve) => {
      const close = () => {
        unsubscribe("zmq-native:peer:join", close);
        events.close();
        resolve();
      };
      subscribe("zmq-native:peer:join", close);
    });
    events.on("handshake", () => heard.push("handshake"));
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint!);
    await closed;
    expect(heard).toEqual([]);
    expect(events.closed).toBe(true);
  });

  test("connected sockets are garbage-collected while something subscribes", async () => {
    const outcome = await runProgram(`
      require("node:v8").setFlagsFromString("--expose-gc");
      const gc = require("node:vm").runInNewContext("gc");
      require("node:diagnostics_channel").subscribe("zmq-native:peer:join", () => {});
      const pull = new zmq.Pull();
      await pull.bind("tcp://127.0.0.1:*");
      const sockets = [];
      for (let i = 0; i < 20; i++) {
        const push = new zmq.Push({ linger: 0 });
        push.connect(pull.lastEndpoint);
        await push.send("x");
        await pull.receive();
        sockets.push(new WeakRef(push));
      }
      const left = () => sockets.filter((socket) => socket.deref()).length;
      const pause = () => new Promise((resolve) => setTimeout(resolve, 10));
      for (let i = 0; i < 200 && left() > 2; i++) {
        // A reference that was read stays until the next turn of the event loop.
        await pause();
        gc();
        await pause();
      }
      console.log(left() <= 2 ? "collected" : left() + " are left");
      process.exit();
    `);
    expect(outcome).toMatchObject({ code: 0, stdout: "collected\n" });
  });

  test("a socket works if no observer can be opened", async () => {
    using _ = new NoticeRecorder("peer:join");
    const context = new Context({ maxSockets: 1 });
    const pull = new Pull({ context });
    await pull.bind("tcp://127.0.0.1:*");
    expect(pull.lastEndpoint).toMatch(/^tcp/);
    context.close();
  });
});

describe("dropped messages", () => {
  test("of a send queue", async () => {
    using drops = new NoticeRecorder<DropPayload>("message:drop");
    const oldest = kept(new Push({ sendQueue: { max: 1, overflow: "dropOldest" }, linger: 0 }));
    void oldest.send("1");
    void oldest.send("2").catch(() => {});
    const newest = kept(new Push({ sendQueue: { max: 1, overflow: "dropNewest" }, linger: 0 }));
    void newest.send("1").catch(() => {});
    void newest.send("2");
    const byTopic = kept(new Push({ sendQueue: { max: 5, overflow: "latestByTopic" }, linger: 0 }));
    void byTopic.send(["topic", "1"]);
    void byTopic.send(["topic", "2"]).catch(() => {});
    const brief = kept(new Push({ sendQueue: { max: 5, ttl: 1 }, linger: 0 }));
    void brief.send("1");
    await drops.until(({ length }) => length === 4);
    expect(drops.payloads.map(({ socket, reason, endpoint }) => [socket, reason, endpoint])).toEqual([
      [oldest, "overflow", null],
      [newest, "overflow", null],
      [byTopic, "replaced", null],
      [brief, "expired", null],
    ]);
  });

  test("of a peer", async () => {
    using drops = new NoticeRecorder<DropPayload>("message:drop");
    const [left, right] = [kept(new Pair({ maxMessageSize: 10 })), kept(new Pair({ linger: 0 }))];
    await left.bind("tcp://127.0.0.1:*");
    right.connect(left.lastEndpoint!);
    await right.send("more than ten bytes");
    await drops.until(({ length }) => length > 0);
    expect(drops.payloads[0]).toMatchObject({ socket: left, reason: "size", endpoint: left.lastEndpoint });
  });
});
