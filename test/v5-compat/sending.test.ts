// How send works: immediate or queued, with callbacks or events, frames in one call or several.

import { once } from "node:events";
import { describe, expect, test } from "vitest";
import * as zmq from "zmq-native/v5-compat";
import { freshEndpoint } from "../helpers/transports.js";
import { joined, open, receive, runProgram5, send, turns, until } from "../helpers/v5.js";

const { ZMQ_SNDMORE } = zmq;

/** A connected push and pull, both closed at the end. */
function pipeline(transport: "tcp" | "inproc" = "tcp", options: zmq.SocketOptions = {}) {
  return joined(open("pull"), open("push", options), transport);
}

/** Callbacks that append to a list: the code of the error, or "sent". */
function outcomes() {
  const list: string[] = [];
  const callback = (name: string) => (error?: Error) => {
    list.push(`${name} ${error === undefined ? "sent" : (error as { code?: string }).code}`);
  };
  return { list, callback };
}

describe("frames", () => {
  test.each([
    ["text", "x", ["x"]],
    ["empty text", "", [""]],
    ["number", 5, ["5"]],
    ["null", null, [""]],
    ["undefined", undefined, ["undefined"]],
    ["boolean", true, ["true"]],
    ["bigint", 5n, ["5"]],
    ["object", {}, ["[object Object]"]],
    ["Buffer", Buffer.from("b"), ["b"]],
    ["Uint8Array", new Uint8Array([65, 66]), ["AB"]],
    ["Uint16Array", new Uint16Array([65, 66]), ["A\0B\0"]],
    ["DataView", new DataView(new Uint8Array([65, 66]).buffer, 1), ["B"]],
    ["ArrayBuffer", new Uint8Array([65]).buffer, ["A"]],
    ["SharedArrayBuffer", new SharedArrayBuffer(1), ["\0"]],
    ["list", ["a", Buffer.from("b"), null], ["a", "b", ""]],
    ["list of undefined", [undefined], ["undefined"]],
    ["list within a list", [[1, 2], 3], ["1,2", "3"]],
  ])("%s", async (_, message, expected) => {
    // Immediately and from the queue.
    for (const pause of [false, true]) {
      using pair = pipeline();
      const received = receive(pair.bound, 2);
      if (pause) pair.connected.pause();
      pair.connected.send(message as string).send("end");
      if (pause) pair.connected.resume();
      expect(await received).toEqual([expected, ["end"]]);
    }
  });

  test("an empty list is sent and not received", async () => {
    using pair = pipeline();
    const received = receive(pair.bound, 1);
    await send(pair.connected, []);
    await send(pair.connected, "x");
    expect(await received).toEqual([["x"]]);
  });

  test("a value without a text form is an error", async () => {
    using pair = pipeline();
    for (const pause of [false, true]) {
      if (pause) pair.connected.pause();
      for (const message of [Symbol("x"), ["a", Symbol("x")]] as unknown as string[]) {
        await expect(send(pair.connected, message)).rejects.toThrow(TypeError);
        pair.connected.send(message);
        const [error] = await once(pair.connected, "error");
        expect(error).toBeInstanceOf(TypeError);
      }
    }
  });

  test("large messages and many frames arrive", async () => {
    using pair = pipeline();
    const received = receive(pair.bound, 2);
    const large = Buffer.alloc(5e6, "x");
    const frames = Array.from({ length: 5000 }, (_, index) => `${index}`);
    pair.connected.send(large).send(frames);
    const [first, second] = await received;
    expect([first!.length, first![0]!.length]).toEqual([1, 5e6]);
    expect(second).toEqual(frames);
  });
});

