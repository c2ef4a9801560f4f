// Options by number, by short name, and as properties.

import { once } from "node:events";
import { describe, expect, test, vi } from "vitest";
import * as zmq from "zmq-native/v5-compat";
import { freshEndpoint } from "../helpers/transports.js";
import { joined, open, receive, runProgram5 } from "../helpers/v5.js";

const keys = zmq.curveKeypair();
const noKey = "0".repeat(40);

/** Constant, default, value to set, and the value read back, if that differs. */
const rows: [number, unknown, unknown, unknown?][] = [
  [zmq.ZMQ_AFFINITY, 0, 3],
  [zmq.ZMQ_IDENTITY, null, "me"],
  [zmq.ZMQ_IDENTITY, null, Buffer.from("me"), "me"],
  [zmq.ZMQ_RATE, 100, 5000],
  [zmq.ZMQ_RECOVERY_IVL, 10_000, 500],
  [zmq.ZMQ_RECOVERY_IVL_MSEC, 10_000, 500],
  [zmq.ZMQ_SNDBUF, -1, 1000],
  [zmq.ZMQ_RCVBUF, -1, 1000],
  [zmq.ZMQ_LINGER, -1, 77],
  [zmq.ZMQ_RECONNECT_IVL, 100, 20],
  [zmq.ZMQ_BACKLOG, 100, 7],
  [zmq.ZMQ_RECONNECT_IVL_MAX, 0, 900],
  [zmq.ZMQ_MAXMSGSIZE, -1, 2 ** 40],
  [zmq.ZMQ_SNDHWM, 1000, 5],
  [zmq.ZMQ_RCVHWM, 1000, 5],
  [zmq.ZMQ_MULTICAST_HOPS, 1, 2],
  [zmq.ZMQ_RCVTIMEO, -1, 5],
  [zmq.ZMQ_SNDTIMEO, -1, 5],
  [zmq.ZMQ_IPV4ONLY, 1, 0],
  [zmq.ZMQ_IPV4ONLY, 1, false, 0],
  [zmq.ZMQ_TCP_KEEPALIVE, -1, 1],
  [zmq.ZMQ_TCP_KEEPALIVE_CNT, -1, 3],
  [zmq.ZMQ_TCP_KEEPALIVE_IDLE, -1, 30],
  [zmq.ZMQ_TCP_KEEPALIVE_INTVL, -1, 5],
  [zmq.ZMQ_DELAY_ATTACH_ON_CONNECT, 0, true, 1],
  [zmq.ZMQ_IPV6, 0, 1],
  [zmq.ZMQ_IPV6, 0, true, 1],
  [zmq.ZMQ_IPV6, 0, 5, 1],
  [zmq.ZMQ_IPV6, 0, null, 0],
  [zmq.ZMQ_PLAIN_SERVER, 0, 1],
  [zmq.ZMQ_PLAIN_USERNAME, null, "user"],
  [zmq.ZMQ_PLAIN_PASSWORD, null, "secret"],
  [zmq.ZMQ_CURVE_SERVER, 0, 1],
  [zmq.ZMQ_CURVE_PUBLICKEY, noKey, keys.public],
  [zmq.ZMQ_CURVE_SECRETKEY, noKey, Buffer.from(keys.secret), keys.secret],
  [zmq.ZMQ_CURVE_SERVERKEY, noKey, keys.public],
  [zmq.ZMQ_ZAP_DOMAIN, null, "global"],
  [zmq.ZMQ_HEARTBEAT_IVL, 0, 500],
  [zmq.ZMQ_HEARTBEAT_TTL, 0, 500],
  [zmq.ZMQ_HEARTBEAT_TIMEOUT, -1, 500],
  [zmq.ZMQ_CONNECT_TIMEOUT, 0, 500],
];

const sockets = ["dealer", "pull", "push", "sub", "stream"] as const;

describe.each(sockets)("a %s socket", (type) => {
  test.each(rows)(
    "has option %i, which is %s and can be set to %s",
    (option, initial, value, read = value) => {
      using socket = zmq.socket(type);
      const lingers = !(option === zmq.ZMQ_LINGER && type === "sub");
      expect(socket.getsockopt(option)).toBe(lingers ? initial : 0);
      expect(socket.setsockopt(option, value as number)).toBe(socket);
      expect(socket.getsockopt(option)).toBe(read);
    },
  );
});

