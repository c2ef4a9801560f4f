// bind, unbind, connect, disconnect and close: events, callbacks and errors.

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import type * as zmq from "zmq-native/v5-compat";
import { freshEndpoint, transports, whenFree } from "../helpers/transports.js";
import { open, receive, runProgram5, turns, until } from "../helpers/v5.js";

/** An endpoint that no socket is bound to. A socket that had been bound to it might still accept a connection. */
async function freePort(): Promise<string> {
  const finder = createServer().listen(0, "127.0.0.1");
  await once(finder, "listening");
  const { port } = finder.address() as AddressInfo;
  finder.close();
  await once(finder, "close");
  return `tcp://127.0.0.1:${port}`;
}

describe.each(transports)("over %s", (transport) => {
  test("bind and unbind emit an event, then call the callback, asynchronously", async () => {
    using socket = open("push");
    const calls: unknown[][] = [];
    socket.on("bind", (...given) => calls.push(["bind", ...given]));
    socket.on("unbind", (...given) => calls.push(["unbind", ...given]));
    const endpoint = freshEndpoint(transport);
    expect(socket.bind(endpoint, (...given) => calls.push(["bound", ...given]))).toBe(socket);
    expect(calls).toEqual([]);
    await until(() => calls.length === 2);
    expect(calls.splice(0)).toEqual([["bind", endpoint], ["bound"]]);
    const actual = socket.last_endpoint as string;
    expect(socket.unbind(actual, (...given) => calls.push(["unbound", ...given]))).toBe(socket);
    expect(calls).toEqual([]);
    await until(() => calls.length === 2);
    expect(calls).toEqual([["unbind", actual], ["unbound"]]);
    await whenFree(() => socket.bindSync(actual));
  });

  test("bindSync and unbindSync emit no events and return nothing", async () => {
    using socket = open("push");
    const events: string[] = [];
    for (const event of ["bind", "unbind"] as const) socket.on(event, () => events.push(event));
    expect(socket.bindSync(freshEndpoint(transport))).toBeUndefined();
    expect(socket.unbindSync(socket.last_endpoint as string)).toBeUndefined();
    await turns();
    expect(events).toEqual([]);
  });

  test("connect and disconnect take effect and return the socket", async () => {
    using pull = open("pull");
    using push = open("push");
    pull.bindSync(freshEndpoint(transport));
    const endpoint = pull.last_endpoint as string;
    expect(push.connect(endpoint)).toBe(push);
    const received = receive(pull, 1);
    push.send("x");
    await received;
    expect(push.disconnect(endpoint)).toBe(push);
    expect(() => push.disconnect(endpoint)).toThrow(
      expect.objectContaining({ code: "ENOENT", address: endpoint }),
    );
  });

  test("connect may precede bind", async () => {
    using pull = open("pull");
    using push = open("push");
    const endpoint = transport === "tcp" ? await freePort() : freshEndpoint(transport);
    push.connect(endpoint);
    await whenFree(() => pull.bindSync(endpoint));
    const received = receive(pull, 1);
    push.send("x");
    expect(await received).toEqual([["x"]]);
  });

  test("messages sent during a bind are delivered after it", async () => {
    using pull = open("pull");
    using push = open("push");
    const endpoint = freshEndpoint(transport);
    const received = receive(pull, 2);
    push.bind(endpoint, () => pull.connect(push.last_endpoint as string));
    push.send("1").send("2");
    expect(await received).toEqual([["1"], ["2"]]);
  });
});