describe("ZMQ_SNDMORE", () => {
  test("continues the message with the next call, until one without it", async () => {
    using pair = pipeline();
    const received = receive(pair.bound, 3);
    pair.connected
      .send("a", ZMQ_SNDMORE)
      .send(["b", "c"], ZMQ_SNDMORE)
      .send("d", ZMQ_SNDMORE | 1)
      .send("e")
      .send("f", 1)
      .send("g", ZMQ_SNDMORE)
      .send([]);
    expect(await received).toEqual([["a", "b", "c", "d", "e"], ["f"], ["g"]]);
  });

  test("calls every call's callback with the result of the whole message", async () => {
    using pair = pipeline();
    const { list, callback } = outcomes();
    pair.connected.send("a", ZMQ_SNDMORE, callback("a")).send("b", ZMQ_SNDMORE);
    await turns();
    expect(list).toEqual([]);
    pair.connected.send("c", 0, callback("c"));
    await until(() => list.length === 2);
    expect(list).toEqual(["a sent", "c sent"]);
  });

  test("drops a message with a frame without a text form, and no later message", async () => {
    using pair = pipeline();
    const received = receive(pair.bound, 1);
    const symbol = Symbol("x") as unknown as string;
    pair.connected.send("a", ZMQ_SNDMORE).send(symbol, ZMQ_SNDMORE);
    await expect(send(pair.connected, "c")).rejects.toThrow(TypeError);
    await send(pair.connected, "d");
    expect(await received).toEqual([["d"]]);
  });

  test("does not send a message that is incomplete when the socket closes", async () => {
    using pair = pipeline();
    const { list, callback } = outcomes();
    pair.connected.send("a", ZMQ_SNDMORE, callback("a")).close();
    await until(() => list.length === 1);
    expect(list).toEqual(["a EAGAIN"]);
  });
});

describe("flags", () => {
  test.each([undefined, null, 0, 1, 4])("%s sends a whole message", async (flags) => {
    using pair = pipeline();
    const received = receive(pair.bound, 1);
    pair.connected.send("x", flags);
    expect(await received).toEqual([["x"]]);
  });
});

describe("callbacks", () => {
  test("are called asynchronously, in order, without an argument", async () => {
    using pair = pipeline();
    const calls: unknown[][] = [];
    for (let i = 0; i < 100; i++) {
      expect(pair.connected.send(`${i}`, 0, (...given) => calls.push([i, ...given]))).toBe(pair.connected);
    }
    expect(calls).toEqual([]);
    await until(() => calls.length === 100);
    expect(calls).toEqual(Array.from({ length: 100 }, (_, index) => [index]));
  });

  test("are called before messages that arrive later", async () => {
    using rep = open("rep");
    using req = open("req");
    using _ = joined(rep, req);
    rep.on("message", (frame) => rep.send(frame));
    const order: string[] = [];
    req.on("message", () => order.push("reply"));
    for (let i = 0; i < 20; i++) req.send("x", 0, () => order.push("sent"));
    await until(() => order.length === 40);
    expect(order).toEqual(Array.from({ length: 20 }, () => ["sent", "reply"]).flat());
  });

  test("leave time for other work when they send", async () => {
    using pub = open("pub");
    let stop = false;
    setTimeout(() => {
      stop = true;
    }, 50);
    let count = 0;
    await new Promise<void>((resolve) => {
      const next = () => {
        count++;
        if (stop) resolve();
        else pub.send("x", 0, next);
      };
      next();
    });
    expect(count).toBeGreaterThan(10);
  });

  test("that throw affect no other callback", async () => {
    const { stdout, code } = await runProgram5(`
      process.on("uncaughtException", ({ message }) => console.log("uncaught", message));
      const pub = zmq.socket("pub");
      for (const i of [1, 2, 3]) pub.send("x", 0, () => { throw new Error(i); });
      pub.send("x", 0, () => console.log("sent"));`);
    expect({ stdout, code }).toEqual({
      stdout: "uncaught 1\nuncaught 2\nuncaught 3\nsent\n",
      code: 0,
    });
  });

  test("that are not functions are ignored", async () => {
    using pair = pipeline();
    const received = receive(pair.bound, 2);
    pair.connected.send("x", 0, 5 as unknown as zmq.SendCallback).send("y");
    expect(await received).toEqual([["x"], ["y"]]);
  });
});

