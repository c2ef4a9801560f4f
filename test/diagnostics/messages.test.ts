// Sends and receives on the tracing channels of node:diagnostics_channel.

import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { afterEach, describe, expect, test } from "vitest";
import {
  Dealer,
  Pair,
  Pull,
  Push,
  type ReceivePayload,
  Reply,
  Request,
  Router,
  type SendPayload,
  Stream,
  XPublisher,
  XSubscriber,
} from "zmq-native";
import { Gather, Radio, Scatter } from "zmq-native/draft";
import { toReadable, toWritable } from "zmq-native/streams";
import * as v5 from "zmq-native/v5-compat";
import { join } from "../helpers/pairs.js";
import { TraceRecorder } from "../helpers/recorder.js";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

const sends = (only?: string[]) => new TraceRecorder<SendPayload>("send", only);
const receives = (only?: string[]) => new TraceRecorder<ReceivePayload>("receive", only);

async function pair(): Promise<{ push: Push; pull: Pull }> {
  const { bound: pull, connected: push } = await join(new Pull(), new Push({ linger: 0 }), "tcp");
  open.push(push, pull);
  return { push, pull };
}

const asynchronous = ["start", "end", "asyncStart", "asyncEnd"];
const synchronous = ["start", "end"];

describe("send", () => {
  test("reports send, trySend and sendMany with their sizes", async () => {
    const { push, pull } = await pair();
    using recorder = sends();
    await push.send(["ä", Buffer.alloc(10), 123, null]);
    expect(push.trySend("four")).toBe(true);
    await push.sendMany(["1", ["2", "33"]]);
    const [one, tried, many] = recorder.payloads;
    const common = { socket: push, socketType: "PUSH", endpoint: pull.lastEndpoint };
    expect(one).toMatchObject({ ...common, operation: "send", count: 1, frames: 4, bytes: 15 });
    expect(tried).toMatchObject({ operation: "trySend", count: 1, frames: 1, bytes: 4, result: true });
    expect(many).toMatchObject({ operation: "sendMany", count: 2, frames: 3, bytes: 4 });
    expect(many!.messages).toEqual([["1"], ["2", "33"]]);
    expect(recorder.phases((payload) => payload === one)).toEqual(asynchronous);
    expect(recorder.phases((payload) => payload === tried)).toEqual(synchronous);
    expect(recorder.phases((payload) => payload === many)).toEqual(asynchronous);
    expect(one!.socketId).toBe(many!.socketId);
    expect(String((await pull.receive())[0])).toBe("ä");
  });

  test.each(["start", "end", "asyncStart", "asyncEnd"])(
    "reports to a subscriber of %s alone",
    async (phase) => {
      const { push } = await pair();
      using recorder = sends([phase]);
      await push.send("message");
      expect(recorder.phases()).toEqual([phase]);
    },
  );

  test("reports nothing before the first and after the last subscription", async () => {
    const { push } = await pair();
    await push.send("before");
    const recorder = sends();
    await push.send("during");
    recorder[Symbol.dispose]();
    await push.send("after");
    expect(recorder.payloads.map(({ messages }) => messages)).toEqual([[["during"]]]);
  });

  test("reports errors: thrown, rejected, and of trySend", async () => {
    const push = new Push({ sendTimeout: 0 });
    using recorder = sends();
    await expect(push.send("nobody")).rejects.toMatchObject({ code: "EAGAIN" });
    expect(push.trySend("nobody")).toBe(false);
    push.close();
    expect(() => push.send("closed")).toThrow(expect.objectContaining({ code: "EBADF" }));
    expect(() => push.trySend("closed")).toThrow(expect.objectContaining({ code: "EBADF" }));
    const [timeout, full, thrown, tried] = recorder.payloads;
    expect(recorder.phases((payload) => payload === timeout)).toEqual([
      "start",
      "end",
      "error",
      "asyncStart",
      "asyncEnd",
    ]);
    expect(timeout!.error).toMatchObject({ code: "EAGAIN" });
    expect(full!.result).toBe(false);
    for (const payload of [thrown, tried]) {
      expect(payload!.error).toMatchObject({ code: "EBADF" });
      expect(recorder.phases((other) => other === payload)).toEqual(["start", "error", "end"]);
    }
  });

  test("does not report arguments that cannot be sent", async () => {
    const { push } = await pair();
    using recorder = sends();
    expect(() => push.send(undefined as never)).toThrow(TypeError);
    expect(() => push.send("x", { timeout: Number.NaN })).toThrow(TypeError);
    await push.send([] as never);
    expect(recorder.payloads).toHaveLength(1);
    expect(recorder.payloads[0]).toMatchObject({ count: 0, frames: 0, bytes: 0, messages: [] });
  });

  test("keeps the planned losses of a send queue silent, and other rejections loud", async () => {
    const push = new Push({ sendQueue: { max: 1, overflow: "dropOldest" }, linger: 0 });
    open.push(push);
    using recorder = sends();
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", listener);
    void push.send("dropped");
    const kept = push.send("kept");
    await recorder.until(({ seen }) => seen.some(({ phase }) => phase === "error"));
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
    kept.catch(() => {});
    void push.sendMany(["x"], { signal: AbortSignal.abort(new Error("loud")) });
    while (unhandled.length === 0) await new Promise(setImmediate);
    process.off("unhandledRejection", listener);
    expect(unhandled).toMatchObject([{ message: "loud" }]);
  });

  test("reports a transfer before its Buffers are detached", async () => {
    const { push, pull } = await pair();
    using recorder = sends();
    await push.send(Buffer.from(new ArrayBuffer(100)), { transfer: true });
    expect(recorder.payloads[0]).toMatchObject({ bytes: 100 });
    expect(recorder.payloads[0]!.messages[0]![0]).toHaveLength(0);
    expect((await pull.receive())[0]).toHaveLength(100);
  });

  test("a subscriber may close the socket, or use it", async () => {
    const { push, pull } = await pair();
    let nested: Promise<void> | undefined;
    const name = "tracing:zmq-native:send:start";
    const use = (payload: unknown) => {
      unsubscribe(name, use);
      nested = (payload as SendPayload & { socket: Push }).socket.send("nested");
    };
    subscribe(name, use);
    await push.send("outer");
    await nested;
    expect([String(await pull.receive()), String(await pull.receive())]).toEqual(["nested", "outer"]);

    const close = (payload: unknown) => (payload as SendPayload).socket.close();
    subscribe(name, close);
    expect(() => push.send("late")).toThrow(expect.objectContaining({ code: "EBADF" }));
    unsubscribe(name, close);
  });

  test("a store that is bound to start holds during the call", async () => {
    const { push } = await pair();
    const storage = new AsyncLocalStorage<string>();
    const { start } = tracingChannel<string, SendPayload>("zmq-native:send");
    const stores: (string | undefined)[] = [];
    start.bindStore(storage, ({ operation }) => `store of ${operation}`);
    const end = () => stores.push(storage.getStore());
    subscribe("tracing:zmq-native:send:end", end);
    await push.send("message");
    unsubscribe("tracing:zmq-native:send:end", end);
    start.unbindStore(storage);
    expect(stores).toEqual(["store of send"]);
  });
});

