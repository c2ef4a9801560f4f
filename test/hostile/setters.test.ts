// Changes of built-in objects by a program, and hooks of async_hooks: they run within the library's operations.

import { createHook } from "node:async_hooks";
import { afterEach, expect, test } from "vitest";
import { Context, Dealer, Pull, Push } from "zmq-native";

const sockets: { close(): void }[] = [];
const open = <T extends { close(): void }>(socket: T): T => {
  sockets.push(socket);
  return socket;
};
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

let names = 0;
async function connect<A extends Push | Dealer, B extends Pull | Dealer>(a: A, b: B): Promise<[A, B]> {
  const endpoint = `inproc://setters-${names++}`;
  await b.bind(endpoint);
  a.connect(endpoint);
  return [open(a), open(b)];
}
const pushPull = () => connect(new Push({ linger: 0 }), new Pull({ receiveTimeout: 5000 }));
const text = (message: Buffer[] | undefined) => message?.map(String);

/** Runs `call` once, at the next `setImmediate` after `start`. */
function onImmediate(call: () => void) {
  let on = false;
  const hook = createHook({
    init(_, type) {
      if (!on || type !== "Immediate") return;
      on = false;
      call();
    },
  }).enable();
  return {
    start: () => {
      on = true;
    },
    stop: () => {
      on = false;
      hook.disable();
    },
  };
}

test("a setter of Array.prototype that receives ends the interrupted receive and mixes no messages", async () => {
  const [a, b] = await pushPull();
  const [c, d] = await pushPull();
  await a.send(["A", "B", "C", "D"]);
  await a.send(["next"]);
  await c.send("other");
  let inner: Buffer[] | undefined;
  const seen: string[] = [];
  Object.defineProperty(Array.prototype, "1", {
    configurable: true,
    set(value) {
      Object.defineProperty(this, "1", { value, writable: true, enumerable: true, configurable: true });
      if (!Buffer.isBuffer(value)) return;
      seen.push(String(value));
      inner ??= d.tryReceive();
    },
  });
  try {
    expect(() => b.tryReceive()).toThrow(expect.objectContaining({ code: "EBUSY" }));
  } finally {
    delete (Array.prototype as unknown as Record<string, unknown>)["1"];
  }
  expect(seen).toEqual(["B"]);
  expect(text(inner)).toEqual(["other"]);
  expect(text(b.tryReceive())).toEqual(["next"]);
});

test("a hook that begins the same operation gets it, and the outer call rejects with EBUSY", async () => {
  const context = new Context();
  const [a, b] = await connect(
    new Dealer({ context, linger: 0, sendHighWaterMark: 1 }),
    new Dealer({ context, linger: 0, receiveHighWaterMark: 1 }),
  );
  while (a.trySend("fills")) {}
  const sending = a.send("waits");
  let inner: Promise<Buffer[]> | undefined;
  const hook = onImmediate(() => {
    inner = a.receive();
  });
  hook.start();
  const outer = a.receive();
  hook.stop();
  await expect(outer).rejects.toMatchObject({ code: "EBUSY" });
  b.trySend("for the inner one");
  expect(text(await inner)).toEqual(["for the inner one"]);
  a.close();
  await expect(sending).rejects.toThrow();
});

test("a hook that reads an option of another socket does not change the value being read", async () => {
  const [a] = await connect(new Dealer({ linger: 0, receiveTimeout: 77 }), new Dealer({ linger: 0 }));
  const other = open(new Dealer({ sendHighWaterMark: 4321 }));
  const receiving = a.receive({ timeout: -1 });
  const hook = onImmediate(() => other.sendHighWaterMark);
  hook.start();
  expect(a.receiveTimeout).toBe(77);
  hook.stop();
  a.close();
  await expect(receiving).rejects.toThrow();
});