test("a message is in libzmq when send returns, if there is room", async () => {
  using pull = open("pull");
  pull.bindSync("tcp://127.0.0.1:*");
  const push = zmq.socket("push");
  push.connect(pull.last_endpoint as string);
  const received = receive(pull, 900);
  for (let i = 0; i < 900; i++) push.send(`${i}`);
  push.close();
  expect((await received).flat()).toEqual(Array.from({ length: 900 }, (_, index) => `${index}`));
});

describe.each(["tcp", "inproc"] as const)("the queue, over %s", (transport) => {
  test("takes all messages that libzmq does not, and keeps their order", async () => {
    using pull = open("pull");
    using push = open("push");
    const count = 20_000;
    const { list, callback } = outcomes();
    // There is no peer yet.
    for (let i = 0; i < count; i++)
      push.send(["head", `${i}`], 0, i % 1000 === 0 ? callback(`${i}`) : undefined);
    await turns();
    expect(list).toEqual([]);
    const received = receive(pull, count);
    using _ = joined(pull, push, transport);
    expect((await received).map(([, body]) => Number(body))).toEqual(
      Array.from({ length: count }, (_, index) => index),
    );
    await until(() => list.length === 20);
    expect(list).toEqual(Array.from({ length: 20 }, (_, index) => `${index * 1000} sent`));
  });

  test("grows while the peer is slow, without changing high-water marks", async () => {
    using pull = open("pull");
    using push = open("push");
    pull.setsockopt(zmq.ZMQ_RCVHWM, 2);
    push.setsockopt(zmq.ZMQ_SNDHWM, 2);
    using _ = joined(pull, push, transport);
    const received = receive(pull, 3000);
    for (let i = 0; i < 3000; i++) push.send(`${i}`);
    expect((await received).flat()).toEqual(Array.from({ length: 3000 }, (_, index) => `${index}`));
  });
});

describe("changes of a Buffer after send do not change the message:", () => {
  test.each(["at once", "queued", "in parts", "in parts, queued"])("%s", async (how) => {
    using pull = open("pull");
    using push = open("push");
    const connect = () => joined(pull, push, "inproc");
    if (!how.includes("queued")) connect();
    const received = receive(pull, 3);
    const buffer = Buffer.from("good");
    const array = new Uint16Array([65]);
    const shared = new Uint8Array(new SharedArrayBuffer(1)).fill(66);
    const frames = [buffer, array, shared.buffer];
    if (how.includes("parts")) for (const frame of frames) push.send(frame, ZMQ_SNDMORE);
    else push.send(frames);
    if (how.includes("parts")) push.send("end");
    const end = how.includes("parts") ? ["end"] : [];
    push.send(buffer);
    buffer.fill("x");
    array[0] = 67;
    shared[0] = 68;
    frames.length = 0;
    push.send("last");
    if (how.includes("queued")) connect();
    expect(await received).toEqual([["good", "A\0", "B", ...end], ["good"], ["last"]]);
    pull.close();
    push.close();
  });
});

