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

/** Receives numbers until `count` have arrived or none arrives in time. */
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

/** Waits until the I/O thread of a context has processed all earlier commands. */
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

  test("scenario 31: delivers all messages of a process that exits", async () => {
    using pull = new Pull({ receiveHighWaterMark: 10, receiveTimeout: 3000 });
    await pull.bind(endpoint(transport));
    const outcome = await runProgram(`
      // Few enough for the buffers of the system, since no socket receives.
      const push = new zmq.Push({ linger: -1, sendHighWaterMark: 0 });
      push.connect(${JSON.stringify(pull.lastEndpoint)});
      for (let i = 0; i < 80; i++) await push.send(String(i).padEnd(500));
    `);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(await numbers(pull, 80)).toEqual(range(80));
  });

  test("closes a socket once the system has buffered its messages, although the receiver does not read", async () => {
    // The end of the socket must be in one batch with its last messages. It is so in nearly every round.
    for (let round = 0; round < 20; round++) {
      using pull = new Pull({ receiveHighWaterMark: 1, receiveTimeout: patience });
      await pull.bind(endpoint(transport));
      const push = new Push({ sendHighWaterMark: 0 });
      push.connect(pull.lastEndpoint as string);
      await push.send("0");
      await pull.receive();
      // Messages written one by one use more of a Unix socket's buffer than it may hold before it counts as writable.
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

  // The last batch fits only in part. libzmq writes its rest when the receiver has made room.
  test.each([700, 3333, 8100])("delivers messages of %i bytes through small system buffers", async (size) => {
    using pull = new Pull({ receiveHighWaterMark: 10, receiveBufferSize: 1024, receiveTimeout: 3000 });
    await pull.bind(endpoint(transport));
    const push = new Push({ linger: -1, sendHighWaterMark: 0, sendBufferSize: 1024 });
    push.connect(pull.lastEndpoint as string);
    for (let i = 0; i < 500; i++) await push.send(String(i).padEnd(size));
    push.close();
    expect(await numbers(pull, 500)).toEqual(range(500));
  });

  test("delivers all messages of a socket that closes with unread messages", async () => {
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

  test("keeps the messages that a connected socket with `immediate` has not delivered when the peer closes", async () => {
    const push = new Push({ linger: -1 });
    await push.bind(endpoint(transport));
    using pull = new Pull({ immediate: true, receiveTimeout: 3000 });
    const gone = new Promise((resolve) => pull.events.on("disconnect", resolve));
    pull.connect(push.lastEndpoint as string);
    for (let i = 0; i < 500; i++) await push.send(String(i));
    while (!pull.readable) await new Promise(setImmediate);
    push.close();
    await gone;
    // The socket processes the end of the pipe when it receives.
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

test("a connection that is reset while the receiver's queue is full delivers the messages before the reset", async () => {
  const context = new Context();
  using pull = new Pull({ context, receiveHighWaterMark: 10, receiveTimeout: 3000 });
  await pull.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.enter(pull.lastEndpoint as string, "PUSH");
  // In one write: a reset discards data that the sender's system has not sent.
  peer.say(...range(1000).map((i) => frame(String(i).padEnd(50))));
  await turnOver(context);
  peer.reset();
  await peer.ended;
  await turnOver(context);
  expect(await numbers(pull, 1000)).toEqual(range(1000));
});

test("a socket reconnects after it has read the unread messages of the lost connection", async () => {
  const context = new Context();
  using server = await RawServer.listen();
  using pull = new Pull({ context, receiveHighWaterMark: 10, reconnectInterval: 10, receiveTimeout: 3000 });
  pull.connect(`tcp://127.0.0.1:${server.port}`);
  for (let round = 0; round < 2; round++) {
    using peer = await server.accept();
    peer.say(hello("PUSH"));
    await peer.hear((heard) => heard.includes("READY"));
    // In one write: a reset discards data that the sender's system has not sent.
    peer.say(...range(200).map((i) => frame(String(i).padEnd(250))));
    await turnOver(context);
    peer.reset();
    await turnOver(context);
    expect(await numbers(pull, 200)).toEqual(range(200));
  }
});

test("a closing socket whose connection broke while its queue was full ends in time", async () => {
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

test("a long message that takes longer than heartbeatTimeout is received", async () => {
  using pull = new Pull({ heartbeatInterval: 300, heartbeatTimeout: 2000, receiveTimeout: patience });
  const lost: string[] = [];
  pull.events.on("disconnect", ({ type }) => lost.push(type));
  await pull.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.enter(pull.lastEndpoint as string, "PUSH");
  // heartbeatTimeToLive is 20 tenths of a second.
  peer.say(command("PING", "\0\x14"), frame("", { length: 50_000, flags: more }).subarray(0, 9));
  for (let i = 0; i < 50; i++) {
    peer.say(Buffer.alloc(1000));
    await delay(60);
  }
  peer.say(join(frame("end")));
  expect((await pull.receive()).map(({ length }) => length)).toEqual([50_000, 3]);
  expect(lost).toEqual([]);
});

test("heartbeats detect a peer that stops in the middle of a message", async () => {
  using pull = new Pull({ heartbeatInterval: 50, heartbeatTimeout: 200 });
  const gone = new Promise((resolve) => pull.events.on("disconnect", resolve));
  await pull.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.enter(pull.lastEndpoint as string, "PUSH");
  peer.say(frame("", { length: 20_000 }), Buffer.alloc(1000));
  await gone;
});