test("the next operation uses a timeout that a hook sets while it is read", async () => {
  const socket = open(new Dealer({ linger: 0 }));
  const sending = socket.send("waits", { timeout: -1 });
  const hook = onImmediate(() => {
    socket.receiveTimeout = 1;
  });
  hook.start();
  const first = socket.receive();
  hook.stop();
  first.catch(() => {});
  expect(socket.receiveTimeout).toBe(1);
  socket.close();
  await expect(first).rejects.toThrow();
  await expect(sending).rejects.toThrow();
});

test("a hook that receives during prefetch takes one message, and the loop gets the others", async () => {
  const [a, b] = await connect(
    new Dealer({ linger: 0, sendHighWaterMark: 0 }),
    new Dealer({ linger: 0, receiveHighWaterMark: 0, sendHighWaterMark: 1 }),
  );
  await a.send("zero");
  const loop = b[Symbol.asyncIterator]();
  await loop.next();
  while (b.trySend("fills")) {}
  const sending = b.send("waits");
  await a.send("one");
  await a.send("two");
  // More frames than one turn receives.
  await a.send(Array.from({ length: 20_000 }, () => "x"));
  await a.send("last");
  const taken: (string[] | undefined)[] = [];
  const hook = onImmediate(() => taken.push(text(b.tryReceive())));
  hook.start();
  const got: unknown[] = [];
  while (got.at(-1) !== "last") {
    const { value } = await loop.next();
    got.push(value!.length > 1 ? value!.length : String(value![0]));
  }
  hook.stop();
  const all = [...taken.map((message) => message![0]), ...got].sort();
  expect(all).toEqual([20_000, "last", "one", "two"]);
  b.close();
  await expect(sending).rejects.toThrow();
});

test("a failed allocation for the copy of prefetched messages loses none of them", async () => {
  const [a, b] = await pushPull();
  for (let i = 0; i < 5; i++) await a.send(`m${i}`);
  const real = globalThis.Uint8Array;
  globalThis.Uint8Array = class {
    constructor() {
      throw new RangeError("Array buffer allocation failed");
    }
  } as unknown as Uint8ArrayConstructor;
  const loop = b[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<Buffer[], undefined>>;
  try {
    first = loop.next();
  } finally {
    globalThis.Uint8Array = real;
  }
  const got = [String((await first).value![0])];
  for (let i = 1; i < 5; i++) got.push(String((await loop.next()).value![0]));
  expect(got).toEqual(["m0", "m1", "m2", "m3", "m4"]);
});

test("sendMany converts each message on demand and closes an iterator that yields an invalid one", async () => {
  const [a, b] = await pushPull();
  function* reused() {
    const message = ["head", ""];
    for (let i = 0; i < 3; i++) {
      message[1] = String(i);
      yield message;
    }
  }
  await a.sendMany(reused());
  for (let i = 0; i < 3; i++) expect(text(await b.receive())).toEqual(["head", String(i)]);
  let closed = false;
  let read = 0;
  function* endless() {
    try {
      for (;;) yield ++read === 3 ? undefined : "x";
    } finally {
      closed = true;
    }
  }
  expect(() => a.sendMany(endless() as Iterable<string>)).toThrow("Message must be present");
  expect({ closed, read }).toEqual({ closed: true, read: 3 });
});

test.each([5, null, undefined, { length: 1, 0: "x" }])("sendMany rejects %s", async (messages) => {
  const [a] = await pushPull();
  expect(() => a.sendMany(messages as unknown as string[])).toThrow(/^Messages must be an iterable/);
});

test.each([
  [-1, undefined],
  [1.5, ["a"]],
  ["2", ["a", "b"]],
  [Number.NaN, undefined],
])("a proxy with %s as its length sends as many frames as Array.from creates", async (length, frames) => {
  const [a, b] = await pushPull();
  const get = (target: string[], key: string | symbol) =>
    key === "length" ? length : Reflect.get(target, key);
  expect(a.trySend(new Proxy(["a", "b"], { get }))).toBe(true);
  expect(text(b.tryReceive())).toEqual(frames);
});
