// `send(message, { transfer: true })` and `allocate`: which Buffers are detached, what arrives, and that memory of the
// library is not copied.

import { describe, expect, test } from "vitest";
import { allocate, Pair, Publisher, Pull, Push, Request, Subscriber, type ZmqError } from "zmq-native";
import { Client, Dish, Radio, Server } from "zmq-native/draft";
import { join } from "../helpers/pairs.js";
import { freshEndpoint } from "../helpers/transports.js";

const large = 1 << 20;

async function connected(transport: "inproc" | "tcp" = "inproc") {
  const [push, pull] = [new Push({ linger: 0 }), new Pull()];
  await pull.bind(freshEndpoint(transport));
  push.connect(pull.lastEndpoint as string);
  return {
    push,
    pull,
    [Symbol.dispose]() {
      push.close();
      pull.close();
    },
  };
}

function filled(buffer: Buffer): Buffer {
  for (let at = 0; at < buffer.length; at += 4) buffer.writeUInt32LE(at ^ 0x5bd1e995, at);
  return buffer;
}
const expected = filled(Buffer.alloc(large));

interface Resizable extends ArrayBuffer {
  resize(size: number): void;
}

/** TypeScript's library for Node 20 does not know these ArrayBuffers. */
const resizable = (size: number, maxByteLength: number): Resizable =>
  new (ArrayBuffer as unknown as new (size: number, more: object) => Resizable)(size, { maxByteLength });

describe("allocate", () => {
  test.each([0, 1, 4096, 65_535, 65_536, 65_537, 524_288, 3_000_000])(
    "creates a Buffer of %i bytes",
    (size) => {
      const buffer = allocate(size);
      expect(Buffer.isBuffer(buffer)).toBe(true);
      expect([buffer.length, buffer.byteOffset, buffer.buffer.byteLength]).toEqual([size, 0, size]);
      buffer.fill(7);
      expect(buffer.every((byte) => byte === 7)).toBe(true);
    },
  );

  test.each([
    [-1],
    [1.5],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [2 ** 53],
    ["5"],
    [undefined],
    [null],
    [5n],
    [{}],
  ])("throws a TypeError for the size %s", (size) => {
    expect(() => allocate(size as number)).toThrow(TypeError);
    expect(() => allocate(size as number)).toThrow(/^size must be a whole number from 0 to \d+, got/);
  });
});

