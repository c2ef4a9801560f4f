// Features of version 5 that programs use and that zeromq/v5-compat lacks.

import { EventEmitter } from "node:events";
import { inherits } from "node:util";
import { describe, expect, test } from "vitest";
import { version } from "zmq-native";
import * as zmq from "zmq-native/v5-compat";
import { joined, open, receive, runProgram5, until } from "../helpers/v5.js";

describe("Socket as a function", () => {
  interface Named extends zmq.Socket {
    name: string;
  }
  const Named = function (this: Named, name: string, type: zmq.SocketType) {
    zmq.Socket.call(this as never, type as never);
    this.name = name;
  } as unknown as { new (name: string, type: zmq.SocketType): Named; super_: unknown; prototype: Named };
  inherits(Named, zmq.Socket as never);

  test("can be extended by util.inherits", async () => {
    using pull = new Named("puller", "pull");
    using push = new Named("pusher", "push");
    expect(pull).toBeInstanceOf(Named);
    expect(pull).toBeInstanceOf(zmq.Socket);
    expect(pull).toBeInstanceOf(EventEmitter);
    expect([pull.name, pull.type, pull.closed, pull.listenerCount("message")]).toEqual([
      "puller",
      "pull",
      false,
      0,
    ]);
    expect(Named.super_).toBe(zmq.Socket);
    pull.linger = 0;
    push.linger = 0;
    using _ = joined(pull, push);
    const received = receive(pull, 2);
    push.send("one").send(["two", "frames"]);
    expect(await received).toEqual([["one"], ["two", "frames"]]);
  });

  test("has every method in a class that extends it by util.inherits", async () => {
    using sub = new Named("subscriber", "sub");
    using pub = new Named("publisher", "xpub");
    const events: string[] = [];
    for (const name of ["bind", "unbind", "listen"]) pub.on(name, () => events.push(name));
    expect(pub.monitor()).toBe(pub);
    await new Promise((resolve) => expect(pub.bind("tcp://127.0.0.1:*", resolve)).toBe(pub));
    await until(() => events.includes("listen"));
    expect(pub.unmonitor()).toBe(pub);
    const address: string = pub.getsockopt("last_endpoint");
    expect(sub.connect(address)).toBe(sub);

    const filters = new Set<string>();
    pub.on("message", (frame: Buffer) => {
      if (frame[0] === 1) filters.add(frame.toString("utf8", 1));
      else filters.delete(frame.toString("utf8", 1));
    });
    expect(sub.subscribe("a")).toBe(sub);
    expect(sub.setsockopt(zmq.ZMQ_SUBSCRIBE, "b")).toBe(sub);
    expect(sub.subscribe(Buffer.from("c"))).toBe(sub);
    expect(sub.unsubscribe("a")).toBe(sub);
    expect(sub.setsockopt(zmq.ZMQ_UNSUBSCRIBE, "c")).toBe(sub);
    sub.subscribe("last");
    await until(() => filters.has("last"));
    expect([...filters].sort()).toEqual(["b", "last"]);

    pub.pause();
    pub.resume();
    sub.unref();
    sub.ref();
    sub.disconnect(address);
    await new Promise((resolve) => expect(pub.unbind(address, resolve)).toBe(pub));
    expect(events).toEqual(expect.arrayContaining(["bind", "unbind", "listen"]));
    pub.bindSync("tcp://127.0.0.1:*");
    pub.unbindSync(pub.last_endpoint);
    expect(() => pub.subscribe("a")).toThrow("Subscriber socket required");
  });

  test("can be called through the constructor of its prototype", () => {
    const made: zmq.Socket = Object.create(zmq.Socket.prototype);
    Reflect.apply(zmq.Socket.prototype.constructor, made, ["pub"]);
    expect([made.type, made.closed]).toEqual(["pub", false]);
    made.close();
  });

  test("creates a socket without new", () => {
    using socket: zmq.Socket = (zmq.Socket as unknown as typeof zmq.socket)("push");
    expect(socket).toBeInstanceOf(zmq.Socket);
    expect(socket.constructor).toBe(zmq.Socket);
  });

  test("throws for an unknown type", () => {
    expect(() => new Named("x", "nothing" as never)).toThrow("Invalid socket type: nothing");
  });

  test("must be called by a class that inherits from it", () => {
    const Forgetful = function (this: object) {
      expect(this).toBeInstanceOf(EventEmitter);
    } as unknown as new () => zmq.Socket;
    inherits(Forgetful, zmq.Socket as never);
    expect(() => new Forgetful().send("x")).toThrow("Not a Socket: its constructor was not called");
  });
});

