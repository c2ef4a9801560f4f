// Which values can be sent, how they are converted, and what is received: over every transport, in every size.

import { describe, expect, test } from "vitest";
import { type Transport, transports } from "../helpers/transports.js";
import { expectTypeError, joined, thrown } from "./expectations.js";
import { loose, mended, zmq } from "./subject.js";

/** Sends from one Pair to another and returns the frames that arrive. */
async function carry(message: unknown, transport: Transport = "inproc"): Promise<Buffer[]> {
  using pair = await joined(["Pair"], ["Pair"], transport);
  await loose(pair[1]).send!(message);
  return await pair[0].receive();
}
const texts = async (message: unknown) => (await carry(message)).map((frame) => frame.toString("latin1"));

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
  toString() {
    return `${this.x}/${this.y}`;
  }
}
const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);

/** Description, value, and the bytes that are sent, as Latin-1. */
const conversions: [string, unknown, string][] = [
  ["a string", "hello", "hello"],
  ["an empty string", "", ""],
  ["a string beyond ASCII, as UTF-8", "é☃💩", Buffer.from("é☃💩").toString("latin1")],
  ["half a surrogate pair, as U+FFFD", "\ud800x", "\u00ef\u00bf\u00bdx"],
  ["a string with NUL", "a\0b", "a\0b"],
  ["null, an empty frame", null, ""],
  ["a number", 5, "5"],
  ["a fraction", 1.5, "1.5"],
  ["NaN", Number.NaN, "NaN"],
  ["-0", -0, "0"],
  ["Infinity", Number.POSITIVE_INFINITY, "Infinity"],
  ["a BigInt", 10n ** 20n, "100000000000000000000"],
  ["true", true, "true"],
  ["false", false, "false"],
  ["an object", { a: 1 }, "[object Object]"],
  ["an object with toString", new Point(1, 2), "1/2"],
  ["an object with Symbol.toPrimitive", { [Symbol.toPrimitive]: () => "primitive" }, "primitive"],
  ["an object with valueOf only", { valueOf: () => 5 }, "[object Object]"],
  ["a function", (x: number) => x, String((x: number) => x)],
  ["a Date", new Date(0), String(new Date(0))],
  ["a RegExp", /x/g, "/x/g"],
  ["an Error", new Error("message"), "Error: message"],
  ["a Map", new Map(), "[object Map]"],
  ["a Promise", Promise.resolve(), "[object Promise]"],
  ["a String object", new String("boxed"), "boxed"],
  ["a Number object", new Number(3), "3"],
  ["an array-like object", { length: 1, 0: "a" }, "[object Object]"],
  ["a Buffer", Buffer.from([0, 1, 255]), "\0\u0001\u00ff"],
  ["an empty Buffer", Buffer.alloc(0), ""],
  ["a slice of a Buffer", Buffer.from("abcdef").subarray(2, 4), "cd"],
  ["a Uint8Array", new Uint8Array([1, 2]), "\u0001\u0002"],
  ["a part of a Uint8Array", bytes.subarray(2, 4), "\u0003\u0004"],
  ["a Uint8ClampedArray", new Uint8ClampedArray([9]), "\t"],
  ["an Int8Array", new Int8Array([-1]), "\u00ff"],
  ["a Uint16Array", new Uint16Array([0x0102]), "\u0002\u0001"],
  ["a part of a Uint16Array", new Uint16Array([1, 0x4142, 2]).subarray(1, 2), "BA"],
  ["a Float64Array", new Float64Array([1]), "\0\0\0\0\0\0\u00f0?"],
  ["a BigInt64Array", new BigInt64Array([1n]), "\u0001\0\0\0\0\0\0\0"],
  ["a Uint8Array over shared memory", new Uint8Array(new SharedArrayBuffer(2)), "\0\0"],
  ["an ArrayBuffer", new Uint8Array([7, 8]).buffer, "\u0007\b"],
];

describe("a message of one frame", () => {
  test.each(conversions)("%s", async (_, value, expected) => {
    expect(await texts(value)).toEqual([expected]);
  });

  mended('in zeromq "[object SharedArrayBuffer]"', "sends the bytes of a SharedArrayBuffer", async () => {
    expect(await texts(new SharedArrayBuffer(3))).toEqual(["\0\0\0"]);
  });

  mended('in zeromq an Error "Invalid argument"', "sends the bytes of a DataView", async () => {
    expect(await texts(new DataView(bytes.buffer, 1, 3))).toEqual(["\u0002\u0003\u0004"]);
  });
});

