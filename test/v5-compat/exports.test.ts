// The exports of the entry point, by every way of loading it: the names and numbers of zeromq's own.

import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { Context, context } from "zmq-native";
import * as zmq from "zmq-native/v5-compat";
import { runProgram } from "../helpers/program.js";
import { open } from "../helpers/v5.js";

/** Exports that only version 5 had. */
const ofVersion5 = {
  ZMQ_HWM: 1,
  ZMQ_SWAP: 3,
  ZMQ_MCAST_LOOP: 10,
  ZMQ_RECOVERY_IVL_MSEC: 20,
  SocketBinding: "function",
  events: "object",
  types: "object",
  zmqCurveKeypair: "function",
  zmqVersion: "function",
};

test("the exports have the names and numbers of zeromq/v5-compat and of version 5, and no others", async () => {
  const { stdout, stderr } = await runProgram(
    `const [theirs, ours] = ["zeromq/v5-compat", "zmq-native/v5-compat"].map((name) => {
      const door = require(name);
      const shapes = Object.keys(door).map((key) => [key, typeof door[key] === "number" ? door[key] : typeof door[key]]);
      const members = Object.getOwnPropertyNames(door.Socket.prototype);
      return { shapes: Object.fromEntries(shapes), options: door.options, members };
    });
    process.stdout.write(JSON.stringify({ theirs, ours }));`,
    { loads: false },
  );
  expect(stderr).toBe("");
  const { theirs, ours } = JSON.parse(stdout);
  expect(ours.shapes).toEqual({ ...theirs.shapes, ...ofVersion5 });
  expect(ours.options).toEqual({ ...theirs.options, hwm: 1, swap: 3, mcast_loop: 10 });
  // Methods named _… are private in zeromq. Properties named _… are short names.
  const isPublic = (name: string) => !name.startsWith("_") || name in theirs.options;
  const more = ["ref", "unref", "hwm", "swap", "mcast_loop"];
  expect(ours.members.filter(isPublic).sort()).toEqual([...theirs.members.filter(isPublic), ...more].sort());
});

test("require and import load the same objects, with and without .js", async () => {
  const { stdout, stderr } = await runProgram(
    `const required = require("zmq-native/v5-compat");
    const imported = await import("zmq-native/v5-compat");
    const doors = [require("zmq-native/v5-compat.js"), imported.default, await import("zmq-native/v5-compat.js"), imported];
    const names = Object.keys(required);
    console.log(doors.every((door) => names.every((name) => door[name] === required[name])));
    const { socket } = imported;
    const push = socket("push");
    console.log(push instanceof required.Socket, required.ZMQ_SNDMORE);
    push.close();`,
    { loads: false },
  );
  expect({ stdout, stderr }).toEqual({ stdout: "true\ntrue 2\n", stderr: "" });
});

test("the module is its own default export, for compilers that turn an import into a require", async () => {
  const { stdout } = await runProgram(
    `const zmq = require("zmq-native/v5-compat");
    console.log(zmq.__esModule, zmq.default === zmq, Object.keys(zmq).includes("default"));`,
    { loads: false },
  );
  expect(stdout).toBe("true true false\n");
});

test("functions can be replaced by mocks", async () => {
  const { stdout } = await runProgram(
    `const zmq = require("zmq-native/v5-compat");
    zmq.socket = () => "double";
    console.log(zmq.socket("push"));`,
    { loads: false },
  );
  expect(stdout).toBe("double\n");
});

test("constants have their values", () => {
  expect(zmq.version).toMatch(/^4\.3\.\d+$/);
  expect([zmq.STATE_READY, zmq.STATE_BUSY, zmq.STATE_CLOSED]).toEqual([0, 1, 2]);
  expect([zmq.ZMQ_POLLIN, zmq.ZMQ_POLLOUT, zmq.ZMQ_POLLERR, zmq.ZMQ_SNDMORE]).toEqual([1, 2, 4, 2]);
  expect([zmq.ZMQ_XREQ, zmq.ZMQ_XREP]).toEqual([zmq.ZMQ_DEALER, zmq.ZMQ_ROUTER]);
  const can = Object.entries(zmq).filter(([name]) => name.startsWith("ZMQ_CAN_"));
  expect(can.map(([, value]) => value)).toEqual([1, 1, 1, 1]);
});

