// Errors: class, fields and text, and whether they are thrown or reject.

import { constants } from "node:os";
import { inspect, types } from "node:util";
import { describe, expect, test } from "vitest";
import { freshEndpoint } from "../helpers/transports.js";
import {
  expectFailure,
  expectRejected,
  expectThrown,
  expectTypeError,
  rejected,
  thrown,
} from "./expectations.js";
import { closedAfterEach } from "./opened.js";
import { loose, mended, runSubject, type SocketName, zmq } from "./subject.js";

const { open } = closedAfterEach();

type Failure = Error & { code: string; errno: number; address?: string };

const closed = () => {
  const push = open("Push");
  push.close();
  return push;
};

describe("an error of libzmq", () => {
  const error = thrown(() => closed().send("message")) as Failure;
  const addressed = thrown(() => open("Push").connect("foo://bar")) as Failure;

  test("is an instance of Error", () => {
    expect(error).toBeInstanceOf(Error);
    expect(types.isNativeError(error)).toBe(true);
    expect(error).not.toBeInstanceOf(TypeError);
    expect(Object.prototype.toString.call(error)).toBe("[object Error]");
    expect([error.name, String(error)]).toEqual(["Error", "Error: Socket is closed"]);
    expect(error.stack).toMatch(/^Error: Socket is closed\n +at /);
  });

  test("has its own errno and code, and address where there is one", () => {
    expect(Object.keys(error)).toEqual(["errno", "code"]);
    expect(Object.keys(addressed)).toEqual(["errno", "code", "address"]);
    expect(Reflect.ownKeys(addressed)).toEqual(["stack", "message", "errno", "code", "address"]);
    expect(Object.hasOwn(error, "name")).toBe(false);
  });

  test("has a positive errno, and its code is the name of errno", () => {
    expect([error.errno, error.code]).toEqual([constants.errno.EBADF, "EBADF"]);
    expect([addressed.errno, addressed.code]).toEqual([constants.errno.EPROTONOSUPPORT, "EPROTONOSUPPORT"]);
  });

  test("has writable fields", () => {
    for (const field of ["errno", "code", "address"]) {
      const descriptor = Object.getOwnPropertyDescriptor(addressed, field);
      expect(descriptor).toMatchObject({ writable: true, enumerable: true, configurable: true });
    }
  });

  test("serializes to JSON with its fields", () => {
    expect(JSON.stringify(addressed)).toBe(
      `{"errno":${addressed.errno},"code":"EPROTONOSUPPORT","address":"foo://bar"}`,
    );
  });

  test("prints its text, stack and fields", () => {
    expect(inspect(addressed)).toMatch(/Error: Protocol not supported.*\n +at .*code: 'EPROTONOSUPPORT'/s);
  });

  test("has a stack that leads to the caller, thrown or rejected", async () => {
    function caller() {
      closed().send("message");
    }
    expect((thrown(caller) as Failure).stack).toContain("at caller");
    async function asking() {
      await open("Push", { sendTimeout: 0 }).send("message");
    }
    expect(((await rejected(asking)) as Failure).stack).toContain("at asking");
  });

  mended("zeromq has no class of errors", "is a ZmqError", () => {
    expect(error).toBeInstanceOf(loose(zmq).ZmqError);
  });
});

describe("codes and texts", () => {
  test("EBADF: Socket is closed", () => {
    expectThrown(() => closed().send("message"), "EBADF");
  });

  test("EAGAIN: Operation was not possible or timed out", async () => {
    await expectRejected(() => open("Push", { sendTimeout: 0 }).send("message"), "EAGAIN");
  });

  test("EMFILE: Too many open file descriptors", () => {
    const context = new zmq.Context({ maxSockets: 1 });
    open("Pull", { context });
    expectThrown(() => open("Pull", { context }), "EMFILE");
  });

  test("ENOENT: No such endpoint", () => {
    const address = "tcp://127.0.0.1:5555";
    expectThrown(() => open("Pull").disconnect(address), "ENOENT", { address });
  });

  test("EADDRINUSE: Address already in use", () => {
    const address = freshEndpoint("inproc");
    open("Pull").bindSync(address);
    expectThrown(() => open("Pull").bindSync(address), "EADDRINUSE", { address });
  });

  test("EFSM is 156384763, with libzmq's text", async () => {
    const error = (await rejected(() => open("Reply", { sendTimeout: 0 }).send("x"))) as Failure;
    expectFailure(error, "EFSM");
    expect(error.errno).toBe(156384763);
  });

  test("ENOTSOCK has the platform's text", () => {
    expectThrown(() => closed().linger, "ENOTSOCK");
  });

  test("EINVAL has the platform's text", () => {
    expectThrown(() => open("Push", { rate: -1 }), "EINVAL");
  });
});

