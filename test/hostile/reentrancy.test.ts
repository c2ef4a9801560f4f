// User code that runs while a call reads its arguments: getters, iterators, conversions, proxies and signals that close
// the socket, start another operation, or throw. Every promise settles, and only intended messages are sent.

import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import {
  Context,
  Dealer,
  Proxy as Forwarder,
  type MessageLike,
  Pair,
  Publisher,
  Pull,
  Push,
  Router,
  type Socket,
} from "zmq-native";
import { Dish, Radio, Server } from "zmq-native/draft";
import { join } from "../helpers/pairs.js";
import { runProgram } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";

const ebusy = expect.objectContaining({ code: "EBUSY" });
const ebadf = expect.objectContaining({ code: "EBADF" });

/** An array whose first element is a getter that calls a function. */
function trap(act: () => void, rest: MessageLike[] = []): MessageLike[] {
  return Object.defineProperty(["", ...rest], 0, {
    get() {
      act();
      return "trapped";
    },
  });
}

/** A Push whose queue holds one message and is full. */
function fullPush(): Push {
  const push = new Push({ sendHighWaterMark: 1, linger: 0 });
  push.connect(freshEndpoint("inproc"));
  push.trySend("fills it");
  return push;
}

describe("elements of a message", () => {
  test("a getter that closes the socket causes EBADF, in a message of any length", () => {
    const calls: [string, (push: Push, message: MessageLike[]) => unknown][] = [
      ["send", (push, message) => push.send(message)],
      ["trySend", (push, message) => push.trySend(message)],
      ["sendMany", (push, message) => push.sendMany([message])],
    ];
    for (const [, call] of calls) {
      for (const length of [0, 1, 2, 3, 70]) {
        const push = new Push({ linger: 0 });
        const message = trap(() => push.close(), Array(length).fill("x"));
        expect(() => call(push, message)).toThrow(ebadf);
      }
    }
  });

  // In its own process: this once used a freed socket.
  test("a getter that closes the socket and opens others does not send through those", async () => {
    const outcome = await runProgram(`
      for (let round = 0; round < 100; round++) {
        const victim = new zmq.Push({ linger: 0 });
        const opened = [];
        const message = ["", "x"];
        Object.defineProperty(message, 0, { get() {
          victim.close();
          for (let i = 0; i < 3; i++) opened.push(new zmq.Push({ linger: 0, sendHighWaterMark: 0 }));
          for (const push of opened) push.connect("inproc://elsewhere" + round);
          return "stolen";
        } });
        let code;
        try { await victim.sendMany([message, message]); } catch (error) { code = error.code; }
        if (code !== "EBADF") throw new Error("ended with " + code);
        const pull = new zmq.Pull();
        pull.bindSync("inproc://elsewhere" + round);
        await new Promise(setImmediate);
        if (pull.tryReceive()) throw new Error("sent through another socket");
        for (const socket of [...opened, pull]) socket.close();
      }
      console.log("done");
    `);
    expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "done\n", stderr: "" });
  });

  test.each([1, 2, 3, 4, 70])(
    "each of %i elements is read once, even if the message has to wait",
    async (length) => {
      using push = fullPush();
      const reads: string[] = [];
      const message = new Proxy(Array(length).fill("x"), {
        get(target, key, receiver) {
          reads.push(String(key));
          return Reflect.get(target, key, receiver);
        },
      });
      const waiting = push.send(message, { timeout: 1 });
      await expect(waiting).rejects.toMatchObject({ code: "EAGAIN" });
      expect(reads.sort()).toEqual(["length", ...Array.from({ length }, (_, index) => String(index))].sort());
    },
  );

  test("missing elements are sent as undefined, as in zeromq", async () => {
    using pair = await join(new Pair(), new Pair(), "inproc");
    for (const length of [1, 2, 3, 5, 70]) {
      const holes = Array<string>(length);
      await pair.connected.send(holes);
      await pair.connected.sendMany([holes]);
      const frames = Array(length).fill("undefined");
      expect((await pair.bound.receive()).map(String)).toEqual(frames);
      expect((await pair.bound.receive()).map(String)).toEqual(frames);
    }
  });

  test("bytes of another realm are sent as bytes, and a proxy around bytes is rejected", async () => {
    using pair = await join(new Pair(), new Pair(), "inproc");
    const foreign = runInNewContext("Uint8Array.of(1, 2, 255)") as Uint8Array;
    expect(foreign instanceof Uint8Array).toBe(false);
    for (const message of [foreign, [foreign, foreign]]) {
      await pair.connected.send(message);
      for (const frame of await pair.bound.receive()) expect(frame).toEqual(Buffer.of(1, 2, 255));
    }
    const proxied = new Proxy(Uint8Array.of(1), {});
    expect(() => pair.connected.send(proxied)).toThrow(TypeError);
    expect(() => pair.connected.send(["a", proxied])).toThrow(TypeError);
    expect(pair.bound.tryReceive()).toBeUndefined();
  });

  test("an object that claims to be bytes by Symbol.hasInstance is sent as text", async () => {
    using pair = await join(new Pair(), new Pair(), "inproc");
    const liar = Object.create(Uint8Array.prototype, { toString: { value: () => "text" } });
    expect(liar instanceof Uint8Array).toBe(true);
    await pair.connected.send(liar);
    expect(String(await pair.bound.receive())).toBe("text");
  });

  test("overridden properties of bytes are ignored, and copying them runs no user code", async () => {
    using push = new Push({ sendHighWaterMark: 1, linger: 0 });
    let ran = 0;
    const act = () => {
      ran++;
      push.close();
      return 3;
    };
    const bytes = Uint8Array.of(7, 8, 9);
    for (const name of [
      "length",
      "byteLength",
      "byteOffset",
      "valueOf",
      "slice",
      "constructor",
      "toString",
    ]) {
      Object.defineProperty(bytes, name, { get: act });
    }
    Object.defineProperty(bytes.buffer, "constructor", { get: act });
    using pull = new Pull();
    await pull.bind(freshEndpoint("inproc"));
    // The message has to wait, so it is copied. Then it is sent.
    const waiting = push.send([bytes, "second"]);
    push.connect(pull.lastEndpoint as string);
    await waiting;
    expect(await pull.receive()).toEqual([Buffer.of(7, 8, 9), Buffer.from("second")]);
    expect(ran).toBe(0);
  });

  test("bytes that are detached while the message is read are sent empty", async () => {
    using pair = await join(new Pair(), new Pair(), "inproc");
    const bytes = new Uint8Array(100);
    const detaches = {
      toString() {
        structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
        return "gone";
      },
    };
    const message = [bytes, detaches];
    await pair.connected.send(message as unknown as MessageLike[]);
    expect((await pair.bound.receive()).map(String)).toEqual(["", "gone"]);
    const view = new Float64Array(2);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    for (const detached of [view, view.buffer]) {
      await pair.connected.send(detached);
      expect(String(await pair.bound.receive())).toBe("");
    }
    using push = fullPush();
    const other = new Uint8Array(100);
    structuredClone(other.buffer, { transfer: [other.buffer] });
    await expect(push.send([other, "waits"], { timeout: 1 })).rejects.toMatchObject({ code: "EAGAIN" });
  });

  test("an overridden length does not bypass a datagram's size limit", async () => {
    using radio = new Radio();
    radio.connect("udp://127.0.0.1:5557");
    const long = new Uint8Array(10_000);
    for (const name of ["length", "byteLength"]) Object.defineProperty(long, name, { value: 1 });
    const tooLong = expect.objectContaining({ code: "EMSGSIZE" });
    await expect(radio.send(long, { group: "g" })).rejects.toEqual(tooLong);
    expect(() => radio.trySend(long, { group: "g" })).toThrow(tooLong);
    await expect(radio.sendMany([[long, { group: "g" }]])).rejects.toEqual(tooLong);
  });
});

