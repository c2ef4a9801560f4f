// Context: options as properties on the prototype, no close(), sealed objects.

import { describe, expect, test } from "vitest";
import { freshEndpoint } from "../helpers/transports.js";
import { expectRejected, expectThrown, expectTypeError, warningsOf } from "./expectations.js";
import { loose, mended, zmq } from "./subject.js";

/** name, default, another value, kind */
const readWrite: [string, unknown, unknown, "number" | "boolean"][] = [
  ["ioThreads", 1, 3, "number"],
  ["maxSockets", 1023, 77, "number"],
  ["maxMessageSize", 2147483647, 4096, "number"],
  ["ipv6", false, true, "boolean"],
  ["blocky", true, false, "boolean"],
];
const writeOnly = ["threadPriority", "threadSchedulingPolicy"];
const names = [...readWrite.map(([name]) => name), "maxSocketsLimit", ...writeOnly];

const fresh = (options?: object) => new zmq.Context(options);
const set = (context: object, name: string, value: unknown) => () => {
  (context as Record<string, unknown>)[name] = value;
};

describe("new Context(options?)", () => {
  test("accepts nothing, an object, or undefined", () => {
    for (const context of [new zmq.Context(), fresh({}), fresh(undefined)]) {
      expect(context).toBeInstanceOf(zmq.Context);
    }
  });

  test("creates a separate context each time", async () => {
    const address = freshEndpoint("inproc");
    const [one, other] = [new zmq.Pull({ context: fresh() }), new zmq.Pull({ context: fresh() })];
    await one.bind(address);
    await other.bind(address);
    one.close();
    other.close();
  });

  test.each([[null], [5], ["text"], [true], [5n], [Symbol("option")]])(
    "%s as options throws a TypeError",
    (options) => {
      expectTypeError(() => fresh(options as unknown as object), "Options must be an object");
    },
  );

  test("takes at most one argument", () => {
    const Loose = zmq.Context as unknown as new (...parameters: unknown[]) => object;
    expectTypeError(() => new Loose({}, 2), "Expected 1 argument but received 2");
    expectTypeError(() => new Loose({}, undefined), "Expected 1 argument but received 2");
    expectTypeError(() => new Loose({}, 2, 3), "Expected 1 argument but received 3");
  });

  test("sets the named options", () => {
    const options = { ioThreads: 2, maxSockets: 5, maxMessageSize: 6, ipv6: true, blocky: false };
    const context = fresh({ ...options, threadPriority: 1, threadSchedulingPolicy: 0 });
    for (const [name, value] of Object.entries(options)) expect(context[name as "ipv6"]).toBe(value);
  });

  test("rejects unknown options", () => {
    expectTypeError(() => fresh({ foo: 1 }), "Cannot add property foo, object is not extensible");
    expectTypeError(() => fresh({ context: 1 }), "Cannot add property context, object is not extensible");
  });

  test("rejects read-only options", () => {
    const text = "Cannot set property maxSocketsLimit of #<Context> which has only a getter";
    expectTypeError(() => fresh({ maxSocketsLimit: 3 }), text);
  });

  test("reads only own properties of the options", () => {
    expect(fresh(Object.create({ ioThreads: 4 })).ioThreads).toBe(1);
  });

  test("does not modify the options", () => {
    const options = Object.freeze({ ioThreads: 2 });
    expect(fresh(options).ioThreads).toBe(2);
  });

  test("can be subclassed", () => {
    class Own extends zmq.Context {
      get threads() {
        return this.ioThreads;
      }
    }
    const context = new Own({ ioThreads: 2 });
    expect(context).toBeInstanceOf(zmq.Context);
    expect(context.threads).toBe(2);
    const pair = new zmq.Pair({ context });
    expect(pair.context).toBe(context);
    pair.close();
  });

  test("does not let a subclass add fields", () => {
    class Own extends zmq.Context {
      field = 1;
    }
    expectTypeError(() => new Own(), "Cannot define property field, object is not extensible");
  });
});

