// Messages that were sent before a connection ended: all of them arrive, whatever else happens to the connection.

import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Context, Dealer, Pull, Push } from "zmq-native";
import { patience, runProgram } from "../helpers/program.js";
import { freshEndpoint, whenFree } from "../helpers/transports.js";
import { command, frame, hello, join, more, RawPeer, RawServer } from "../helpers/zmtp.js";

const transports = ["tcp", "ipc", "ws"] as const;
type Transport = "tcp" | "ipc" | "ws";
const endpoint = (transport: string) =>
  transport === "ws" ? "ws://127.0.0.1:*" : freshEndpoint(transport as Exclude<Transport, "ws">);

/** The numbers that come until `count` have come, or none more comes. */
async function numbers(pull: { receive(): Promise<Buffer[]> }, count: number): Promise<number[]> {
  const received: number[] = [];
  try {
    while (received.length < count) received.push(Number(String((await pull.receive())[0]).trim()));
  } catch (error) {
    if ((error as { code?: string }).code !== "EAGAIN") throw error;
  }
  return received;
}
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Waits until the I/O thread of a context has met what happened before. */
async function turnOver(context: Context): Promise<void> {
  for (let i = 0; i < 3; i++) {
    using pull = new Pull({ context, receiveTimeout: patience });
    using push = new Push({ context });
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint as string);
    await push.send("turn");
    await pull.receive();
  }
}

describe.each(transports)("%s", (transport) => {
  test("scenario 31: delivers all messages of a sender that closed while the receiver's queue was full", async () => {
    const context = new Context();
    using pull = new Pull({ context, receiveHighWaterMark: 10, receiveTimeout: 3000 });
    await pull.bind(endpoint(transport));
    const push = new Push({ linger: -1, sendHighWaterMark: 0 });
    push.connect(pull.lastEndpoint as string);
    for (let i = 0; i < 2000; i++) await push.send(String(i));
    push.close();
    await turnOver(context);
    expect(await numbers(pull, 2000)).toEqual(range(2000));
  });

  test("scenario 31: delivers all messages of a process that ends", async () => {
    using pull = new Pull({ receiveHighWaterMark: 10, receiveTimeout: 3000 });
    await pull.bind(endpoint(transport));
    const outcome = await runProgram(`
      // No more than the system takes while nobody receives.
      const push = new zmq.Push({ linger: -1, sendHighWaterMark: 0 });
      push.connect(${JSON.stringify(pull.lastEndpoint)});
      for (let i = 0; i < 80; i++) await push.send(String(i).padEnd(500));
    `);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(await numbers(pull, 80)).toEqual(range(80));
  });

  test("a socket ends once the system has all its messages, though nobody receives them", async () => {
    // The end of the socket must be in one batch with its last messages: it is in nearly every round.
    for (let round = 0; round < 20; round++) {
      using pull = new Pull({ receiveHighWaterMark: 1, receiveTimeout: patience });
      await pull.bind(endpoint(transport));
      const push = new Push({ sendHighWaterMark: 0 });
      push.connect(pull.lastEndpoint as string);
      await push.send("0");
      await pull.receive();
      // Written one by one, they take more of a Unix socket's buffer than it allows before it counts as writable.
      for (let i = 1; i <= 60; i++) {
        await push.send(String(i).padEnd(500));
        await delay(1);
      }
      for (let i = 61; i < 100; i++) push.trySend(String(i));
      const late = new AbortController();
      await Promise.race([
        push.close({ linger: -1 }),
        delay(patience, undefined, { signal: late.signal }).then(() => {
          throw new Error("the socket has not ended");
        }),
      ]).finally(() => late.abort());
      expect(await numbers(pull, 99)).toEqual(range(100).slice(1));
    }
  });

  // The last batch fits in part only; its rest is written when the receiver has made room.
  test.each([700, 3333, 8100])(
    "delivers messages of %i bytes, where the system has little room",
    async (size) => {
      using pull = new Pull({ receiveHighWaterMark: 10, receiveBufferSize: 1024, receiveTimeout: 3000 });
      await pull.bind(endpoint(transport));
      const push = new Push({ linger: -1, sendHighWaterMark: 0, sendBufferSize: 1024 });
      push.connect(pull.lastEndpoint as string);
      for (let i = 0; i < 500; i++) await push.send(String(i).padEnd(size));
      push.close();
      expect(await numbers(pull, 500)).toEqual(range(500));
    },
  );

  test("delivers all messages of a socket that closes with messages it has not received", async () => {
    using one = new Dealer({ linger: 0, receiveHighWaterMark: 10, sendTimeout: 0, receiveTimeout: 3000 });
    await one.bind(endpoint(transport));
    const other = new Dealer({ linger: -1, sendHighWaterMark: 0, receiveHighWaterMark: 10 });
    other.connect(one.lastEndpoint as string);
    await other.send("0");
    expect(String(await one.receive())).toBe("0");
    for (let i = 0; i < 300; i++) one.send(Buffer.alloc(1000)).catch(() => {});
    while (!other.readable) await new Promise(setImmediate);
    for (let i = 1; i < 3000; i++) await other.send(String(i).padEnd(1000));
    other.close();
    expect(await numbers(one, 2999)).toEqual(range(3000).slice(1));
  });

  test("keeps messages that a connecting socket with `immediate` has not delivered when the peer closes", async () => {
    const push = new Push({ linger: -1 });
    await push.bind(endpoint(transport));
    using pull = new Pull({ immediate: true, receiveTimeout: 3000 });
    const gone = new Promise((resolve) => pull.events.on("disconnect", resolve));
    pull.connect(push.lastEndpoint as string);
    for (let i = 0; i < 500; i++) await push.send(String(i));
    while (!pull.readable) await new Promise(setImmediate);
    push.close();
    await gone;
    // The socket meets the end of the pipe when it receives.
    expect(await numbers(pull, 500)).toEqual(range(500));
  });
});

