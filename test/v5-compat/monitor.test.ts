// The events of a monitored socket's connections.

import { describe, expect, test, vi } from "vitest";
import type * as zmq from "zmq-native/v5-compat";
import { freshEndpoint } from "../helpers/transports.js";
import { open, receive, runProgram5, turns, until } from "../helpers/v5.js";

const names = [
  ...["connect", "connect_delay", "connect_retry", "listen", "bind_error"],
  ...["accept", "accept_error", "close", "close_error", "disconnect"],
] as (keyof zmq.MonitorEvents)[];

type Told = [name: string, value: number | undefined, address: string, error: Error | undefined];

/** Records the events of a socket. */
function record(socket: zmq.Socket) {
  const told: Told[] = [];
  for (const name of names) socket.on(name, (...given) => told.push([name, ...given] as Told));
  const heard = (name: string) => until(() => told.some(([other]) => other === name));
  return { told, heard };
}

test("a monitor reports listening, connecting, accepting and disconnecting", async () => {
  using pull = open("pull");
  const push = open("push");
  const server = record(pull);
  const client = record(push);
  expect(pull.monitor()).toBe(pull);
  expect(push.monitor()).toBe(push);
  pull.bindSync("tcp://127.0.0.1:*");
  const address = pull.last_endpoint as string;
  push.connect(address);
  await Promise.all([server.heard("accept"), client.heard("connect")]);
  push.close();
  await server.heard("disconnect");
  pull.close();
  await server.heard("close");
  const fd = expect.any(Number);
  expect(server.told).toEqual([
    ["listen", fd, address, undefined],
    ["accept", fd, address, undefined],
    ["disconnect", fd, address, undefined],
    ["close", fd, address, undefined],
  ]);
  // The value is the descriptor of the connection, which identifies it.
  expect(server.told[2]![1]).toBe(server.told[1]![1]);
  const told = client.told.filter(([name]) => name !== "connect_delay");
  expect(told[0]).toEqual(["connect", fd, address, undefined]);
});

test("a monitor reports attempts to connect, with the milliseconds until the next", async () => {
  using finder = open("push");
  finder.bindSync("tcp://127.0.0.1:*");
  const address = finder.last_endpoint as string;
  finder.unbindSync(address);
  finder.close();
  using push = open("push", { reconnect_ivl: 7 });
  const { told, heard } = record(push);
  push.monitor().connect(address);
  await heard("connect_retry");
  const retry = told.find(([name]) => name === "connect_retry")!;
  expect(retry).toEqual(["connect_retry", expect.any(Number), address, undefined]);
  expect(retry[1]).toBeGreaterThanOrEqual(7);
  expect(retry[1]).toBeLessThan(14);
});

test("a monitor reports failed binds, with the error's number", async () => {
  using pull = open("pull");
  const { told, heard } = record(pull);
  pull.monitor();
  // An address of no machine.
  expect(() => pull.bindSync("tcp://192.0.2.1:80")).toThrow(
    expect.objectContaining({ code: "EADDRNOTAVAIL" }),
  );
  await heard("bind_error");
  const [, value, address, error] = told.find(([name]) => name === "bind_error")!;
  expect(error).toMatchObject({ code: "EADDRNOTAVAIL", errno: value });
  expect(address).toContain("192.0.2.1:80");
});

describe("unmonitor", () => {
  test("ends the events without an error, and monitor starts them again", async () => {
    using pull = open("pull");
    const { told } = record(pull);
    const errors: unknown[] = [];
    pull.on("error", (error) => errors.push(error));
    expect(pull.unmonitor()).toBe(pull);
    pull.monitor().bindSync("tcp://127.0.0.1:*");
    await until(() => told.length === 1);
    expect(pull.unmonitor()).toBe(pull);
    expect(pull.unmonitor()).toBe(pull);
    // A connection that is not reported.
    const received = receive(pull, 1);
    using push = open("push");
    push.connect(pull.last_endpoint as string).send("x");
    await received;
    await turns();
    expect(told.map(([name]) => name)).toEqual(["listen"]);
    pull.monitor();
    pull.bindSync(freshEndpoint("ipc"));
    await until(() => told.length === 2);
    expect(told.map(([name]) => name)).toEqual(["listen", "listen"]);
    expect(errors).toEqual([]);
  });

  test("before close lets the process exit without output", async () => {
    const { stdout, stderr, code } = await runProgram5(`
      const socket = zmq.socket("push");
      socket.monitor().on("error", (error) => console.log(error));
      socket.bind("tcp://127.0.0.1:*", () => socket.unmonitor().close());`);
    expect({ stdout, stderr, code }).toEqual({ stdout: "", stderr: "", code: 0 });
  });
});

test("a second monitor call changes nothing", async () => {
  using pull = open("pull");
  const { told } = record(pull);
  const errors: unknown[] = [];
  pull.on("error", (error) => errors.push(error));
  pull.monitor().monitor().bindSync("tcp://127.0.0.1:*");
  await until(() => told.length > 0);
  await turns();
  expect([told.length, errors]).toEqual([1, []]);
});

test("a socket without monitor emits no such events", async () => {
  using pull = open("pull");
  using push = open("push");
  const { told } = record(pull);
  pull.bindSync("tcp://127.0.0.1:*");
  const received = receive(pull, 1);
  push.connect(pull.last_endpoint as string).send("x");
  await received;
  expect(told).toEqual([]);
});

test("intervals are ignored with a warning", () => {
  using socket = open("push");
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  expect(socket.monitor()).toBe(socket);
  expect(socket.monitor(0, 0)).toBe(socket);
  expect(warn).not.toHaveBeenCalled();
  expect(socket.monitor(500, 0)).toBe(socket);
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    "Arguments to monitor() are ignored in compatibility mode; all events are read automatically",
  );
  warn.mockRestore();
});

test("a listener may close the socket", async () => {
  const pull = open("pull");
  pull.on("accept", () => pull.close());
  pull.monitor().bindSync("tcp://127.0.0.1:*");
  using push = open("push");
  push.connect(pull.last_endpoint as string);
  await until(() => pull.closed);
});