describe("an error of send", () => {
  test.each(["sub", "pull"] as const)(
    "on a %s, which does not send, goes to the callback or the event",
    async (type) => {
      using socket = open(type);
      const refusal = { code: "ENOTSUP", message: "Cannot send on this socket type." };
      await expect(send(socket, "x")).rejects.toMatchObject(refusal);
      expect(socket.send("x")).toBe(socket);
      expect((await once(socket, "error"))[0]).toMatchObject(refusal);
    },
  );

  test("without callback and listener is uncaught, and not a rejection", async () => {
    const { stdout } = await runProgram5(`
      process.on("uncaughtException", ({ message }, origin) => console.log(origin, message));
      const pull = zmq.socket("pull");
      pull.send("x");
      setTimeout(() => pull.close(), 10);`);
    expect(stdout).toBe("uncaughtException Cannot send on this socket type.\n");
  });

  test("of one message does not affect the others", async () => {
    using router = open("router");
    using dealer = open("dealer", { identity: "peer" });
    router.setsockopt(zmq.ZMQ_ROUTER_MANDATORY, 1);
    using _ = joined(router, dealer);
    dealer.send("here");
    await receive(router, 1);
    for (const pause of [false, true]) {
      const { list, callback } = outcomes();
      const errors: unknown[] = [];
      router.on("error", (error) => errors.push(error));
      const received = receive(dealer, 3);
      if (pause) router.pause();
      router
        .send(["peer", "1"], 0, callback("1"))
        .send(["nobody", "2"], 0, callback("2"))
        .send(["peer", "3"])
        .send(["nobody", "4"])
        .send(["peer", "5"], 0, callback("5"));
      router.resume();
      expect(await received).toEqual([["1"], ["3"], ["5"]]);
      await until(() => list.length === 3);
      expect(list).toEqual(["1 sent", "2 EHOSTUNREACH", "5 sent"]);
      expect(errors).toMatchObject([{ code: "EHOSTUNREACH" }]);
      router.removeAllListeners("error");
    }
  });

  test("ends the wait of a message after ZMQ_SNDTIMEO", async () => {
    using push = open("push");
    for (const timeout of [0, 5]) {
      push.setsockopt(zmq.ZMQ_SNDTIMEO, timeout);
      const { list, callback } = outcomes();
      push.send("1", 0, callback("1")).send("2").send("3", 0, callback("3"));
      expect((await once(push, "error"))[0]).toMatchObject({ code: "EAGAIN" });
      await until(() => list.length === 2);
      expect(list).toEqual(["1 EAGAIN", "3 EAGAIN"]);
    }
  });
});

describe("close", () => {
  test("drops queued messages and notifies only their callbacks", async () => {
    const push = open("push");
    const { list, callback } = outcomes();
    push.on("error", () => list.push("error"));
    push.send("1", 0, callback("1")).send("2").send("3", 0, callback("3"));
    await turns();
    push.close();
    await until(() => list.length === 2);
    await turns();
    expect(list).toEqual(["1 EAGAIN", "3 EAGAIN"]);
  });

  test("drops messages that a pause has queued", async () => {
    using pair = pipeline();
    const { list, callback } = outcomes();
    pair.connected.pause();
    pair.connected.send("1", 0, callback("1"));
    await turns();
    pair.connected.close();
    pair.connected.resume();
    await until(() => list.length === 1);
    expect(list).toEqual(["1 EAGAIN"]);
  });

  test("notifies callbacks of messages that were sent at the last moment, and of those that were not", async () => {
    using pull = open("pull");
    const push = zmq.socket("push");
    push.setsockopt(zmq.ZMQ_SNDHWM, 1);
    pull.bindSync("inproc://last-moment");
    pull.pause();
    const { list, callback } = outcomes();
    for (let i = 0; i < 3000; i++) push.send(`${i}`, 0, callback(`${i}`));
    push.connect("inproc://last-moment");
    push.close();
    await until(() => list.length === 3000);
    const sent = list.filter((line) => line.endsWith(" sent")).length;
    expect(list).toEqual(
      Array.from({ length: 3000 }, (_, index) => `${index} ${index < sent ? "sent" : "EAGAIN"}`),
    );
    const received = receive(pull, sent);
    pull.resume();
    if (sent > 0) expect((await received).flat()).toEqual(Array.from({ length: sent }, (_, i) => `${i}`));
  });

  test("in a callback ends the queue there", async () => {
    const push = open("push");
    const { list, callback } = outcomes();
    using pull = open("pull");
    push.setsockopt(zmq.ZMQ_SNDHWM, 1);
    pull.setsockopt(zmq.ZMQ_RCVHWM, 1);
    using _ = joined(pull, push, "inproc");
    pull.pause();
    push.send("0", 0, () => push.close());
    for (let i = 1; i < 50; i++) push.send(`${i}`, 0, callback(`${i}`));
    await until(() => list.length === 49);
    expect(list.at(-1)).toBe("49 EAGAIN");
    expect(push.closed).toBe(true);
  });

  test("makes later sends notify only their callbacks", async () => {
    using pair = pipeline();
    const { list, callback } = outcomes();
    pair.connected.on("error", () => list.push("error"));
    pair.connected.close();
    expect(pair.connected.send("1", 0, callback("1")).send("2")).toBe(pair.connected);
    pair.connected.send("3", ZMQ_SNDMORE).send("4", 0, callback("4"));
    await until(() => list.length === 2);
    await turns();
    expect(list).toEqual(["1 EBADF", "4 EBADF"]);
  });

  test("does not drop messages that libzmq has", async () => {
    using pull = open("pull");
    pull.bindSync(freshEndpoint("ipc"));
    const push = zmq.socket("push");
    push.connect(pull.last_endpoint as string);
    const received = receive(pull, 1);
    push.send("x", 0, () => push.close());
    expect(await received).toEqual([["x"]]);
  });
});