describe("a transferred message", () => {
  const kinds: Record<string, () => Buffer | Uint8Array> = {
    "of allocate": () => filled(allocate(large)),
    "of Buffer.alloc": () => filled(Buffer.alloc(large)),
    "of a Uint8Array": () => new Uint8Array(expected),
    "of a Buffer below 64 KiB": () => filled(allocate(4096)),
  };
  for (const [name, make] of Object.entries(kinds)) {
    test.each(["inproc", "tcp"] as const)(
      `${name} arrives over %s and its Buffer is detached`,
      async (transport) => {
        using sockets = await connected(transport);
        const sent = make();
        const { length } = sent;
        const memory = sent.buffer;
        await sockets.push.send(sent, { transfer: true });
        expect([sent.length, memory.byteLength]).toEqual([0, 0]);
        const [received] = await sockets.pull.receive();
        expect(received!.equals(expected.subarray(0, length))).toBe(true);
      },
    );
  }

  test("detaches an ArrayBuffer and views of other types", async () => {
    using sockets = await connected();
    const [doubles, memory] = [new Float64Array([1, 2]), new ArrayBuffer(3)];
    await sockets.push.send([doubles, memory, "text", 5, null], { transfer: true });
    expect([doubles.length, memory.byteLength]).toEqual([0, 0]);
    const received = await sockets.pull.receive();
    expect(received.map(({ length }) => length)).toEqual([16, 3, 4, 1, 0]);
  });

  test("is detached by trySend", async () => {
    using sockets = await connected();
    const sent = filled(allocate(large));
    expect(sockets.push.trySend(sent, { transfer: true })).toBe(true);
    expect(sent.length).toBe(0);
    expect((await sockets.pull.receive())[0]!.equals(expected)).toBe(true);
  });

  test("has the group of a Radio, or the routing id of a Server", async () => {
    using groups = await join(new Radio(), new Dish(), "inproc");
    const { bound: radio, connected: dish } = groups;
    dish.join("images");
    using calls = await join(new Server(), new Client(), "inproc");
    const { bound: server, connected: client } = calls;
    await client.send("hello");
    const [, { routingId }] = await server.receive();
    await expect.poll(() => radio.trySend("first", { group: "images" }) && dish.tryReceive()).toBeDefined();
    while (dish.tryReceive() !== undefined);
    for (const make of [() => allocate(large), () => Buffer.alloc(large)]) {
      const [toDish, toClient] = [filled(make()), filled(make())];
      await radio.send(toDish, { group: "images", transfer: true });
      await server.send(toClient, { routingId, transfer: true });
      expect([toDish.length, toClient.length]).toEqual([0, 0]);
      const [received, { group }] = await dish.receive();
      expect([String(group), received.equals(expected)]).toEqual(["images", true]);
      expect((await client.receive())[0]!.equals(expected)).toBe(true);
    }
  });

  test("is forwarded from socket to socket without losing a byte", async () => {
    using first = await connected();
    using second = await connected("tcp");
    let frame = filled(allocate(large));
    for (let hop = 0; hop < 50; hop++) {
      const { push, pull } = hop % 2 === 0 ? first : second;
      const sent = frame;
      await push.send(sent, { transfer: true });
      expect(sent.length).toBe(0);
      frame = (await pull.receive())[0]!;
    }
    expect(frame.equals(expected)).toBe(true);
  });

  test("without `transfer`, or with `transfer: false`, is copied and stays", async () => {
    using sockets = await connected();
    const sent = filled(allocate(large));
    for (const options of [undefined, {}, { transfer: false }, { transfer: undefined }]) {
      await sockets.push.send(sent, options as object);
      sent[0]! ^= 255;
      const [received] = await sockets.pull.receive();
      sent[0]! ^= 255;
      expect(received!.equals(expected)).toBe(true);
      expect(sent.length).toBe(large);
    }
  });
});

/** TypeScript knows WebAssembly only with the types of browsers. */
function wasmMemory(): ArrayBuffer {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Memory: new (size: { initial: number }) => { buffer: ArrayBuffer } };
  };
  return new WebAssembly.Memory({ initial: 1 }).buffer;
}