describe("_zmq", () => {
  test("state is 0 while open, 1 during a bind or unbind, and 2 once closed", async () => {
    const socket = open("push");
    expect(socket._zmq.state).toBe(zmq.STATE_READY);
    const inCallback = await new Promise((resolve) => {
      socket.bind("tcp://127.0.0.1:*", () => resolve(socket._zmq.state));
      expect(socket._zmq.state).toBe(zmq.STATE_BUSY);
    });
    expect(inCallback).toBe(zmq.STATE_READY);
    const unbound = new Promise((resolve) => socket.unbind(socket.last_endpoint, resolve));
    expect(socket._zmq.state).toBe(zmq.STATE_BUSY);
    await unbound;
    const failed = new Promise((resolve) => socket.bind("tcp://nowhere.invalid:1", resolve));
    expect(socket._zmq.state).toBe(zmq.STATE_BUSY);
    expect(await failed).toBeInstanceOf(Error);
    expect(socket._zmq.state).toBe(zmq.STATE_READY);
    socket.close();
    expect(socket._zmq.state).toBe(zmq.STATE_CLOSED);
  });

  test("is busy until a bind is done when the socket is closed meanwhile", async () => {
    const socket = open("push");
    socket.bind("inproc://closing", () => {});
    socket.close();
    expect(socket._zmq.state).toBe(zmq.STATE_BUSY);
    await until(() => socket.closed);
    expect(socket._zmq.state).toBe(zmq.STATE_CLOSED);
  });

  test("is a SocketBinding, is not enumerable, and reads and sets options", () => {
    using socket = open("dealer");
    expect(socket._zmq).toBeInstanceOf(zmq.SocketBinding);
    expect(Object.keys(socket)).not.toContain("_zmq");
    socket._zmq.setsockopt(zmq.ZMQ_SNDHWM, 7);
    expect(socket._zmq.getsockopt(zmq.ZMQ_SNDHWM)).toBe(7);
  });
});

describe("ref and unref", () => {
  const ends = (body: string) =>
    runProgram5(`
      const sockets = ["pull", "rep", "dealer", "sub", "push"].map((type) => zmq.socket(type));
      for (const socket of sockets) socket.bindSync("tcp://127.0.0.1:*");
      ${body}
      process.on("exit", () => console.log("end"));`);

  test("unref lets the process exit", async () => {
    expect(await ends("for (const socket of sockets) socket.unref();")).toMatchObject({
      stdout: "end\n",
      code: 0,
    });
  });

  test("unref lets the process exit even if the sockets wait later", async () => {
    const { stdout } = await ends(`
      for (const socket of sockets) { socket.pause(); socket._zmq.unref(); }
      setImmediate(() => { for (const socket of sockets) socket.resume(); });`);
    expect(stdout).toBe("end\n");
  });

  test("ref keeps the process alive again", async () => {
    const { stdout } = await ends(`
      for (const socket of sockets) socket.unref();
      sockets[0].ref();
      setTimeout(() => { console.log("alive"); sockets[0].close(); }, 100).unref();`);
    expect(stdout).toBe("alive\nend\n");
  });
});