describe("append", () => {
  const name = "tracing:zmq-native:send:start";
  const results: boolean[] = [];
  const append = (payload: unknown) => results.push((payload as SendPayload).append("extra"));
  async function appending(act: () => Promise<void>): Promise<boolean[]> {
    results.length = 0;
    subscribe(name, append);
    try {
      await act();
    } finally {
      unsubscribe(name, append);
    }
    return results.slice();
  }

  test("adds a frame to each message", async () => {
    const { push, pull } = await pair();
    await appending(async () => {
      await push.send("one");
      push.trySend(["two", "2"]);
      await push.sendMany(["three", ["four"]]);
      await push.send([] as never);
      await push.send(Buffer.from(new ArrayBuffer(3)), { transfer: true });
    });
    const texts = async () => (await pull.receive()).map(String);
    expect(await texts()).toEqual(["one", "extra"]);
    expect(await texts()).toEqual(["two", "2", "extra"]);
    expect(await texts()).toEqual(["three", "extra"]);
    expect(await texts()).toEqual(["four", "extra"]);
    expect(await texts()).toEqual(["\0\0\0", "extra"]);
  });

  test("leaves the sizes of the payload unchanged, and the program's array", async () => {
    const { push, pull } = await pair();
    using recorder = sends(["end"]);
    const message = ["a", "b"];
    await appending(() => push.send(message));
    expect(message).toEqual(["a", "b"]);
    expect(recorder.payloads[0]).toMatchObject({ frames: 2, bytes: 2 });
    expect(await pull.receive()).toHaveLength(3);
  });

  test("works with the envelopes of Request, Router, Dealer and Reply", async () => {
    const [router, request, dealer] = [new Router(), new Request(), new Dealer()];
    open.push(router, request, dealer);
    await router.bind("tcp://127.0.0.1:*");
    request.connect(router.lastEndpoint!);
    dealer.connect(router.lastEndpoint!);
    await appending(() => request.send("question"));
    const [id, empty, ...question] = await router.receive();
    expect(question.map(String)).toEqual(["question", "extra"]);
    await appending(() => router.send([id!, empty!, "answer"]));
    expect((await request.receive()).map(String)).toEqual(["answer", "extra"]);
    await appending(() => dealer.send("x"));
    expect((await router.receive()).slice(1).map(String)).toEqual(["x", "extra"]);
    const reply = new Reply();
    open.push(reply);
    await reply.bind("tcp://127.0.0.1:*");
    const other = new Request();
    open.push(other);
    other.connect(reply.lastEndpoint!);
    await other.send("q");
    await reply.receive();
    await appending(() => reply.send("a"));
    expect((await other.receive()).map(String)).toEqual(["a", "extra"]);
  });

  test("leaves subscriptions of an XSubscriber unchanged", async () => {
    const [publisher, subscriber] = [new XPublisher(), new XSubscriber()];
    open.push(publisher, subscriber);
    await publisher.bind("tcp://127.0.0.1:*");
    subscriber.connect(publisher.lastEndpoint!);
    await appending(() => subscriber.send("\x01topic"));
    expect((await publisher.receive()).map(String)).toEqual(["\x01topic"]);
    await appending(() => subscriber.send("user"));
    expect((await publisher.receive()).map(String)).toEqual(["user", "extra"]);
  });

  test("returns false for messages that cannot have another frame", async () => {
    const conflating = new Push({ conflate: true });
    const [scatter, radio, stream] = [new Scatter(), new Radio(), new Stream()];
    open.push(conflating, scatter, radio, stream);
    const tried = await appending(async () => {
      conflating.trySend("x");
      scatter.trySend("x");
      radio.trySend("x", { group: "group" });
      expect(() => stream.trySend(["id", "x"])).toThrow();
    });
    expect(tried).toEqual([false, false, false, false]);
    using recorder = sends();
    conflating.trySend("late");
    expect(recorder.payloads[0]!.append("x")).toBe(false);
    expect(() => recorder.payloads[0]!.append(5 as never)).toThrow(TypeError);
  });
});

