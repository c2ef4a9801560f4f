// Proxies between all supported pairs of types, with and without a capture.

import { describe, expect, test } from "vitest";
import * as zmq from "zmq-native/v5-compat";
import { open, receive, turns, until } from "../helpers/v5.js";

/** A proxy of two bound sockets and its captured messages. Closes all sockets when disposed. */
function between(front: zmq.SocketType, back: zmq.SocketType, captured: boolean) {
  const frontend = open(front);
  const backend = open(back);
  const capture = open("push");
  const sink = open("pull");
  const sockets = [frontend, backend, capture, sink];
  for (const socket of [frontend, backend, capture]) socket.bindSync("tcp://127.0.0.1:*");
  sink.connect(capture.last_endpoint as string);
  const seen: string[][] = [];
  sink.on("message", (...frames) => seen.push(frames.map(String)));
  expect(zmq.proxy(frontend, backend, captured ? capture : undefined)).toBeUndefined();

  const connected = (end: zmq.Socket) => (type: zmq.SocketType, options?: zmq.SocketOptions) => {
    const socket = open(type, options).connect(end.last_endpoint as string);
    sockets.push(socket);
    return socket;
  };
  return {
    seen,
    /** The captured messages so far. */
    async seenSoFar() {
      const end = () => seen.findIndex(([frame]) => frame === "end");
      capture.send("end");
      await until(() => end() >= 0);
      return seen.slice(0, end());
    },
    atFront: connected(frontend),
    atBack: connected(backend),
    [Symbol.dispose]() {
      for (const socket of sockets) socket.close();
    },
  };
}

const messages = Array.from({ length: 20 }, (_, index) => ["topic", `${index}`]);

describe.each([true, false])("captured: %s", (captured) => {
  test("pull/push forwards messages of the frontend, which are not captured", async () => {
    using proxy = between("pull", "push", captured);
    const received = receive(proxy.atBack("pull"), 20);
    const push = proxy.atFront("push");
    for (const message of messages) push.send(message);
    expect(await received).toEqual(messages);
    expect(await proxy.seenSoFar()).toEqual([]);
  });

  test("push/pull forwards messages of the backend", async () => {
    using proxy = between("push", "pull", captured);
    const received = receive(proxy.atFront("pull"), 20);
    const push = proxy.atBack("push");
    for (const message of messages) push.send(message);
    expect(await received).toEqual(messages);
    expect(await proxy.seenSoFar()).toEqual(captured ? messages : []);
  });

  test("xpub/xsub forwards subscriptions and matching messages", async () => {
    using proxy = between("xpub", "xsub", captured);
    const sub = proxy.atFront("sub").subscribe("a");
    const heard: string[][] = [];
    sub.on("message", (...frames) => heard.push(frames.map(String)));
    const pub = proxy.atBack("pub");
    for (let i = 0; heard.length < 10; i++) {
      pub.send(["a", `${i}`]).send(["b", `${i}`]);
      await turns(3);
    }
    expect(heard.every(([topic]) => topic === "a")).toBe(true);
    const early = heard.slice();
    const seen = await proxy.seenSoFar();
    if (captured) expect(seen).toEqual(expect.arrayContaining(early));
    else expect(seen).toEqual([]);
  });

  test.each([
    ["router", "dealer"],
    ["xrep", "xreq"],
  ] as const)(
    "%s/%s forwards requests and replies; replies are captured without envelope",
    async (front, back) => {
      using proxy = between(front, back, captured);
      const workers = [proxy.atBack("rep"), proxy.atBack("rep")];
      for (const worker of workers) worker.on("message", (...frames) => worker.send(["re", ...frames]));
      const clients = Array.from({ length: 4 }, () => proxy.atFront("req"));
      const expected: string[][] = [];
      await Promise.all(
        clients.map(async (client, number) => {
          for (let i = 0; i < 5; i++) {
            const reply = receive(client, 1);
            client.send([`${number}`, `${i}`]);
            expect(await reply).toEqual([["re", `${number}`, `${i}`]]);
            expected.push(["re", `${number}`, `${i}`]);
          }
        }),
      );
      const seen = await proxy.seenSoFar();
      expect(seen.sort()).toEqual(captured ? expected.sort() : []);
    },
  );
});

const types = [
  ...(["pair", "req", "rep", "pub", "sub", "dealer", "xreq"] as const),
  ...(["router", "xrep", "pull", "push", "xpub", "xsub", "stream"] as const),
];

test("other pairs throw, and their sockets stay usable", () => {
  const accepted: string[] = [];
  for (const front of types) {
    for (const back of types) {
      using frontend = open(front);
      using backend = open(back);
      try {
        zmq.proxy(frontend, backend);
        accepted.push(`${front}/${back}`);
      } catch (error) {
        expect(error).toEqual(new Error("This socket type order is not supported in compatibility mode"));
        expect(frontend.listenerCount("message") + backend.listenerCount("message")).toBe(0);
      }
    }
  }
  expect(accepted.sort()).toEqual(["pull/push", "push/pull", "router/dealer", "xpub/xsub", "xrep/xreq"]);
});