describe("a read-only option", () => {
  test.each([zmq.ZMQ_EVENTS, zmq.ZMQ_TYPE, zmq.ZMQ_LAST_ENDPOINT, zmq.ZMQ_MECHANISM])("%i", (option) => {
    using socket = zmq.socket("push");
    expect(() => socket.setsockopt(option as number, 1)).toThrow(`Unknown option: ${option}`);
  });

  test("is last endpoint", () => {
    using socket = zmq.socket("push");
    expect([socket.last_endpoint, socket.getsockopt("last_endpoint")]).toEqual([null, null]);
    socket.bindSync("tcp://127.0.0.1:*");
    expect(socket.last_endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    expect(socket.getsockopt(zmq.ZMQ_LAST_ENDPOINT)).toBe(socket.last_endpoint);
  });

  test("is mechanism: 0 none, 1 PLAIN, 2 CURVE", () => {
    using socket = zmq.socket("push");
    expect([socket.mechanism, socket.getsockopt(zmq.ZMQ_MECHANISM)]).toEqual([0, 0]);
    socket.plain_server = true;
    expect([socket.mechanism, socket.plain_server]).toEqual([1, 1]);
    socket.plain_server = 0;
    socket.curve_server = 1;
    expect([socket.mechanism, socket.curve_server]).toEqual([2, 1]);
  });

  test("is events, which tells the possible operations", async () => {
    using pull = open("pull");
    using push = open("push");
    expect([push._ioevents, pull.getsockopt(zmq.ZMQ_EVENTS)]).toEqual([0, 0]);
    using _ = joined(pull, push, "inproc");
    expect(push._ioevents).toBe(zmq.ZMQ_POLLOUT);
    pull.pause();
    push.send("x");
    while (pull._ioevents === 0) await new Promise(setImmediate);
    expect(pull._ioevents).toBe(zmq.ZMQ_POLLIN);
    pull.resume();
    await receive(pull, 1);
    expect(pull._ioevents).toBe(0);
  });
});

describe("an option of some types only", () => {
  const options = [
    ["router", zmq.ZMQ_ROUTER_MANDATORY],
    ["router", zmq.ZMQ_ROUTER_HANDOVER],
    ["xpub", zmq.ZMQ_XPUB_VERBOSE],
  ] as const;
  test.each(options)("exists on a %s only: %i", (type, option) => {
    using socket = zmq.socket(type);
    for (const value of [1, true, 0, false]) expect(socket.setsockopt(option, value)).toBe(socket);
    for (const other of ["rep", "pub", "dealer", "stream"] as const) {
      // With this option a rep socket whose peer has disconnected would abort the process.
      using wrong = zmq.socket(other);
      expect(() => wrong.setsockopt(option, 1)).toThrow(`Only ${type} sockets have option ${option}`);
    }
  });

  test("makes a router reject unknown peers", async () => {
    using router = open("router");
    router.setsockopt(zmq.ZMQ_ROUTER_MANDATORY, 1);
    router.send(["nobody", "x"]);
    const [error] = await once(router, "error");
    expect(error).toMatchObject({ code: "EHOSTUNREACH" });
  });

  test("makes an xpub receive repeated subscriptions", async () => {
    using xpub = open("xpub");
    xpub.setsockopt(zmq.ZMQ_XPUB_VERBOSE, 1);
    using first = open("sub");
    using second = open("sub");
    xpub.bindSync(freshEndpoint("tcp"));
    const subscriptions = receive(xpub, 2);
    for (const sub of [first, second]) sub.subscribe("x").connect(xpub.last_endpoint as string);
    expect(await subscriptions).toEqual([["\x01x"], ["\x01x"]]);
  });

  test("cannot be read if it is write-only", () => {
    using xpub = zmq.socket("xpub");
    expect(() => xpub.getsockopt(zmq.ZMQ_XPUB_VERBOSE)).toThrow("Reading ZMQ_XPUB_VERBOSE is not supported");
    using router = zmq.socket("router");
    for (const option of [zmq.ZMQ_ROUTER_MANDATORY, zmq.ZMQ_ROUTER_HANDOVER, zmq.ZMQ_TCP_ACCEPT_FILTER]) {
      expect(() => router.getsockopt(option as number)).toThrow(`Unknown option: ${option}`);
    }
  });
});

test("tcp accept filters can be added and removed", () => {
  using pull = zmq.socket("pull");
  expect(pull.setsockopt(zmq.ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1/32")).toBe(pull);
  expect(() => pull.setsockopt(zmq.ZMQ_TCP_ACCEPT_FILTER, "here")).toThrow(
    expect.objectContaining({ code: "EINVAL" }),
  );
});

test.each([
  ["ZMQ_RCVMORE", zmq.ZMQ_RCVMORE, "_receiveMore"],
  ["ZMQ_FD", zmq.ZMQ_FD, "_fd"],
  ["ZMQ_ROUTER_RAW", zmq.ZMQ_ROUTER_RAW, undefined],
] as const)("option %s throws: it is not supported", (name, option, property) => {
  using socket = zmq.socket("router");
  const text = `${name} is not supported in compatibility mode`;
  expect(() => socket.getsockopt(option)).toThrow(text);
  if (property) expect(() => socket[property]).toThrow(text);
  if (option === zmq.ZMQ_ROUTER_RAW) expect(() => socket.setsockopt(option as number, 1)).toThrow(text);
  else expect(() => socket.setsockopt(option as number, 1)).toThrow(`Unknown option: ${option}`);
});

test.each(["foo", "ZMQ_LINGER", "17", "toString", "", undefined, null, 0, 2, 1000, 17.5, {}])(
  "option %s throws: it is unknown",
  (option) => {
    using socket = zmq.socket("push");
    const text = `Unknown option: ${option}`;
    expect(() => socket.getsockopt(option as number)).toThrow(text);
    expect(() => socket.setsockopt(option as number, 1)).toThrow(text);
  },
);

test.each([
  ["linger", "5", "a number"],
  ["linger", true, "a number"],
  ["linger", null, "a number"],
  ["identity", 5, "a string or buffer"],
  ["plain_username", true, "a string or buffer"],
] as const)("option %s throws for %s", (name, value, kind) => {
  using socket = zmq.socket("dealer");
  const error = new TypeError(`Option value must be ${kind}`);
  expect(() => socket.setsockopt(name as string, value)).toThrow(error);
  expect(() => {
    (socket as unknown as Record<string, unknown>)[name] = value;
  }).toThrow(error);
});

describe("short names of options", () => {
  const readable = Object.keys(zmq.options).filter((name) => !name.startsWith("_"));
  test.each(readable)("access the same value as the property and the number: %s", (name) => {
    using socket = zmq.socket("dealer");
    const loose = socket as unknown as Record<string, unknown>;
    const number = zmq.options[name as keyof typeof zmq.options];
    expect(loose[name]).toBe(socket.getsockopt(number));
    expect(loose[name]).toBe(socket.getsockopt(name));
    const row = rows.find(([option]) => option === number);
    if (row === undefined) return;
    const [, , value, read = value] = row;
    loose[name] = value;
    expect(socket.getsockopt(number)).toBe(read);
    using other = zmq.socket("dealer");
    expect(other.setsockopt(name, value as number)).toBe(other);
    expect((other as unknown as typeof loose)[name]).toBe(read);
  });

  test("are not enumerable", () => {
    using socket = zmq.socket("dealer");
    for (const name in socket) expect(zmq.options).not.toHaveProperty(name);
  });

  test("of sub sockets throw on other types", () => {
    using push = zmq.socket("push");
    for (const option of ["_subscribe", "_unsubscribe", zmq.ZMQ_SUBSCRIBE, zmq.ZMQ_UNSUBSCRIBE] as const) {
      expect(() => push.setsockopt(option, "x")).toThrow("Subscriber socket required");
      expect(() => push.getsockopt(option as number)).toThrow(`Unknown option: ${option}`);
    }
  });
});

test("a closed socket throws for all options", () => {
  const socket = zmq.socket("push");
  socket.close();
  const closed = expect.objectContaining({ code: "ENOTSOCK" });
  expect(() => socket.linger).toThrow(closed);
  expect(() => socket.setsockopt("linger", 1)).toThrow(closed);
});

test("an option that is set too late emits a warning", async () => {
  using socket = zmq.socket("push");
  socket.bindSync("tcp://127.0.0.1:*");
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  socket.linger = 5;
  expect(warn).not.toHaveBeenCalled();
  socket.sndbuf = 1000;
  expect(warn).toHaveBeenCalledWith("Socket option will not take effect until next connect/bind.");
  warn.mockRestore();
});

test("ZMQ_RCVTIMEO throws on sockets that emit messages", async () => {
  using pull = open("pull");
  using push = open("push");
  pull.setsockopt(zmq.ZMQ_RCVTIMEO, 1);
  using _ = joined(pull, push);
  const errors: unknown[] = [];
  pull.on("error", (error) => errors.push(error));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const arrived = receive(pull, 1);
  push.send("late");
  expect(await arrived).toEqual([["late"]]);
  expect(errors).toEqual([]);
});

test("a rep socket survives the disconnect of its peer", async () => {
  const { code, signal, stdout } = await runProgram5(`
    const rep = zmq.socket("rep");
    rep.bindSync("tcp://127.0.0.1:*");
    try { rep.setsockopt(zmq.ZMQ_ROUTER_MANDATORY, 1); } catch {}
    const req = zmq.socket("req", { linger: 0 });
    req.connect(rep.last_endpoint);
    req.send("question");
    rep.on("message", async () => {
      req.close();
      await new Promise((resolve) => setTimeout(resolve, 100));
      rep.send("answer", 0, () => { console.log("sent"); rep.close(); });
    });`);
  expect({ code, signal, stdout }).toEqual({ code: 0, signal: null, stdout: "sent\n" });
});