describe("properties of a Context", () => {
  test.each(names)("%s is a non-enumerable property of the prototype, not of the object", (name) => {
    const descriptor = Object.getOwnPropertyDescriptor(zmq.Context.prototype, name);
    expect(descriptor?.enumerable).toBe(false);
    expect(typeof descriptor?.get).toBe(writeOnly.includes(name) ? "undefined" : "function");
    expect(typeof descriptor?.set).toBe(name === "maxSocketsLimit" ? "undefined" : "function");
    expect(Object.hasOwn(new zmq.Context(), name)).toBe(false);
  });

  test("no property is enumerable by for…in, Object.keys or JSON", () => {
    const context = new zmq.Context();
    const found = [];
    for (const name in context) found.push(name);
    expect([found, Object.keys(context), JSON.stringify(context)]).toEqual([[], [], "{}"]);
    expect(String(context)).toBe("[object Object]");
  });

  test.each(readWrite)("%s defaults to %s and can be set to %s", (name, initial, other) => {
    const context = new zmq.Context();
    expect(loose(context)[name]).toBe(initial);
    set(context, name, other)();
    expect(loose(context)[name]).toBe(other);
    expect(loose(fresh({ [name]: other }))[name]).toBe(other);
    expect(loose(new zmq.Context())[name]).toBe(initial);
  });

  test("maxSocketsLimit is read-only and 65535", () => {
    const context = new zmq.Context();
    expect(context.maxSocketsLimit).toBe(65535);
    const text = "Cannot set property maxSocketsLimit of #<Context> which has only a getter";
    expectTypeError(set(context, "maxSocketsLimit", 5), text);
  });

  test.each(writeOnly)("%s is write-only: reading returns undefined", (name) => {
    const context = new zmq.Context();
    set(context, name, 1)();
    expect(loose(context)[name]).toBeUndefined();
  });

  test.each(readWrite)("%s throws for a value of another type", (name, _initial, _other, kind) => {
    const values = ["1", null, undefined, {}, [], 1n, kind === "number" ? true : 1, () => 1, Symbol("1")];
    for (const value of values) {
      expectTypeError(set(new zmq.Context(), name, value), `Option value must be a ${kind}`);
    }
  });

  test.each(["ioThreads", "maxSockets", "maxMessageSize", "threadPriority", "threadSchedulingPolicy"])(
    "%s = -5 throws EINVAL",
    (name) => {
      expectThrown(set(new zmq.Context(), name, -5), "EINVAL");
      expectThrown(() => fresh({ [name]: -5 }), "EINVAL");
    },
  );

  test("maxSockets = 0 throws EINVAL", () => {
    expectThrown(set(new zmq.Context(), "maxSockets", 0), "EINVAL");
  });

  test("numbers are truncated to int32 as in C", () => {
    const context = new zmq.Context();
    context.ioThreads = 2.9;
    expect(context.ioThreads).toBe(2);
    context.ioThreads = 2 ** 32 + 3;
    expect(context.ioThreads).toBe(3);
  });

  test("setting an option of a context emits no warning", async () => {
    const warnings = await warningsOf(() => {
      const context = new zmq.Context();
      const pull = new zmq.Pull({ context });
      pull.connect(freshEndpoint("inproc"));
      for (const [name, , value] of readWrite) set(context, name, value)();
      pull.close();
    });
    expect(warnings).toEqual([]);
  });

  test("a Context has no terminate() and no field can be added", () => {
    const context = new zmq.Context();
    expect(loose(context).terminate).toBeUndefined();
    expect(Object.isSealed(context)).toBe(true);
    expectTypeError(set(context, "foo", 1), "Cannot add property foo, object is not extensible");
  });
});

describe("options of a Context that affect its sockets", () => {
  test("ipv6 becomes the default of later sockets", () => {
    const context = new zmq.Context();
    const before = new zmq.Pull({ context });
    context.ipv6 = true;
    const after = new zmq.Pull({ context });
    expect([before.ipv6, after.ipv6]).toEqual([false, true]);
    before.close();
    after.close();
  });

  test("blocky = false sets linger of later sockets to 0", () => {
    const context = new zmq.Context();
    const before = new zmq.Push({ context });
    context.blocky = false;
    const after = new zmq.Push({ context });
    expect([before.linger, after.linger]).toEqual([-1, 0]);
    before.close();
    after.close();
  });

  test("maxSockets limits open sockets: one more throws EMFILE", () => {
    const context = new zmq.Context({ maxSockets: 2 });
    const open = [new zmq.Pull({ context }), new zmq.Pull({ context })];
    expectThrown(() => new zmq.Pull({ context }), "EMFILE");
    for (const socket of open) socket.close();
  });

  test("sockets of different contexts do not connect over inproc", async () => {
    const address = freshEndpoint("inproc");
    const context = new zmq.Context();
    const [pull, push] = [new zmq.Pull({ context }), new zmq.Push({ sendTimeout: 0, linger: 0 })];
    await pull.bind(address);
    push.connect(address);
    const [inside, outside] = [new zmq.Push({ context }), new zmq.Pull()];
    inside.connect(address);
    await inside.send("inside");
    expect(String(await pull.receive())).toBe("inside");
    await push.send("kept until somebody binds the address in this context");
    expect(pull.readable).toBe(false);
    await outside.bind(address);
    expect(String(await outside.receive())).toMatch(/^kept/);
    for (const socket of [pull, push, inside, outside]) socket.close();
  });

  test("ioThreads limits the threads that affinity may name: another one is EMTHREAD", async () => {
    const one = new zmq.Pull({ context: new zmq.Context(), affinity: 2 });
    const two = new zmq.Pull({ context: new zmq.Context({ ioThreads: 2 }), affinity: 2 });
    await two.bind("tcp://127.0.0.1:*");
    const address = "tcp://127.0.0.1:*";
    await expectRejected(() => one.bind(address), "EMTHREAD", { address });
    one.close();
    two.close();
  });
});

