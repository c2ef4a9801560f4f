// All events that end a wait, at the same time: each promise settles exactly once, and no message is delivered twice.

import { expect, test } from "vitest";
import { Dealer, Pair, Push } from "zmq-native";
import { freshEndpoint } from "../helpers/transports.js";

const rounds = process.env.ZMQ_NATIVE_SOAK ? 500 : 20;
const codes = ["EAGAIN", "EBUSY", "EBADF", "ETIMEDOUT", "ECANCELED"];

/** Counts how often a promise settles, by thenables of its own, since a wrapping promise could hide it. */
function watch(promise: Promise<unknown>, tally: Map<string, number>): Promise<void> {
  let settled = 0;
  const count = (outcome: string) => {
    settled++;
    if (settled > 1) throw new Error("settled twice");
    tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
  };
  return promise.then(
    () => count("done"),
    (error: { name: string; code?: string }) => {
      const outcome = error.name === "AbortError" ? "AbortError" : (error.code ?? String(error));
      count(outcome);
    },
  );
}

test("scenario 30: abort, timeout and close race with a thousand sends and receives", {
  timeout: 300_000,
}, async () => {
  const tally = new Map<string, number>();
  let asked = 0;
  for (let round = 0; round < rounds; round++) {
    const options = { sendHighWaterMark: 2, receiveHighWaterMark: 2, linger: 0 };
    const server = new Dealer(options);
    await server.bind(freshEndpoint(round % 2 ? "inproc" : "tcp"));
    const sockets = Array.from({ length: 10 }, () => new Dealer(options));
    for (const socket of sockets) socket.connect(server.lastEndpoint as string);
    const waits: Promise<void>[] = [];
    const ask = (act: () => Promise<unknown>) => {
      asked++;
      try {
        waits.push(watch(act(), tally));
      } catch (error) {
        // The call throws EBUSY or EBADF.
        const { code } = error as { code: string };
        tally.set(code, (tally.get(code) ?? 0) + 1);
        expect(codes).toContain(code);
      }
    };
    for (let i = 0; i < 50; i++) {
      for (const [j, socket] of sockets.entries()) {
        const controller = new AbortController();
        const { signal } = controller;
        const timeout = (i + j) % 5;
        ask(() => socket.send([`${round}`, `${i}`], { timeout, signal }));
        ask(() => socket.receive({ timeout, signal }));
        if (i % 3 === 0) setTimeout(() => controller.abort(), (i * j) % 4);
        if (i % 7 === 0) queueMicrotask(() => controller.abort());
        if (i === 40 + (j % 10)) setTimeout(() => socket.close(), j % 4);
      }
      ask(() => server.send(["to somebody"], { timeout: 1 }));
      ask(() => server.receive({ timeout: 1 }));
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    server.close();
    for (const socket of sockets) socket.close();
    await Promise.all(waits);
  }
  const settled = [...tally.values()].reduce((sum, count) => sum + count, 0);
  expect(settled).toBe(asked);
  for (const outcome of tally.keys()) expect([...codes, "done", "AbortError"]).toContain(outcome);
  expect([...tally.keys()]).toEqual(expect.arrayContaining(["done", "EAGAIN", "EBUSY", "AbortError"]));
  console.log(`${asked} operations: ${JSON.stringify(Object.fromEntries(tally))}`);
});

test("scenario 30: canceled operations neither send nor receive, and the others do exactly once", {
  timeout: 60_000,
}, async () => {
  using a = new Pair({ sendHighWaterMark: 1, linger: 0 });
  using b = new Pair({ receiveHighWaterMark: 1 });
  await a.bind(freshEndpoint("inproc"));
  b.connect(a.lastEndpoint as string);
  const sent: string[] = [];
  const received: string[] = [];
  const reading = (async () => {
    for (let i = 0; ; i++) {
      try {
        const message = await b.receive({ timeout: i % 3, signal: AbortSignal.timeout(i % 5) });
        received.push(String(message));
        if (received.at(-1) === "end") return;
      } catch {
        // Canceled. The next receive gets the message.
      }
    }
  })();
  for (let i = 0; i < 2000; i++) {
    try {
      await a.send(`${i}`, { timeout: i % 2, signal: i % 3 ? undefined : AbortSignal.timeout(i % 4) });
      sent.push(`${i}`);
    } catch {
      // The message was not sent.
    }
  }
  await a.send("end");
  await reading;
  expect(received).toEqual([...sent, "end"]);
  expect(sent.length).toBeGreaterThan(100);
});

test("scenario 30: a thousand pending sends without a receiver end with the socket", async () => {
  const pushes = Array.from({ length: 1000 / 2 }, () => new Push({ linger: 0 }));
  const waits = pushes.flatMap((push) => {
    const first = push.send("x");
    expect(() => push.send("y")).toThrow(expect.objectContaining({ code: "EBUSY" }));
    return [first];
  });
  for (const push of pushes) push.close();
  const outcomes = await Promise.allSettled(waits);
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "EAGAIN" } });
});