describe("req and rep sockets", () => {
  test("send the next request when the reply has arrived", async () => {
    using rep = open("rep");
    using req = open("req");
    using _ = joined(rep, req);
    rep.on("message", (frame) => rep.send(`re ${frame}`));
    const replies = receive(req, 50);
    for (let i = 0; i < 50; i++) req.send(`${i}`);
    expect((await replies).flat()).toEqual(Array.from({ length: 50 }, (_, index) => `re ${index}`));
  });

  test("send a reply after a request has arrived", async () => {
    using rep = open("rep");
    using req = open("req");
    using _ = joined(rep, req);
    const { list, callback } = outcomes();
    rep.send("early", 0, callback("early"));
    await turns();
    expect(list).toEqual([]);
    const replies = receive(req, 1);
    req.send("question");
    expect(await replies).toEqual([["early"]]);
    expect(list).toEqual(["early sent"]);
  });

  test("can send a reply later", async () => {
    using rep = open("rep");
    using req = open("req");
    using _ = joined(rep, req);
    rep.on("message", (frame) => setTimeout(() => rep.send(`re ${frame}`), 2));
    for (const text of ["1", "2", "3"]) {
      const replies = receive(req, 1);
      req.send(text);
      expect(await replies).toEqual([[`re ${text}`]]);
    }
  });
});

describe("user code in a message", () => {
  /** A frame that calls a function when it is converted, and counts the calls. */
  function acting(act: () => void) {
    const frame = {
      times: 0,
      toString() {
        frame.times++;
        act();
        return `${frame.times}`;
      },
    };
    return frame;
  }

  test("runs once, even if the message has to wait", async () => {
    using pair = pipeline();
    const received = receive(pair.bound, 2);
    const frame = acting(() => {});
    // There is no peer yet: the message is tried, and then queued.
    const alone = open("push");
    alone.send(frame as unknown as string);
    expect(frame.times).toBe(1);
    alone.connect(pair.bound.last_endpoint as string);
    pair.connected.pause();
    pair.connected.send(["a", frame as unknown as string], ZMQ_SNDMORE);
    pair.connected.send("b");
    expect(frame.times).toBe(2);
    pair.connected.resume();
    expect((await received).sort()).toEqual([["1"], ["a", "2", "b"]]);
    alone.close();
  });

  test("that closes the socket makes the callback get EBADF", async () => {
    for (const pause of [false, true]) {
      const push = open("push");
      if (pause) push.pause();
      const { list, callback } = outcomes();
      push.send(acting(() => push.close()) as unknown as string, null, callback("message"));
      await until(() => list.length > 0);
      expect(list).toEqual(["message EBADF"]);
    }
  });

  test("that throws in one part of a message sends nothing of it, and notifies all its callbacks", async () => {
    using pair = pipeline();
    const received = receive(pair.bound, 1);
    const { list, callback } = outcomes();
    pair.connected.send("a", ZMQ_SNDMORE, callback("a"));
    pair.connected.send(Symbol("b") as unknown as string, ZMQ_SNDMORE, callback("b"));
    pair.connected.send("c", null, callback("c"));
    pair.connected.send("next", null, callback("next"));
    expect(await received).toEqual([["next"]]);
    await until(() => list.length === 4);
    expect(list.sort()).toEqual(["a undefined", "b undefined", "c undefined", "next sent"]);
  });
});