describe("receive", () => {
  test("reports every way to receive", async () => {
    const { push, pull } = await pair();
    using recorder = receives();
    const send = (...messages: string[]) => push.sendMany(messages);
    await send("1");
    await pull.receive();
    await send("2", "3");
    expect(await pull.receiveMany({ max: 1 })).toHaveLength(1);
    await pull.receiveWithMetadata();
    await send("4");
    while (pull.tryReceive() === undefined) await new Promise(setImmediate);
    await send("5", "6", "7", "8");
    for await (const [frame] of pull) if (String(frame) === "6") break;
    for await (const batch of pull.batches({ max: 1 })) if (batch.length === 1) break;
    for await (const { message } of pull.messagesWithMetadata()) if (message) break;

    const done = recorder.payloads.filter(({ count }) => count > 0);
    expect(done.map(({ operation, messages }) => [operation, String(messages)])).toEqual([
      ["receive", "1"],
      ["receiveMany", "2"],
      ["receiveWithMetadata", "3"],
      ["tryReceive", "4"],
      ["for await", "5"],
      ["for await", "6"],
      ["batches", "7"],
      ["messagesWithMetadata", "8"],
    ]);
    for (const payload of done) {
      expect(payload).toMatchObject({ socket: pull, socketType: "PULL", count: 1, frames: 1, bytes: 1 });
      const expected = payload.operation === "tryReceive" ? synchronous : asynchronous;
      expect(recorder.phases((other) => other === payload)).toEqual(expected);
    }
  });

  test("a subscriber may remove frames before the program gets the message", async () => {
    const { push, pull } = await pair();
    const remove = (payload: unknown) => {
      for (const message of (payload as ReceivePayload).messages) message.pop();
    };
    subscribe("tracing:zmq-native:receive:asyncStart", remove);
    await push.sendMany([
      ["a", "x"],
      ["b", "x"],
      ["c", "x"],
    ]);
    expect(String(await pull.receive())).toBe("a");
    for await (const message of pull) {
      expect(String(message)).toBe("b");
      break;
    }
    expect(String(await pull.receiveMany())).toBe("c");
    unsubscribe("tracing:zmq-native:receive:asyncStart", remove);
  });

  test("reports timeouts, aborts, a closed socket and the end of a loop", async () => {
    const pull = new Pull();
    using recorder = receives();
    await expect(pull.receive({ timeout: 1 })).rejects.toMatchObject({ code: "EAGAIN" });
    await expect(pull.receive({ signal: AbortSignal.abort("stop") })).rejects.toBe("stop");
    const loop = (async () => {
      for await (const _ of pull);
    })();
    pull.close();
    await loop;
    expect(() => pull.tryReceive()).toThrow(expect.objectContaining({ code: "EBADF" }));
    expect(recorder.payloads.map(({ operation, error, count }) => [operation, error, count])).toEqual([
      ["receive", expect.objectContaining({ code: "EAGAIN" }), 0],
      ["receive", "stop", 0],
      ["for await", undefined, 0],
      ["tryReceive", expect.objectContaining({ code: "EBADF" }), 0],
    ]);
  });

  test("counts the frame of a draft socket, not its routing id", async () => {
    const [scatter, gather] = [new Scatter(), new Gather()];
    open.push(scatter, gather);
    await gather.bind("tcp://127.0.0.1:*");
    scatter.connect(gather.lastEndpoint!);
    using recorder = receives(["asyncEnd"]);
    await scatter.send("12345");
    await gather.receive();
    expect(recorder.payloads[0]).toMatchObject({ socketType: "GATHER", count: 1, frames: 1, bytes: 5 });
  });
});