describe("a message of several frames: an array", () => {
  test.each(conversions)("with %s", async (_, value, expected) => {
    expect(await texts([value])).toEqual([expected]);
    expect(await texts(["first", value, "last"])).toEqual(["first", expected, "last"]);
  });

  test('sends undefined in the array as the text "undefined"', async () => {
    expect(await texts([undefined, "x"])).toEqual(["undefined", "x"]);
  });

  test("sends a nested array as its elements joined by commas", async () => {
    expect(await texts([[1, 2], 3])).toEqual(["1,2", "3"]);
    expect(await texts([[]])).toEqual([""]);
    expect(await texts([["a", ["b"]]])).toEqual(["a,b"]);
  });

  test("accepts an array of a subclass", async () => {
    class List extends Array {}
    expect(await texts(List.from(["a", "b"]))).toEqual(["a", "b"]);
  });

  test("[] resolves and sends nothing", async () => {
    using pair = await joined(["Pair"], ["Pair"]);
    expect(await pair[1].send([])).toBeUndefined();
    await pair[1].send("next");
    expect(String(await pair[0].receive())).toBe("next");
  });

  test("[] resolves even when a message would have to wait", async () => {
    const push = new zmq.Push({ linger: 0, sendTimeout: 0 });
    expect(await push.send([])).toBeUndefined();
    push.close();
  });

  test.each([2, 3, 10, 100, 1000])("sends %i frames", async (count) => {
    const frames = Array.from({ length: count }, (_, index) => `${index}`);
    expect((await carry(frames)).map(String)).toEqual(frames);
  });

  test("sends empty frames", async () => {
    expect(await texts(["", "", null, "x", null])).toEqual(["", "", "", "x", ""]);
  });

  test('sends a hole in the array as the text "undefined"', async () => {
    // biome-ignore lint/suspicious/noSparseArray: this is what is tested
    expect(await texts(["a", , "c"])).toEqual(["a", "undefined", "c"]);
  });
});

describe("a message that is rejected", () => {
  const send = (...parameters: unknown[]) => {
    const pair = new zmq.Pair();
    try {
      return loose(pair).send!(...parameters);
    } finally {
      pair.close();
    }
  };

  test('throws "Message must be present" for no argument and for undefined', () => {
    expectTypeError(() => send(), "Message must be present");
    expectTypeError(() => send(undefined), "Message must be present");
  });

  test("throws for a symbol, alone or in an array", () => {
    expect(thrown(() => send(Symbol("x")))).toBeInstanceOf(TypeError);
    expect(thrown(() => send(["a", Symbol("x")]))).toBeInstanceOf(TypeError);
  });

  test("throws the error of an object whose toString throws", () => {
    const failing = {
      toString() {
        throw new RangeError("not now");
      },
    };
    expect(thrown(() => send(failing))).toEqual(new RangeError("not now"));
    expect(thrown(() => send(["a", failing]))).toEqual(new RangeError("not now"));
  });

  test("throws for an object without a string form", () => {
    expect(thrown(() => send(Object.create(null)))).toBeInstanceOf(TypeError);
  });

  test("throws for a second argument that is not an object", () => {
    for (const second of ["b", 0, true, () => 1]) {
      expectTypeError(() => send("a", second), "Expected 1 argument but received 2");
    }
    expectTypeError(() => send("a", 1, 2), "Expected 1 argument but received 3");
    expectTypeError(() => send(["a"], "b"), "Expected 1 argument but received 2");
  });

  mended(
    "zeromq has no options of an operation",
    "accepts an object of options after the message",
    async () => {
      using pair = await joined(["Pair"], ["Pair"]);
      await loose(pair[1]).send!("message", { timeout: 0 });
      expect(String(await pair[0].receive())).toBe("message");
    },
  );

  test("sends none of its frames", async () => {
    using pair = await joined(["Pair"], ["Pair"]);
    thrown(() => loose(pair[1]).send!(["a", Symbol("x")]));
    await pair[1].send("next");
    expect((await pair[0].receive()).map(String)).toEqual(["next"]);
  });
});