describe("option access by number, protected in the types, callable at runtime", () => {
  test("getInt32Option, setInt32Option", () => {
    const context = loose(new zmq.Context());
    expect(context.getInt32Option!(1)).toBe(1);
    expect(context.setInt32Option!(1, 5)).toBeUndefined();
    expect(context.getInt32Option!(1)).toBe(5);
    expect(context.ioThreads).toBe(5);
  });

  test("getBoolOption, setBoolOption", () => {
    const context = loose(new zmq.Context());
    expect(context.getBoolOption!(42)).toBe(false);
    expect(context.setBoolOption!(42, true)).toBeUndefined();
    expect(context.getBoolOption!(42)).toBe(true);
    expect(context.ipv6).toBe(true);
    expect(context.getBoolOption!(1)).toBe(true);
  });

  test("an option that libzmq does not know throws EINVAL", () => {
    const context = loose(new zmq.Context());
    expectThrown(() => context.getInt32Option!(4711), "EINVAL");
    expectThrown(() => context.getBoolOption!(4711), "EINVAL");
    expectThrown(() => context.setInt32Option!(4711, 1), "EINVAL");
    expectThrown(() => context.setBoolOption!(4711, true), "EINVAL");
  });

  test.each(["getInt32Option", "setInt32Option", "getBoolOption", "setBoolOption"])(
    "%s: the identifier must be a number",
    (method) => {
      const context = loose(new zmq.Context());
      for (const identifier of [undefined, "1", null, {}, true]) {
        expectTypeError(() => context[method]!(identifier, 1), "Identifier must be a number");
      }
      expectTypeError(() => context[method]!(), "Identifier must be a number");
    },
  );

  test("the value must have the option's type", () => {
    const context = loose(new zmq.Context());
    for (const value of [undefined, "1", null, true]) {
      expectTypeError(() => context.setInt32Option!(1, value), "Option value must be a number");
    }
    for (const value of [undefined, "1", null, 1]) {
      expectTypeError(() => context.setBoolOption!(42, value), "Option value must be a boolean");
    }
  });

  test("an extra argument throws a TypeError", () => {
    const context = loose(new zmq.Context());
    expectTypeError(() => context.getInt32Option!(1, 2), "Expected 1 argument but received 2");
    expectTypeError(() => context.getBoolOption!(1, 2, 3), "Expected 1 argument but received 3");
    expectTypeError(() => context.setInt32Option!(1, 2, 3), "Expected 2 arguments but received 3");
    expectTypeError(() => context.setBoolOption!(42, true, 3, 4), "Expected 2 arguments but received 4");
  });
});

describe("the default context", () => {
  test("is used by sockets without a context option", () => {
    const pull = new zmq.Pull();
    expect(pull.context).toBe(zmq.context);
    pull.close();
  });

  test("has the same defaults as any other context", () => {
    for (const [name, initial] of readWrite) expect(loose(zmq.context)[name]).toBe(initial);
  });

  test("is sealed", () => {
    expect(Object.isSealed(zmq.context)).toBe(true);
  });

  mended(
    "zeromq cannot share a context that a program creates between threads",
    "a context has a token",
    () => {
      expect(loose(zmq.Context).attach!(new zmq.Context().token)).toBeInstanceOf(zmq.Context);
    },
  );
});