describe("sendMany", () => {
  test("a generator that sends on the same socket sends both messages, and both promises settle", async () => {
    using pair = await join(new Pair(), new Pair(), "inproc");
    let inner: Promise<void> | undefined;
    const outer = pair.connected.sendMany(
      (function* () {
        yield "1";
        inner = pair.connected.sendMany(["a", "b"]);
        yield "2";
      })(),
    );
    await Promise.all([inner, outer]);
    const received = [];
    for (let i = 0; i < 4; i++) received.push(String(await pair.bound.receive()));
    expect(received).toEqual(["a", "b", "1", "2"]);
  });

  test.each(["send", "sendMany"] as const)(
    "a generator whose %s waits makes the outer call throw EBUSY",
    async (inner) => {
      const push = fullPush();
      let waiting: Promise<void> | undefined;
      const messages = function* () {
        yield "1";
        waiting = push[inner](inner === "send" ? "waits" : (["waits"] as never));
        yield "2";
      };
      expect(() => push.sendMany(messages())).toThrow(ebusy);
      push.close();
      await expect(waiting).rejects.toMatchObject({ code: "EAGAIN" });
    },
  );

  test("a generator that closes the socket causes EBADF", () => {
    const push = new Push();
    const messages = function* () {
      push.close();
      yield "1";
    };
    expect(() => push.sendMany(messages())).toThrow(ebadf);
  });

  test("an already aborted signal prevents reading the messages", async () => {
    using push = new Push();
    const endless = function* () {
      for (;;) yield "again";
    };
    const reason = { enough: true };
    await expect(push.sendMany(endless(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("a proxy cannot take over the socket between two parts of the batch", async () => {
    using pair = await join(new Dealer(), new Dealer({ sendHighWaterMark: 0 }), "tcp");
    // There is room for all messages, so it does not wait. It only yields to other code.
    const sending = pair.connected.sendMany(Array(100_000).fill("x"));
    expect(pair.connected.writable).toBe(true);
    using other = new Dealer();
    other.connect("tcp://127.0.0.1:1");
    other.linger = 0;
    expect(() => new Forwarder(pair.connected, other).run()).toThrow(ebusy);
    pair.connected.linger = 0;
    pair.connected.close();
    await expect(sending).rejects.toMatchObject({ code: "EAGAIN", sent: expect.any(Number) });
  });
});

describe("the rejection of an aborted sendMany has the number of sent messages", () => {
  /** Without a peer, a Push over inproc has room for as many messages as its high-water mark. */
  const room = 5;

  async function abort(reason: unknown): Promise<unknown> {
    using push = new Push({ sendHighWaterMark: room, linger: 0 });
    push.connect(freshEndpoint("inproc"));
    const controller = new AbortController();
    const sending = push.sendMany(Array(1000).fill("x"), { signal: controller.signal });
    controller.abort(reason);
    return sending.then(
      () => "resolved",
      (error: unknown) => error,
    );
  }

  test("as the property `sent` of the reason", async () => {
    const reason = new Error("enough");
    expect(await abort(reason)).toBe(reason);
    expect(reason).toMatchObject({ sent: room });
    expect(await abort(undefined)).toMatchObject({ name: "AbortError", sent: room });
  });

  test("except for primitives and frozen objects, which are rejected unchanged", async () => {
    const frozen = Object.freeze({ stop: true });
    const hostile = new Proxy(
      {},
      {
        defineProperty() {
          throw new Error("no");
        },
      },
    );
    for (const reason of ["stop", 0, null, Symbol("s"), frozen, hostile])
      expect(await abort(reason)).toBe(reason);
  });

  test("except when one reason aborts several operations", async () => {
    const pushes = [fullPush(), fullPush()];
    const controller = new AbortController();
    const sending = pushes.map((push) => push.sendMany(["x"], { signal: controller.signal }));
    controller.abort();
    for (const promise of sending) {
      const error = (await promise.catch((reason) => reason)) as { sent?: number };
      expect(error).toBe(controller.signal.reason);
      expect(error.sent).toBeUndefined();
    }
    for (const push of pushes) push.close();
  });
});

describe("options of an operation", () => {
  test("getters that start another operation cause EBUSY, and that operation settles", async () => {
    const push = fullPush();
    let inner: Promise<void> | undefined;
    const options = {
      get timeout() {
        inner = push.send("inner");
        return 10;
      },
    };
    expect(() => push.send("outer", options)).toThrow(ebusy);
    push.close();
    await expect(inner).rejects.toMatchObject({ code: "EAGAIN" });
  });

  test("getters that close the socket cause EBADF", () => {
    for (const call of [
      (push: Push, options: object) => push.send("x", options),
      (push: Push, options: object) => push.sendMany(["x"], options),
    ]) {
      const push = new Push({ linger: 0 });
      const options = {
        get signal() {
          push.close();
          return undefined;
        },
      };
      expect(() => call(push, options)).toThrow(ebadf);
    }
  });

  test.each([
    ["send", (options: object) => fullPush().send("x", options)],
    ["sendMany", (options: object) => fullPush().sendMany(["x"], options)],
    ["waitForSubscribers", (options: object) => new Publisher().waitForSubscribers(1, options)],
  ])("invalid options of %s throw immediately and leave nothing registered", (_, call) => {
    const wrong = [
      { signal: new AbortController() },
      { signal: 1 },
      { timeout: 10n },
      { timeout: Symbol("s") },
      { timeout: Number.NaN },
      { timeout: {} },
      { timeout: -2 },
    ];
    for (const options of wrong) expect(() => call(options)).toThrow(TypeError);
  });

  test("after invalid options the socket is not busy", async () => {
    using push = fullPush();
    expect(() => push.send("x", { timeout: 10n as unknown as number })).toThrow(TypeError);
    await expect(push.send("x", { timeout: 1 })).rejects.toMatchObject({ code: "EAGAIN" });
  });
});

describe("a user-defined signal", () => {
  type Fake = { aborted: boolean; reason?: unknown } & Record<string, unknown>;
  const signalLike = (overrides: Partial<Fake>) =>
    ({
      aborted: false,
      addEventListener() {},
      removeEventListener() {},
      ...overrides,
    }) as unknown as AbortSignal;

  test("whose addEventListener throws causes that rejection and leaves nothing registered", async () => {
    using push = fullPush();
    const error = new Error("no listeners");
    const signal = signalLike({
      addEventListener() {
        throw error;
      },
    });
    await expect(push.send("x", { signal })).rejects.toBe(error);
    await expect(push.sendMany(["x"], { signal })).rejects.toBe(error);
    await expect(push.send("x", { timeout: 1 })).rejects.toMatchObject({ code: "EAGAIN" });
    using publisher = new Publisher();
    await expect(publisher.waitForSubscribers(1, { signal })).rejects.toBe(error);
    await expect(publisher.waitForSubscribers(1, { timeout: 1 })).rejects.toMatchObject({ code: "EAGAIN" });
  });

  test("can abort during addEventListener", async () => {
    using push = fullPush();
    const signal = signalLike({
      addEventListener(_: string, listener: () => void) {
        (signal as unknown as Fake).aborted = true;
        listener();
      },
      reason: "at once",
    });
    await expect(push.send("x", { signal })).rejects.toBe("at once");
    await expect(push.send("x", { timeout: 1 })).rejects.toMatchObject({ code: "EAGAIN" });
  });

  test("can close the socket or start another operation during addEventListener", async () => {
    const closed = fullPush();
    const closes = signalLike({ addEventListener: () => closed.close() });
    await expect(closed.send("x", { signal: closes })).rejects.toMatchObject({ code: "EAGAIN" });
    const push = fullPush();
    let inner: Promise<void> | undefined;
    const starts = signalLike({
      addEventListener() {
        inner = push.send("inner");
      },
    });
    await expect(push.send("outer", { signal: starts })).rejects.toMatchObject({ code: "EBUSY" });
    push.close();
    await expect(inner).rejects.toMatchObject({ code: "EAGAIN" });
  });

  test("whose removeEventListener throws does not prevent the promise from settling", async () => {
    const outcome = await runProgram(`
      process.on("uncaughtException", (error) => console.log("uncaught", error.message));
      const push = new zmq.Push({ sendHighWaterMark: 1, linger: 0 });
      push.connect("inproc://nobody");
      push.trySend("fills it");
      const signal = { aborted: false, addEventListener() {}, removeEventListener() { throw new Error("remove"); } };
      await push.send("x", { signal, timeout: 1 }).catch((error) => console.log(error.code));
      push.close();
    `);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout.split("\n").sort()).toEqual(["", "EAGAIN", "uncaught remove"]);
  });

  test("can consume the wake-up during addEventListener", async () => {
    for (let round = 0; round < 100; round++) {
      using push = new Push({ sendHighWaterMark: 1, linger: 0 });
      using pull = new Pull({ receiveHighWaterMark: 1 });
      await pull.bind(freshEndpoint("inproc"));
      push.connect(pull.lastEndpoint as string);
      while (push.trySend("fill")) {}
      const signal = signalLike({
        addEventListener() {
          while (pull.tryReceive()) {}
          void push.writable;
        },
      });
      await push.send("last", { signal });
    }
  });
});

describe("other calls with user-defined code", () => {
  test("getters of group and routingId that close the socket cause no send", () => {
    const radio = new Radio();
    const group = {
      get group() {
        radio.close();
        return "g";
      },
    };
    expect(() => radio.send("x", group)).toThrow(ebadf);
    const server = new Server();
    const routing = {
      get routingId() {
        server.close();
        return 1;
      },
    };
    expect(() => server.send("x", routing)).toThrow(ebadf);
  });

  test("a group with overridden methods and properties is sent unchanged", async () => {
    using pair = await join(new Dish(), new Radio(), "inproc");
    pair.bound.join("g");
    const group = Buffer.from("g");
    const never = () => {
      throw new Error("user code ran");
    };
    for (const name of ["indexOf", "subarray", "length", Symbol.isConcatSpreadable, Symbol.iterator]) {
      Object.defineProperty(group, name, { get: never });
    }
    // A Radio drops messages until it knows the group.
    while (!pair.bound.readable) {
      await pair.connected.send("message", { group });
      await pair.connected.send(["message"] as never, { group });
      await new Promise(setImmediate);
    }
    expect(String((await pair.bound.receive())[0])).toBe("message");
  });

  test("connect: a getter of routingId may close the socket, and a wrong address leaves no id behind", async () => {
    const router = new Router();
    const options = {
      get routingId() {
        router.close();
        return "id";
      },
    };
    expect(() => router.connect(freshEndpoint("inproc"), options)).toThrow(ebadf);
    using other = new Router({ mandatory: true });
    expect(() => other.connect(1 as unknown as string, { routingId: "stale" })).toThrow(TypeError);
    expect(() => other.connect("nonsense://x", { routingId: "stale" })).toThrow();
    using pair = await join(new Dealer({ routingId: "own" }), other, "inproc");
    await expect(pair.connected.send(["stale", "x"])).rejects.toMatchObject({ code: "EHOSTUNREACH" });
    await pair.connected.send(["own", "x"]);
  });

  test("close: a getter of linger may close the socket", async () => {
    const push = new Push();
    const options = {
      get linger() {
        push.close();
        return 0;
      },
    };
    await (push.close(options) as unknown as Promise<void>);
    expect(push.closed).toBe(true);
  });

  test("close: an invalid linger throws and does not close the socket", async () => {
    const context = new Context();
    const push = new Push({ context });
    for (const linger of ["x", Number.NaN, 1.5, -2, 10n, Symbol("s"), {}]) {
      const options = { linger: linger as number };
      expect(() => context.close(options)).toThrow(
        /^linger must be a whole number of milliseconds from -1, got /,
      );
      expect(() => (push as Socket).close(options)).toThrow(TypeError);
      expect(push.closed).toBe(false);
    }
    await context.close({ linger: 0 });
    expect(push.closed).toBe(true);
  });

  test("waitForSubscribers: a getter that starts another wait starts two waits", async () => {
    const publisher = new Publisher();
    let inner: Promise<number> | undefined;
    const options = {
      get topic() {
        inner = publisher.waitForSubscribers(1);
        return "t";
      },
    };
    const outer = publisher.waitForSubscribers(1, options);
    publisher.close();
    for (const wait of [inner, outer]) await expect(wait).rejects.toMatchObject({ code: "EAGAIN" });
    expect(() => new Publisher().waitForSubscribers(1, { topic: 1 as unknown as string })).toThrow(
      "topic must be a string or a Buffer, got 1",
    );
  });
});

test("a receive in a replaced constructor of Buffers gets memory of its own", async () => {
  const outcome = await runProgram(`
    const [first, second] = await Promise.all(["first", "second"].map(async (name) => {
      const [push, pull] = [new zmq.Push(), new zmq.Pull()];
      await pull.bind("inproc://" + name);
      push.connect("inproc://" + name);
      await push.sendMany(["warm-up", name + " message"]);
      await pull.receive();
      return pull;
    }));
    const View = Buffer[Symbol.species];
    const original = Object.getPrototypeOf(View);
    let [begun, nested] = [false, undefined];
    Object.setPrototypeOf(View, class extends original {
      constructor(...parameters) {
        super(...parameters);
        if (begun) return;
        begun = true;
        nested = second.tryReceive();
      }
    });
    const received = first.tryReceive();
    Object.setPrototypeOf(View, original);
    console.log(String(received), String(nested));
    process.exit();
  `);
  expect(outcome).toMatchObject({ code: 0, stdout: "first message second message\n" });
});
