// The methods of Node's EventEmitter on socket.events, and the functions of node:events that use them.

import type EventEmitter from "node:events";
import { getEventListeners, listenerCount, on, once, setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { Pull, Push } from "zmq-native";
import { runProgram } from "../helpers/program.js";

test("events.once resolves with the next event", async () => {
  using pull = new Pull();
  using push = new Push({ linger: 0 });
  const { events } = push;
  await pull.bind("tcp://127.0.0.1:*");
  push.connect(pull.lastEndpoint as string);
  const [event] = await once(events, "handshake");
  expect(event).toEqual({ type: "handshake", address: pull.lastEndpoint });
  expect(events.eventNames()).toEqual([]);
});

test("events.once resolves with an event that was kept before", async () => {
  using pull = new Pull();
  const { events } = pull;
  await pull.bind("tcp://127.0.0.1:*");
  // Later than the event.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await once(events, "bind"))[0].type).toBe("bind");
});

test("events.once is aborted by its signal, and leaves no listener", async () => {
  using pull = new Pull();
  const waiting = once(pull.events, "bind", { signal: AbortSignal.timeout(10) });
  expect(pull.events.listenerCount("bind")).toBe(1);
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  expect(pull.events.eventNames()).toEqual([]);
});

test("events.on iterates over events until the socket has ended", async () => {
  using pull = new Pull();
  const accepted = on(pull.events, "accept", { close: ["end"] } as object);
  await pull.bind("tcp://127.0.0.1:*");
  let count = 0;
  for (let i = 0; i < 3; i++) {
    using push = new Push({ linger: 0 });
    push.connect(pull.lastEndpoint as string);
    await push.send("x");
    await pull.receive();
  }
  pull.close();
  for await (const [event] of accepted) {
    expect(event.type).toBe("accept");
    count++;
  }
  expect(count).toBe(3);
  expect(pull.events.eventNames()).toEqual([]);
});

test("events.on ends with its signal and removes its listeners", async () => {
  using pull = new Pull();
  const controller = new AbortController();
  const bound = on(pull.events, "bind", { signal: controller.signal });
  await pull.bind("tcp://127.0.0.1:*");
  expect((await bound.next()).value[0].address).toBe(pull.lastEndpoint);
  controller.abort();
  await expect(bound.next()).rejects.toMatchObject({ name: "AbortError" });
  expect(pull.events.eventNames()).toEqual([]);
});

test("the functions of node:events that inspect an emitter accept an observer", () => {
  using pull = new Pull();
  const emitter: EventEmitter = pull.events;
  const listener = () => {};
  pull.events.on("bind", listener);
  expect(getEventListeners(emitter, "bind")).toEqual([listener]);
  expect(listenerCount(emitter, "bind")).toBe(1);
  setMaxListeners(3, emitter);
  expect(pull.events.getMaxListeners()).toBe(3);
});

test("methods have the results and the order of an EventEmitter", async () => {
  using pull = new Pull();
  const { events } = pull;
  const calls: string[] = [];
  const call = (name: string) => () => {
    calls.push(name);
  };
  const removed = call("removed");
  expect(events.on("bind", call("on"))).toBe(events);
  expect(events.addListener("bind", call("addListener"))).toBe(events);
  expect(events.prependListener("bind", call("prependListener"))).toBe(events);
  expect(events.once("bind", call("once"))).toBe(events);
  expect(events.prependOnceListener("bind", call("prependOnceListener"))).toBe(events);
  for (const method of ["off", "removeListener"] as const) {
    expect(events.on("bind", removed)[method]("bind", removed)).toBe(events);
  }
  events.on("accept", removed);
  expect(events.removeAllListeners("accept")).toBe(events);
  expect([events.listenerCount("bind"), events.listenerCount("accept")]).toEqual([5, 0]);
  expect([events.listeners("bind").length, events.rawListeners("bind").length]).toEqual([5, 5]);
  expect(events.eventNames()).toEqual(["bind"]);

  const ended = once(events, "end");
  await pull.bind("tcp://127.0.0.1:*");
  await pull.unbind(pull.lastEndpoint as string);
  await pull.bind("tcp://127.0.0.1:*");
  pull.close();
  await ended;
  const permanent = ["prependListener", "on", "addListener"];
  expect(calls).toEqual(["prependOnceListener", ...permanent, "once", ...permanent]);
  expect(events.removeAllListeners().eventNames()).toEqual([]);
});

test("only libzmq emits events", () => {
  using pull = new Pull();
  expect("emit" in pull.events).toBe(false);
});

test("methods that only read leave receive usable", async () => {
  using pull = new Pull();
  const { events } = pull;
  expect([events.listenerCount("bind"), events.listeners("bind"), events.rawListeners("bind")]).toEqual([
    0,
    [],
    [],
  ]);
  expect([events.eventNames(), events.getMaxListeners()]).toEqual([[], 10]);
  events.setMaxListeners(20);
  await pull.bind("tcp://127.0.0.1:*");
  expect((await events.receive()).type).toBe("bind");
  expect(() => events.once("bind", () => {}).receive()).toThrow("Observer is in event emitter mode");
});

test("methods throw without their observer, and for a listener that is not a function", () => {
  using pull = new Pull();
  const loose = pull.events as unknown as Record<string, (...parameters: unknown[]) => unknown>;
  for (const method of ["on", "once", "addListener", "removeListener", "listenerCount", "eventNames"]) {
    expect(() => loose[method]!.call({})).toThrow("Illegal invocation");
  }
  for (const method of ["once", "addListener", "prependListener", "removeListener"]) {
    expect(() => loose[method]!("bind", 5)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
    );
  }
});

test("an observer keeps the process alive only while it has listeners", async () => {
  const alone = await runProgram(`
    const { once } = require("node:events");
    const pull = new zmq.Pull();
    const push = new zmq.Push();
    const shaken = once(push.events, "handshake");
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint);
    console.log((await shaken)[0].type);
  `);
  expect(alone).toMatchObject({ code: 0, stdout: "handshake\n", stderr: "" });
  const removed = await runProgram(`
    const pull = new zmq.Pull();
    const listener = () => {};
    pull.events.on("bind", listener).off("bind", listener);
  `);
  expect(removed).toMatchObject({ code: 0, stderr: "" });
  const listening = await runProgram(
    `globalThis.pull = new zmq.Pull();
    pull.events.on("bind", ({ type }) => console.log(type));
    await pull.bind("tcp://127.0.0.1:*");`,
    { stays: /bind/ },
  );
  expect(listening).toMatchObject({ signal: "SIGKILL", stdout: "bind\n" });
});