test("a socket with `immediate` reconnects and receives again", async () => {
  for (const [One, Other] of [
    [Push, Pull],
    [Dealer, Dealer],
  ] as const) {
    let bound = new One({ linger: -1 });
    await bound.bind("tcp://127.0.0.1:*");
    const address = bound.lastEndpoint as string;
    using connected = new Other({ immediate: true, reconnectInterval: 10, receiveTimeout: patience });
    connected.connect(address);
    for (let round = 0; round < 3; round++) {
      await bound.send(`${round}`);
      expect(String(await connected.receive())).toBe(`${round}`);
      bound.close();
      bound = new One({ linger: -1 });
      await whenFree(() => bound.bind(address));
    }
    bound.close();
  }
});

test("a connection that is reset while the receiver's queue is full delivers what came before", async () => {
  const context = new Context();
  using pull = new Pull({ context, receiveHighWaterMark: 10, receiveTimeout: 3000 });
  await pull.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.enter(pull.lastEndpoint as string, "PUSH");
  // In one write: a reset takes what the sender's system has not sent.
  peer.say(...range(1000).map((i) => frame(String(i).padEnd(50))));
  await turnOver(context);
  peer.reset();
  await peer.ended;
  await turnOver(context);
  expect(await numbers(pull, 1000)).toEqual(range(1000));
});

test("a socket that connects again after it has read what the last connection left", async () => {
  const context = new Context();
  using server = await RawServer.listen();
  using pull = new Pull({ context, receiveHighWaterMark: 10, reconnectInterval: 10, receiveTimeout: 3000 });
  pull.connect(`tcp://127.0.0.1:${server.port}`);
  for (let round = 0; round < 2; round++) {
    using peer = await server.accept();
    peer.say(hello("PUSH"));
    await peer.hear((heard) => heard.includes("READY"));
    // In one write: a reset takes what the sender's system has not sent.
    peer.say(...range(200).map((i) => frame(String(i).padEnd(250))));
    await turnOver(context);
    peer.reset();
    await turnOver(context);
    expect(await numbers(pull, 200)).toEqual(range(200));
  }
});

test("a closing socket whose connection broke while it received nothing ends in time", async () => {
  const context = new Context();
  const dealer = new Dealer({ context, receiveHighWaterMark: 10, linger: -1 });
  await dealer.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.enter(dealer.lastEndpoint as string, "DEALER");
  peer.say(...range(1000).map((i) => frame(String(i).padEnd(50))));
  await turnOver(context);
  peer.reset();
  await turnOver(context);
  await dealer.send("for a peer that has gone").catch(() => {});
  dealer.close();
  await context.close();
});

test("a long message that takes longer than heartbeats allow is received", async () => {
  using pull = new Pull({ heartbeatInterval: 100, heartbeatTimeout: 300, receiveTimeout: patience });
  const lost: string[] = [];
  pull.events.on("disconnect", ({ type }) => lost.push(type));
  await pull.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.enter(pull.lastEndpoint as string, "PUSH");
  // Its time to live is three tenths of a second.
  peer.say(command("PING", "\0\x03"), frame("", { length: 20_000, flags: more }).subarray(0, 9));
  for (let i = 0; i < 20; i++) {
    peer.say(Buffer.alloc(1000));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  peer.say(join(frame("end")));
  expect((await pull.receive()).map(({ length }) => length)).toEqual([20_000, 3]);
  expect(lost).toEqual([]);
});

test("heartbeats still find a peer that says nothing in the middle of a message", async () => {
  using pull = new Pull({ heartbeatInterval: 50, heartbeatTimeout: 200 });
  const gone = new Promise((resolve) => pull.events.on("disconnect", resolve));
  await pull.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.enter(pull.lastEndpoint as string, "PUSH");
  peer.say(frame("", { length: 20_000 }), Buffer.alloc(1000));
  await gone;
});