describe("errors of bind and unbind", () => {
  test.each(["bind", "unbind"] as const)("%s passes them to the callback or emits them", async (call) => {
    using socket = open("push");
    const endpoint = call === "bind" ? "nonsense" : freshEndpoint("inproc");
    const code = call === "bind" ? "EINVAL" : "ENOENT";
    const events: unknown[] = [];
    socket.on("error", (error) => events.push(error));
    const error = await new Promise((resolve) => {
      expect(socket[call](endpoint, resolve)).toBe(socket);
    });
    expect(error).toMatchObject({ code, address: endpoint });
    expect(events).toEqual([]);
    socket[call](endpoint);
    await until(() => events.length === 1);
    expect(events).toMatchObject([{ code, address: endpoint }]);
  });

  test("leave the socket usable", async () => {
    using pull = open("pull");
    using push = open("push");
    pull.on("error", () => {});
    pull.bind("nonsense");
    push.connect("inproc://works-on");
    await once(pull, "error");
    const received = receive(pull, 1);
    pull.bindSync("inproc://works-on");
    push.send("x");
    expect(await received).toEqual([["x"]]);
  });

  test("are uncaught without a listener", async () => {
    const { stdout } = await runProgram5(`
      process.on("uncaughtException", ({ code }, origin) => console.log(origin, code));
      zmq.socket("push").bind("nonsense");`);
    expect(stdout).toBe("uncaughtException EINVAL\n");
  });

  test.each([undefined, null, 5, {}])("are thrown for %s, which is not an address", (address) => {
    using socket = open("push");
    const error = new TypeError("Address must be a string");
    for (const call of ["bind", "unbind", "bindSync", "unbindSync", "connect", "disconnect"] as const) {
      expect(() => socket[call](address as string)).toThrow(error);
    }
  });

  test.each([
    ["nonsense", "EINVAL"],
    ["", "EINVAL"],
    ["foo://bar", "EPROTONOSUPPORT"],
    ["tcp://127.0.0.1:99999", "EINVAL"],
  ])("%s is %s", (address, code) => {
    using socket = open("push");
    for (const call of ["bindSync", "unbindSync", "connect", "disconnect"] as const) {
      expect(() => socket[call](address)).toThrow(expect.objectContaining({ code, address }));
    }
  });

  test("include an address in use", async () => {
    using first = open("push");
    using second = open("push");
    first.bindSync("tcp://127.0.0.1:*");
    const address = first.last_endpoint as string;
    const refusal = { code: "EADDRINUSE", address };
    expect(() => second.bindSync(address)).toThrow(expect.objectContaining(refusal));
    expect(await new Promise((resolve) => second.bind(address, resolve))).toMatchObject(refusal);
  });

  test("include another bind, unbind or connect while one is pending", async () => {
    using socket = open("push");
    socket.bind(freshEndpoint("tcp"));
    const busy = expect.objectContaining({ code: "EBUSY" });
    for (const call of ["bind", "unbind", "bindSync", "connect"] as const) {
      expect(() => socket[call](freshEndpoint("inproc"))).toThrow(busy);
    }
    await once(socket, "bind");
    socket.bind(freshEndpoint("inproc"));
    await once(socket, "bind");
  });
});

describe("close", () => {
  test("during a bind takes effect when it is done", async () => {
    const socket = open("pull");
    const events: string[] = [];
    socket.on("bind", () => events.push("bind"));
    socket.bind("tcp://127.0.0.1:*", (error) => events.push(`callback ${error}`));
    expect(socket.close()).toBe(socket);
    expect(socket.closed).toBe(false);
    await until(() => events.length === 2);
    expect(events).toEqual(["bind", "callback undefined"]);
    expect(socket.closed).toBe(true);
  });

  test("makes all operations fail afterwards", () => {
    const socket = open("sub");
    socket.close();
    const closed = expect.objectContaining({ code: "EBADF", message: "Socket is closed" });
    for (const call of ["bind", "unbind", "bindSync", "unbindSync", "connect", "disconnect"] as const) {
      expect(() => socket[call]("inproc://closed")).toThrow(closed);
    }
    const noSocket = expect.objectContaining({ code: "ENOTSOCK" });
    expect(() => socket.subscribe("x")).toThrow(noSocket);
    expect(() => socket.monitor()).toThrow(noSocket);
    expect(socket.unmonitor()).toBe(socket);
    socket.pause();
    socket.resume();
    expect(socket.close()).toBe(socket);
  });

  test("is called by using", () => {
    let kept: zmq.Socket;
    {
      using socket = open("pull");
      kept = socket;
      expect(kept.closed).toBe(false);
    }
    expect(kept.closed).toBe(true);
  });
});
