// One AbortSignal that many pending operations share.

import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { Pair, Pull } from "zmq-native";
import { packagePath, runProgram } from "../helpers/program.js";

const streamsPath = packagePath.replace("index.js", "streams.js");
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a signal that many operations share causes no warning", async () => {
  const { code, stdout, stderr } = await runProgram(`
    const streams = require(${JSON.stringify(streamsPath)});
    const shared = new AbortController();
    const options = { signal: shared.signal };
    const pulls = Array.from({ length: 20 }, () => new zmq.Pull());
    const sources = Array.from({ length: 20 }, () => new zmq.Pull());
    const push = new zmq.Push({ sendQueue: { max: 100 }, sendHighWaterMark: 1, linger: 0 });
    const pending = [
      ...pulls.map((pull) => pull.receive(options)),
      ...pulls.map((pull) => pull.waitForPeers(1, options)),
      ...pulls.map((pull) => pull.peers.changes(options).next()),
      ...Array.from({ length: 20 }, () => push.send("x", options)),
      ...sources.map((pull) => streams.toReadableStream(pull, options).getReader().read()),
    ];
    shared.abort(new Error("stop"));
    const results = await Promise.allSettled(pending);
    console.log(results.length, results.every(({ reason }) => reason?.message === "stop"));
    for (const socket of [...pulls, ...sources, push]) socket.close();
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "100 true\n", stderr: "" });
});

test("a signal rejects the operations in their order, and has a listener only while one is pending", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const count = () => getEventListeners(signal, "abort").length;
  const left = new Pair({ linger: 0 });
  using right = new Pair({ receiveQueue: { max: 10 }, linger: 0 });
  await left.bind("inproc://abort-shared");
  right.connect("inproc://abort-shared");
  const first = right.receive({ signal });
  const order: number[] = [];
  const others = [1, 2, 3].map((number) =>
    right.receive({ signal, timeout: number === 2 ? 1 : -1 }).catch((error) => {
      order.push(number);
      return error;
    }),
  );
  expect(count()).toBe(1);
  await left.send("for the first");
  expect(String(await first)).toBe("for the first");
  expect(await others[1]).toMatchObject({ code: "EAGAIN" });
  expect(count()).toBe(1);
  controller.abort("stop");
  expect([await others[0], await others[2]]).toEqual(["stop", "stop"]);
  expect(order).toEqual([2, 1, 3]);
  await turn();
  expect(count()).toBe(0);
  left.close();
});

test("a signal that operations use one after the other keeps no listener", async () => {
  const { signal } = new AbortController();
  using pull = new Pull();
  for (let round = 0; round < 3; round++) {
    await expect(pull.receive({ signal, timeout: 1 })).rejects.toMatchObject({ code: "EAGAIN" });
    await turn();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  }
});

test("a signal that refuses the listener is not asked to remove it", async () => {
  const calls: string[] = [];
  const signal = {
    aborted: false,
    addEventListener() {
      calls.push("add");
      throw new Error("no listeners");
    },
    removeEventListener: () => calls.push("remove"),
  } as unknown as AbortSignal;
  using pull = new Pull();
  await expect(pull.receive({ signal })).rejects.toThrow("no listeners");
  await turn();
  expect(calls).toEqual(["add"]);
});

test("an operation that begins while the listener is removed is aborted like any other", async () => {
  const controller = new AbortController();
  using pull = new Pull({ receiveQueue: {} });
  let begin: (() => Promise<unknown>) | undefined;
  let begun: Promise<unknown> | undefined;
  const wrapped = {
    get aborted() {
      return controller.signal.aborted;
    },
    reason: "stop",
    addEventListener: (name: string, listener: () => void) =>
      controller.signal.addEventListener(name, listener),
    removeEventListener(name: string, listener: () => void) {
      begun ??= begin?.();
      controller.signal.removeEventListener(name, listener);
    },
  } as unknown as AbortSignal;
  begin = () => pull.receive({ signal: wrapped }).catch((reason) => reason);
  await expect(pull.receive({ signal: wrapped, timeout: 1 })).rejects.toMatchObject({ code: "EAGAIN" });
  await turn();
  expect(begun).toBeDefined();
  controller.abort();
  expect(await begun).toBe("stop");
});