describe("addresses that are rejected", () => {
  /** socket, address, code */
  const refused: [SocketName, string, string][] = [
    ["Pair", "", "EINVAL"],
    ["Pair", "foo", "EINVAL"],
    ["Pair", "tcp", "EINVAL"],
    ["Pair", "tcp:", "EINVAL"],
    ["Pair", "tcp://", "EINVAL"],
    ["Pair", "tcp://127.0.0.1", "EINVAL"],
    ["Pair", "tcp://127.0.0.1:", "EINVAL"],
    ["Pair", "tcp://127.0.0.1:port", "EINVAL"],
    ["Pair", "foo://bar", "EPROTONOSUPPORT"],
    ["Pair", "foo://", "EINVAL"],
    ["Pair", "inproc://", "EINVAL"],
    ["Pair", "vmci://*:1", "EPROTONOSUPPORT"],
    ["Pair", "TCP://127.0.0.1:*", "EPROTONOSUPPORT"],
    ["Pair", " tcp://127.0.0.1:*", "EPROTONOSUPPORT"],
    ["Pull", "udp://127.0.0.1:5555", "ENOCOMPATPROTO"],
    ["Pair", `ipc:///${"x".repeat(200)}`, "ENAMETOOLONG"],
  ];

  test.each(refused.filter(([, address]) => !address.startsWith("ipc")))(
    "%s.connect(%j) throws %s",
    (name, address, code) => {
      const socket = open(name);
      expectThrown(() => socket.connect(address), code, { begins: true, address });
    },
  );

  test.each(refused)("%s: bindSync of %j throws %s and bind rejects with it", async (name, address, code) => {
    const socket = open(name);
    expectThrown(() => socket.bindSync(address), code, { begins: true, address });
    await expectRejected(() => socket.bind(address), code, { begins: true, address });
    expect(socket.lastEndpoint).toBeNull();
  });

  test("bind to an address of another machine is EADDRNOTAVAIL", async () => {
    const address = "tcp://192.0.2.1:*";
    await expectRejected(() => open("Pull").bind(address), "EADDRNOTAVAIL", { begins: true, address });
  });

  test("bind to an unknown interface is ENODEV", async () => {
    const address = "tcp://no-interface:*";
    await expectRejected(() => open("Pull").bind(address), "ENODEV", { begins: true, address });
  });

  test("bind to a missing folder is ENOENT, and to a port in use EADDRINUSE", async () => {
    const path = "ipc:///nonexistent/folder/socket";
    const error = await rejected(() => open("Pull").bind(path));
    expectFailure(error, "ENOENT", { address: path });
    const pull = open("Pull");
    await pull.bind("tcp://127.0.0.1:*");
    const address = pull.lastEndpoint as string;
    await expectRejected(() => open("Pull").bind(address), "EADDRINUSE", { address });
  });

  mended(
    "zeromq takes another port: 99999 is 34463",
    "a port above 65535 is EINVAL, and the error names it",
    async () => {
      const address = "tcp://127.0.0.1:99999";
      const error = (await rejected(() => open("Pull").bind(address))) as Failure;
      expect(error).toMatchObject({ code: "EINVAL", address });
      expect((error as { detail?: string }).detail).toContain("99999");
    },
  );

  mended("zeromq reads up to the NUL", "an address with a NUL is a TypeError", () => {
    expect(thrown(() => open("Pull").bindSync("inproc://a\0b"))).toBeInstanceOf(TypeError);
  });
});