describe("interfaces on top", () => {
  test("streams", async () => {
    const { push, pull } = await pair();
    using sent = sends(["asyncEnd"]);
    using received = receives(["asyncEnd"]);
    await Promise.all([
      pipeline(["one", "two"], toWritable(push, { endMarker: "end" })),
      pipeline(toReadable(pull, { endMarker: "end" }), async (messages) => {
        for await (const _ of messages);
      }),
    ]);
    const total = (payloads: { count: number }[]) => payloads.reduce((sum, { count }) => sum + count, 0);
    expect(total(sent.payloads)).toBe(3);
    expect(total(received.payloads)).toBe(3);
  });

  test("v5-compat", async () => {
    const [push, pull] = [v5.socket("push"), v5.socket("pull")];
    open.push(push, pull);
    pull.bindSync("tcp://127.0.0.1:*");
    push.connect(String(pull.last_endpoint));
    using sent = sends();
    using received = receives(["asyncEnd"]);
    const message = once(pull, "message");
    push.send(["one", "two"]);
    expect((await message).map(String)).toEqual(["one", "two"]);
    expect(sent.payloads).toMatchObject([{ operation: "trySend", socketType: "PUSH", frames: 2 }]);
    // The receive that was pending before the subscription is not reported.
    const next = once(pull, "message");
    push.send("three");
    await next;
    expect(received.payloads).toMatchObject([{ operation: "receiveMany", socketType: "PULL", bytes: 5 }]);
  });
});

test("a subscriber that throws does not disturb the socket", async () => {
  const [left, right] = [new Pair(), new Pair()];
  open.push(left, right);
  await left.bind("inproc://throwing-subscriber");
  right.connect("inproc://throwing-subscriber");
  const errors: Error[] = [];
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => errors.push(error));
  const fail = () => {
    throw new Error("of a subscriber");
  };
  const names = ["send", "receive"].flatMap((name) =>
    ["start", "end", "asyncStart", "asyncEnd"].map((phase) => `tracing:zmq-native:${name}:${phase}`),
  );
  for (const name of names) subscribe(name, fail);
  await left.send("message");
  expect(String(await right.receive())).toBe("message");
  for (const name of names) unsubscribe(name, fail);
  while (errors.length < names.length) await new Promise(setImmediate);
  process.removeAllListeners("uncaughtException");
  for (const listener of listeners) process.on("uncaughtException", listener);
  expect(errors.map(({ message }) => message)).toEqual(names.map(() => "of a subscriber"));
});