describe("memory that is not detached", () => {
  test("Buffers of Node's pool are copied and keep their neighbors", async () => {
    using sockets = await connected();
    const [neighbor, sent] = [Buffer.from("neighbor"), Buffer.from("sent")];
    await sockets.push.send(sent, { transfer: true });
    expect([String(neighbor), String(sent)]).toEqual(["neighbor", "sent"]);
    expect(String(await sockets.pull.receive())).toBe("sent");
  });

  test("the whole of Node's pool is copied and stays", async () => {
    using sockets = await connected();
    const pool = Buffer.allocUnsafe(1).buffer;
    await sockets.push.send(pool, { transfer: true });
    expect((await sockets.pull.receive())[0]!.length).toBe(pool.byteLength);
    expect(pool.byteLength).toBe(Buffer.poolSize);
    expect(String(Buffer.from("still"))).toBe("still");
  });

  test("memory of small received frames is copied and stays", async () => {
    using sockets = await connected();
    await sockets.push.send(["first", "second"]);
    const [first, second] = await sockets.pull.receive();
    await sockets.push.send(first!.buffer, { transfer: true });
    await sockets.pull.receive();
    expect([String(first), String(second)]).toEqual(["first", "second"]);
  });

  test.each([
    ["of allocate", () => allocate(large)],
    ["of Buffer.alloc", () => Buffer.alloc(large)],
  ])("a part of a Buffer %s is copied and stays", async (_, make) => {
    using sockets = await connected();
    const whole = filled(make());
    for (const part of [whole.subarray(1), whole.subarray(0, large - 1), whole.subarray(5, 5)]) {
      await sockets.push.send(part, { transfer: true });
      const [received] = await sockets.pull.receive();
      expect(received!.equals(part)).toBe(true);
    }
    expect(whole.equals(expected)).toBe(true);
  });

  test("shared memory and memory of WebAssembly are copied and stay", async () => {
    using sockets = await connected();
    const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(3);
    const wasm = new Uint8Array(wasmMemory()).fill(4);
    await sockets.push.send([shared, wasm], { transfer: true });
    const received = await sockets.pull.receive();
    expect(received.map((frame) => [frame.length, frame[0]])).toEqual([
      [8, 3],
      [65_536, 4],
    ]);
    expect([shared.length, wasm.length]).toEqual([8, 65_536]);
  });

  test.each([
    ["of allocate", () => allocate(large)],
    ["of Buffer.alloc", () => Buffer.alloc(large)],
  ])("one of two frames with the same memory %s is a copy", async (_, make) => {
    using sockets = await connected();
    const sent = filled(make());
    await sockets.push.send([sent, sent, new Uint8Array(sent.buffer)], { transfer: true });
    expect(sent.length).toBe(0);
    const frames = await sockets.pull.receive();
    for (const [index, frame] of frames.entries()) {
      expect(frame.equals(expected), `frame ${index}`).toBe(true);
      frame.fill(0);
    }
  });

  test("a resizable ArrayBuffer is detached, and its current bytes are sent", async () => {
    using sockets = await connected();
    const memory = resizable(10, 100);
    const view = new Uint8Array(memory).fill(1);
    memory.resize(20);
    await sockets.push.send(view, { transfer: true });
    expect([view.length, memory.byteLength]).toEqual([0, 0]);
    expect([...(await sockets.pull.receive())[0]!]).toEqual([...Array(10).fill(1), ...Array(10).fill(0)]);
  });
});

describe("a message that is not sent keeps its Buffers", () => {
  const refused = async (sending: Promise<void>) =>
    sending.then(
      () => "sent",
      (error: ZmqError) => (error.name === "Error" ? error.code : error.name),
    );

  test("after EAGAIN, an abort, or a close", async () => {
    using push = new Push();
    const sent = filled(allocate(large));
    const controller = new AbortController();
    expect(push.trySend(sent, { transfer: true })).toBe(false);
    expect(await refused(push.send(sent, { transfer: true, timeout: 0 }))).toBe("EAGAIN");
    expect(await refused(push.send(sent, { transfer: true, timeout: 5 }))).toBe("EAGAIN");
    const aborted = refused(push.send(sent, { transfer: true, signal: controller.signal }));
    controller.abort();
    expect(await aborted).toBe("AbortError");
    expect(await refused(push.send(sent, { transfer: true, signal: controller.signal }))).toBe("AbortError");
    const closed = refused(push.send(sent, { transfer: true }));
    push.close();
    expect(await closed).toBe("EAGAIN");
    expect(() => push.send(sent, { transfer: true })).toThrow(/closed/);
    expect(sent.equals(expected)).toBe(true);
  });

  test("after EFSM", async () => {
    using request = new Request({ linger: 0 });
    request.connect(freshEndpoint("inproc"));
    await request.send("first");
    const sent = filled(allocate(large));
    expect(() => request.trySend(sent, { transfer: true })).toThrow(/state/);
    expect(sent.equals(expected)).toBe(true);
  });

  test("after a TypeError for another value of `transfer`", async () => {
    using push = new Push();
    for (const options of [{ transfer: 1 }, { transfer: "yes" }]) {
      const sent = Buffer.alloc(5);
      expect(() => push.send(sent, options as object)).toThrow(/^transfer must be a boolean, got/);
      expect(() => push.trySend(sent, options as object)).toThrow(TypeError);
      expect(sent.length).toBe(5);
    }
  });

  test("while it waits, and is detached when libzmq accepts it", async () => {
    const [push, pull] = [new Push({ linger: 0 }), new Pull()];
    const endpoint = freshEndpoint("inproc");
    const [sent, pooled] = [filled(allocate(large)), Buffer.from("pooled")];
    const sending = push.send([sent, pooled], { transfer: true });
    pooled.fill("x");
    expect(sent.length).toBe(large);
    await pull.bind(endpoint);
    push.connect(endpoint);
    await sending;
    expect([sent.length, pooled.length]).toEqual([0, 6]);
    const [first, second] = await pull.receive();
    expect(first!.equals(expected)).toBe(true);
    expect(String(second)).toBe("pooled");
    push.close();
    pull.close();
  });

  test.each([10, 2000])(
    "is rejected if its ArrayBuffer is resized to %i bytes while it waits",
    async (size) => {
      const [push, pull] = [new Push({ linger: 0 }), new Pull()];
      const endpoint = freshEndpoint("inproc");
      const memory = resizable(1000, 2000);
      const sending = expect(
        push.send(["first", new Uint8Array(memory)], { transfer: true }),
      ).rejects.toThrow(`A frame to transfer had 1000 bytes, and has ${size} after it waited`);
      memory.resize(size);
      await pull.bind(endpoint);
      push.connect(endpoint);
      await sending;
      expect(memory.byteLength).toBe(size);
      await push.send("next");
      expect(String(await pull.receive())).toBe("next");
      push.close();
      pull.close();
    },
  );

  test("is rejected if a Buffer is detached while it waits", async () => {
    const [push, pull] = [new Push({ linger: 0 }), new Pull()];
    const endpoint = freshEndpoint("inproc");
    const sent = new Uint8Array(1000);
    const sending = refused(push.send(["first", sent], { transfer: true }));
    structuredClone(sent, { transfer: [sent.buffer] });
    await pull.bind(endpoint);
    push.connect(endpoint);
    expect(await sending).toBe("TypeError");
    await push.send("next");
    expect(String(await pull.receive())).toBe("next");
    push.close();
    pull.close();
  });
});