describe("addresses that are accepted", () => {
  test.each([
    ["tcp://127.0.0.1:*", /^tcp:\/\/127\.0\.0\.1:\d+$/],
    ["tcp://127.0.0.1:0", /^tcp:\/\/127\.0\.0\.1:\d+$/],
    ["tcp://*:*", /^tcp:\/\/0\.0\.0\.0:\d+$/],
    ["tcp://lo:*", /^tcp:\/\/127\.0\.0\.1:\d+$/],
    ["tcp://localhost:*", /^tcp:\/\/127\.0\.0\.1:\d+$/],
    ["ws://127.0.0.1:*", /^ws:\/\/127\.0\.0\.1:\d+\/$/],
    ["ipc://*", /^ipc:\/\/\S+$/],
    [`ipc://@abstract-${process.pid}`, /^ipc:\/\/@abstract-\d+$/],
    [`inproc://${"y".repeat(300)}`, /^inproc:\/\/y{200,}/],
  ])("bind(%j)", async (address, endpoint) => {
    const pull = open("Pull");
    try {
      await pull.bind(address);
    } catch (error) {
      // `localhost` may have another name, and `lo` may not be an interface.
      if (!/localhost|lo:/.test(address)) throw error;
      return;
    }
    expect(pull.lastEndpoint).toMatch(endpoint);
  });

  test("bind to an IPv6 address", async () => {
    const pull = open("Pull", { ipv6: true });
    try {
      await pull.bind("tcp://[::1]:*");
      expect(pull.lastEndpoint).toMatch(/^tcp:\/\/\[::1\]:\d+$/);
    } catch (error) {
      // The machine has no IPv6.
      expect(["EADDRNOTAVAIL", "EAFNOSUPPORT", "ENODEV"]).toContain((error as Failure).code);
    }
  });

  test("connect succeeds without a server", () => {
    const push = open("Push", { reconnectInterval: -1 });
    for (const address of ["tcp://127.0.0.1:9", "ipc:///nonexistent/x", freshEndpoint("inproc")]) {
      expect(push.connect(address)).toBeUndefined();
    }
  });
});

describe("a wrong argument throws a TypeError with the text", () => {
  const Base = zmq.Socket as unknown as new (...parameters: unknown[]) => unknown;

  test("Address must be a string", () => {
    expectTypeError(() => loose(open("Push")).connect!(5), "Address must be a string");
  });

  test("Socket type must be a number", () => {
    expectTypeError(() => new Base("push"), "Socket type must be a number");
  });

  test("Options must be an object", () => {
    expectTypeError(() => new Base(7, "options"), "Options must be an object");
  });

  test("Front-end must be a socket object, Back-end must be a socket object", () => {
    const Proxy = loose(zmq).Proxy as unknown as new (...parameters: unknown[]) => unknown;
    expectTypeError(() => new Proxy(), "Front-end must be a socket object");
    expectTypeError(() => new Proxy(open("Pull"), 5), "Back-end must be a socket object");
  });

  test("Expected N arguments but received M", () => {
    expectTypeError(() => loose(open("Push")).close!(1), "Expected 0 arguments but received 1");
    expectTypeError(
      () => loose(open("Push")).connect!("inproc://x", 2),
      "Expected 1 argument but received 2",
    );
  });

  test("and without errno or code", () => {
    const error = thrown(() => loose(open("Push")).connect!(5)) as Error;
    expect(Object.keys(error)).toEqual([]);
    expect([error.name, String(error)]).toEqual(["TypeError", "TypeError: Address must be a string"]);
  });
});

describe("an uncaught error", () => {
  test("of send ends the process and prints its stack and fields", async () => {
    const outcome = await runSubject('new zmq.Push({ sendTimeout: 0 }).send("x");');
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/Error: Operation was not possible or timed out\n +at /);
    expect(outcome.stderr).toContain("code: 'EAGAIN'");
  });

  test("that is thrown ends the process, too", async () => {
    const outcome = await runSubject('const push = new zmq.Push(); push.close(); push.send("x");');
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/Error: Socket is closed\n +at /);
  });
});

describe("a method called without its object", () => {
  const kinds = ["Bool", "Int32", "Uint32", "Int64", "Uint64", "String"];
  const options = kinds.flatMap((kind) => [`get${kind}Option`, `set${kind}Option`]);
  const endpoints = ["bind", "unbind", "bindSync", "unbindSync", "connect", "disconnect"];
  const operations = [
    ...["send", "trySend", "sendMany", "receive", "tryReceive", "receiveMany", "receiveWithMetadata"],
    ...["messagesWithMetadata", "batches", "join", "leave"],
  ];
  const methods = {
    Socket: [...endpoints, ...options, ...operations, "close"],
    Context: ["getBoolOption", "setBoolOption", "getInt32Option", "setInt32Option", "close"],
    Observer: ["receive", "on", "off", "requestPipeStats", "close"],
    Proxy: ["run", "pause", "resume", "terminate", "statistics"],
  };

  test.each(Object.entries(methods))('of a %s throws "Illegal invocation"', (name, all) => {
    for (const method of all) {
      const { prototype } = zmq[name as keyof typeof methods];
      const { [method]: alone } = loose(prototype);
      for (const self of [undefined, null, 5, {}, Object.create(prototype), new Proxy(prototype, {})])
        expectTypeError(() => (alone as () => unknown).call(self), "Illegal invocation");
    }
  });
});