describe("a received message", () => {
  test("is an array of Buffers, one for each frame", async () => {
    const message = await carry(["small", Buffer.alloc(1000), Buffer.alloc(100_000), ""]);
    expect(Array.isArray(message)).toBe(true);
    expect(message.map((frame) => [Buffer.isBuffer(frame), frame.length])).toEqual([
      [true, 5],
      [true, 1000],
      [true, 100_000],
      [true, 0],
    ]);
    for (const frame of message) expect(Object.getPrototypeOf(frame)).toBe(Buffer.prototype);
  });

  test("deep-equals a Buffer with the same bytes", async () => {
    expect(await carry(["a", "bc"])).toEqual([Buffer.from("a"), Buffer.from("bc")]);
  });

  test("has frames that can be written independently of each other", async () => {
    const [first, second] = await carry(["aaaa", "bbbb"]);
    first!.fill(0);
    expect(String(second)).toBe("bbbb");
    second!.fill("c");
    expect([...first!]).toEqual([0, 0, 0, 0]);
  });

  test("does not change when later messages arrive", async () => {
    using pair = await joined(["Pair"], ["Pair"]);
    const kept: Buffer[] = [];
    for (let i = 0; i < 1000; i++) {
      await pair[1].send(`message ${i}`);
      kept.push(...(await pair[0].receive()));
    }
    expect(kept.map(String)).toEqual(kept.map((_, i) => `message ${i}`));
  });

  test("can be sent on unchanged", async () => {
    const frames = await carry(["a", Buffer.alloc(1000, "b"), ""]);
    expect(await carry(frames)).toEqual(frames);
  });
});

describe.each(transports)("over %s", (transport) => {
  test.each([0, 1, 33, 34, 128, 129, 255, 256, 257, 4096, 8191, 8192, 65_536, 1_000_000, 10_000_000])(
    "%i bytes arrive unchanged",
    async (size) => {
      const message = Buffer.alloc(size);
      for (let i = 0; i < size; i += 997) message[i] = i % 251;
      const [frame] = await carry(message, transport);
      expect(frame!.length).toBe(size);
      expect(frame!.equals(message)).toBe(true);
    },
  );

  test.each([1, 127, 128, 129, 256, 257, 5000, 200_000])(
    "a string of %i characters arrives unchanged",
    async (length) => {
      const text = "ab☃".repeat(length).slice(0, length);
      expect(String(await carry(text, transport))).toBe(text);
    },
  );

  test("frames of all sizes arrive in one message", async () => {
    const frames = [0, 1, 200, 5000, 100_000, 3_000_000, 0, 7].map((size) => Buffer.alloc(size, size % 251));
    const received = await carry(frames, transport);
    expect(received.map((frame) => frame.length)).toEqual(frames.map((frame) => frame.length));
    expect(received.every((frame, index) => frame.equals(frames[index]!))).toBe(true);
  });
});

describe("memory of a sent Buffer", () => {
  test.each([10, 128])("of %i bytes is copied: changing it after send() changes nothing", async (size) => {
    using pair = await joined(["Pair"], ["Pair"]);
    const message = Buffer.alloc(size, "a");
    await pair[1].send(message);
    message.fill("b");
    expect(String(await pair[0].receive())).toBe("a".repeat(size));
  });

  mended(
    "zeromq refers to the sender's memory above 128 bytes",
    "of more than 128 bytes is copied, too",
    async () => {
      using pair = await joined(["Pair"], ["Pair"]);
      for (const size of [129, 5000, 100_000, 3_000_000]) {
        const message = Buffer.alloc(size, "a");
        await pair[1].send(message);
        message.fill("b");
        const [frame] = await pair[0].receive();
        expect(frame!.equals(Buffer.alloc(size, "a"))).toBe(true);
      }
    },
  );

  mended("zeromq gives all of them the same memory", "is copied for each subscriber", async () => {
    const publisher = new zmq.Publisher({ linger: 0 });
    await publisher.bind("inproc://fan-out");
    const subscribers = [new zmq.Subscriber(), new zmq.Subscriber()];
    for (const subscriber of subscribers) {
      subscriber.subscribe();
      subscriber.connect("inproc://fan-out");
    }
    await publisher.send(Buffer.alloc(1000, "a"));
    const [first, second] = await Promise.all(subscribers.map((subscriber) => subscriber.receive()));
    first![0]!.fill("b");
    expect(second![0]!.every((byte) => byte === 97)).toBe(true);
    for (const socket of [publisher, ...subscribers]) socket.close();
  });

  mended(
    "zeromq sends the changed bytes",
    "can be changed while send() is pending: the original bytes are sent",
    async () => {
      const push = new zmq.Push({ linger: 0 });
      const message = Buffer.alloc(1000, "a");
      const sending = push.send(message);
      message.fill("b");
      const pull = new zmq.Pull();
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint as string);
      await sending;
      expect(String(await pull.receive())).toBe("a".repeat(1000));
      push.close();
      pull.close();
    },
  );
});