const types = {
  pair: zmq.ZMQ_PAIR,
  pub: zmq.ZMQ_PUB,
  sub: zmq.ZMQ_SUB,
  req: zmq.ZMQ_REQ,
  rep: zmq.ZMQ_REP,
  dealer: zmq.ZMQ_DEALER,
  xreq: zmq.ZMQ_XREQ,
  router: zmq.ZMQ_ROUTER,
  xrep: zmq.ZMQ_XREP,
  pull: zmq.ZMQ_PULL,
  push: zmq.ZMQ_PUSH,
  xpub: zmq.ZMQ_XPUB,
  xsub: zmq.ZMQ_XSUB,
  stream: zmq.ZMQ_STREAM,
} as const;

describe("a socket", () => {
  test.each(Object.entries(types) as [zmq.SocketType, number][])("%s has type %i", (type, number) => {
    using socket = zmq.socket(type);
    expect(socket).toBeInstanceOf(zmq.Socket);
    expect(socket).toBeInstanceOf(EventEmitter);
    expect([socket.type, socket.closed]).toEqual([type, false]);
    expect(socket.getsockopt(zmq.ZMQ_TYPE)).toBe(number);
    expect(socket.close()).toBe(socket);
    expect(socket.closed).toBe(true);
    expect(socket.close()).toBe(socket);
  });

  test.each([undefined, null, "foo", 8, "PUSH", "toString", "server"])("cannot be created for %s", (type) => {
    const error = new Error(`Invalid socket type: ${type}`);
    expect(() => zmq.socket(type as zmq.SocketType)).toThrow(error);
    expect(() => new zmq.Socket(type as zmq.SocketType)).toThrow(error);
  });

  test("can be created by createSocket and by new", () => {
    expect(zmq.createSocket).toBe(zmq.socket);
    using socket = new zmq.Socket("push");
    expect(socket.type).toBe("push");
  });

  test("accepts options by their short names", () => {
    using socket = zmq.socket("dealer", { linger: 7, sndbuf: 1000, identity: "me", plain_server: true });
    expect([socket.linger, socket.sndbuf, socket.identity, socket.plain_server]).toEqual([7, 1000, "me", 1]);
  });

  test("leaks nothing when its options are invalid", async () => {
    // More than the limit of sockets. libzmq releases a closed socket's place in a thread of its own.
    for (let i = 0; i < 3000; i++) {
      expect(() => zmq.socket("push", { linger: "soon" as unknown as number })).toThrow(
        "Option value must be a number",
      );
      if (i % 100 === 0) await new Promise(setImmediate);
    }
  });

  test("can be subclassed", () => {
    class Logger extends zmq.Socket {
      readonly lines: string[] = [];
      constructor() {
        super("pub");
      }
      log(line: string) {
        this.lines.push(line);
        return this.send(line);
      }
    }
    using logger = new Logger();
    expect(logger.log("x").lines).toEqual(["x"]);
  });

  test("has no read()", () => {
    using socket = zmq.socket("pull");
    expect(() => socket.read()).toThrow(
      "read() has been removed from compatibility mode; use on('message', ...) instead.",
    );
  });
});

describe("Context", () => {
  test("sets and reads limits of the default context", () => {
    zmq.Context.setMaxThreads(2);
    zmq.Context.setMaxSockets(500);
    expect([zmq.Context.getMaxThreads(), zmq.Context.getMaxSockets()]).toEqual([2, 500]);
    expect([context.ioThreads, context.maxSockets]).toEqual([2, 500]);
    expect(() => zmq.Context.setMaxThreads("x" as unknown as number)).toThrow(TypeError);
    expect(() => zmq.Context.setMaxThreads(-1)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    zmq.Context.setMaxThreads(1);
    zmq.Context.setMaxSockets(1023);
  });

  test("cannot be constructed", () => {
    expect(() => new zmq.Context()).toThrow("Context cannot be instantiated in compatibility mode");
    expect(zmq.Context).not.toBe(Context);
  });
});

test("curveKeypair returns a key pair", () => {
  const pair = zmq.curveKeypair();
  expect(Object.keys(pair)).toEqual(["public", "secret"]);
  expect([pair.public.length, pair.secret.length]).toEqual([40, 40]);
  using socket = open("push");
  socket.curve_publickey = pair.public;
  expect(socket.curve_publickey).toBe(pair.public);
});