test("types, events and versions have the values of version 5", () => {
  expect(zmq.types).toEqual({
    ...{ pair: 0, pub: 1, sub: 2, req: 3, rep: 4, dealer: 5, xreq: 5, router: 6, xrep: 6, pull: 7, push: 8 },
    ...{ xpub: 9, xsub: 10, stream: 11 },
  });
  expect(zmq.events).toEqual({
    ...{ 1: "connect", 2: "connect_delay", 4: "connect_retry", 8: "listen", 16: "bind_error", 32: "accept" },
    ...{ 64: "accept_error", 128: "close", 256: "close_error", 512: "disconnect" },
  });
  expect(zmq.zmqVersion()).toBe(version);
  expect(zmq.zmqCurveKeypair).toBe(zmq.curveKeypair);
});

describe("options of libzmq 2", () => {
  test("hwm sets the high-water mark of both directions", () => {
    using socket = open("dealer", { hwm: 5 });
    const numbers = [zmq.ZMQ_HWM, zmq.ZMQ_SNDHWM, zmq.ZMQ_RCVHWM];
    expect(numbers.map((number) => socket.getsockopt(number))).toEqual([5, 5, 5]);
    socket.hwm = 6;
    expect([socket.hwm, ...numbers.map((number) => socket.getsockopt(number))]).toEqual([6, 6, 6, 6]);
  });

  test("mcast_loop sets ZMQ_MCAST_LOOP", () => {
    using socket = open("dealer");
    expect([zmq.ZMQ_MCAST_LOOP, socket.mcast_loop]).toEqual([10, 1]);
    socket.mcast_loop = 0;
    expect(socket.getsockopt("mcast_loop")).toBe(0);
  });

  test("swap does nothing and emits one warning", async () => {
    const { stdout, stderr } = await runProgram5(`
      const socket = zmq.socket("push", { swap: 1000 });
      socket.setsockopt(zmq.ZMQ_SWAP, 5);
      console.log(socket.swap, zmq.ZMQ_SWAP);
      socket.close();`);
    expect(stdout).toBe("0 3\n");
    expect(stderr.match(/ZMQ_SWAP has no effect/g)).toHaveLength(1);
  });

  test("the recovery interval in milliseconds has number 20", () => {
    using socket = open("pub");
    socket.setsockopt(20, 500);
    expect([zmq.ZMQ_RECOVERY_IVL_MSEC, socket.recovery_ivl, socket.getsockopt(20)]).toEqual([20, 500, 500]);
  });
});

test("arguments of monitor emit one warning", async () => {
  const { stderr } = await runProgram5(`
    const sockets = [zmq.socket("push"), zmq.socket("push")];
    for (const socket of sockets) socket.monitor().monitor(500, 0).monitor(500).close();`);
  expect(stderr.match(/Arguments to monitor/g)).toHaveLength(1);
});

describe("a message arrives after a setImmediate that was queued when it was sent", () => {
  const starts = {
    setImmediate,
    "process.nextTick": process.nextTick,
    setTimeout: (callback: () => void) => setTimeout(callback, 0),
  };
  const cases = [
    ["dealer", "router"],
    ["pair", "pair"],
    ["push", "pull"],
  ] as [zmq.SocketType, zmq.SocketType][];

  test.each(cases.flatMap(([from, to]) => Object.keys(starts).map((start) => [from, to, start] as const)))(
    "between %s and %s, in %s",
    async (from, to, start) => {
      using a = open(from);
      using b = open(to);
      using _ = joined(b, a, "inproc");
      // A message from push to pull passes once. Other pairs return it.
      const returns = to !== "pull";
      if (returns) b.on("message", (...frames) => b.send(frames));
      const receiver = returns ? a : b;
      let early = 0;
      for (let round = 0; round < 30; round++) {
        await new Promise((resolve) => {
          starts[start as keyof typeof starts](() => {
            let turned = false;
            a.send("x");
            setImmediate(() => {
              turned = true;
            });
            receiver.once("message", () => {
              if (!turned) early++;
              resolve(undefined);
            });
          });
        });
      }
      expect(early).toBe(0);
    },
  );
});