test("throws a TypeError for a Buffer that was transferred before", async () => {
  using sockets = await connected();
  for (const sent of [allocate(large), Buffer.alloc(large), new Float64Array(5), new ArrayBuffer(5)]) {
    await sockets.push.send(sent, { transfer: true });
    for (const again of [sent, ["other", sent]]) {
      expect(() => sockets.push.send(again as Buffer, { transfer: true })).toThrow(
        "A frame to transfer is detached",
      );
      expect(() => sockets.push.trySend(again as Buffer, { transfer: true })).toThrow(TypeError);
    }
    await sockets.pull.receive();
  }
  expect(sockets.pull.tryReceive()).toBeUndefined();
});

test("each of several subscribers over inproc has bytes of its own", async () => {
  using publisher = new Publisher();
  const endpoint = freshEndpoint("inproc");
  await publisher.bind(endpoint);
  const subscribers = Array.from({ length: 3 }, () => new Subscriber());
  for (const subscriber of subscribers) {
    subscriber.connect(endpoint);
    subscriber.subscribe();
  }
  await publisher.waitForSubscribers(3);
  for (const make of [() => allocate(large), () => Buffer.alloc(large)]) {
    const sent = filled(make());
    await publisher.send(sent, { transfer: true });
    expect(sent.length).toBe(0);
    for (const subscriber of subscribers) {
      const [frame] = await subscriber.receive();
      expect(frame!.equals(expected)).toBe(true);
      frame!.fill(0);
    }
  }
  for (const subscriber of subscribers) subscriber.close();
});

test("a frame that one subscriber over inproc got alone may be written and transferred", async () => {
  const [left, right] = [new Pair(), new Pair()];
  await left.bind(freshEndpoint("inproc"));
  right.connect(left.lastEndpoint as string);
  await left.send(filled(allocate(large)), { transfer: true });
  const [frame] = await right.receive();
  frame!.fill(9);
  await right.send(frame!, { transfer: true });
  const [back] = await left.receive();
  expect(back!.every((byte) => byte === 9)).toBe(true);
  left.close();
  right.close();
});
