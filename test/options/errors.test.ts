// Messages of option errors: the option, the accepted values, the actual value, and similar option names.

import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  Context,
  curveKeyPair,
  Dealer,
  Publisher,
  Push,
  Request,
  Router,
  Socket,
  Stream,
  Subscriber,
  XPublisher,
} from "zmq-native";

const classes = { Context, Dealer, Publisher, Push, Request, Router, Stream, Subscriber, XPublisher };

/** The error that `new` throws for these options. */
function refused(name: keyof typeof classes, options: object): Error & { detail?: string } {
  try {
    new classes[name](options as never);
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

describe("an invalid value", () => {
  const milliseconds = "milliseconds from 0";
  test.each([
    ["Push", { sendHighWaterMark: -5 }, "a whole number from 0 (no limit); got -5"],
    ["Push", { sendTimeout: "5" }, `${milliseconds} (do not wait), or -1 to wait without a limit; got '5'`],
    [
      "Push",
      { sendTimeout: Number.POSITIVE_INFINITY },
      `${milliseconds} (do not wait), or -1 to wait without a limit; got Infinity`,
    ],
    [
      "Push",
      { linger: Number.NaN },
      `${milliseconds} (drop queued messages), or -1 to keep them without a limit; got NaN`,
    ],
    [
      "Push",
      { linger: 2 ** 31 },
      `${milliseconds} (drop queued messages), or -1 to keep them without a limit; got 2147483648`,
    ],
    ["Push", { maxMessageSize: -5 }, "bytes from 0, or -1 for no limit; got -5"],
    ["Push", { curveServer: 1 }, "true or false; got 1"],
    [
      "Push",
      { curveServerKey: "abc" },
      "40 characters of Z85, or 32 bytes, as curveKeyPair() makes them; got 'abc'",
    ],
    ["Push", { zapDomain: 5 }, "1 to 255 bytes, or null for none; got 5"],
    [
      "Push",
      { sendTimeout: undefined },
      `${milliseconds} (do not wait), or -1 to wait without a limit; got undefined: leave the option out for its default`,
    ],
    ["Push", { distinctErrors: 1 }, "true or false; got 1"],
    ["Router", { routingId: "" }, "1 to 255 bytes, of which the first is not 0; got ''"],
    ["XPublisher", { verbosity: "all" }, 'null, "allSubs", "allSubsUnsubs"; got \'all\''],
    ["XPublisher", { welcomeMessage: 5 }, "a string, a Buffer or null; got 5"],
    ["Context", { ioThreads: -1 }, "a whole number from 0; got -1"],
    ["Context", { ioThreadSpin: -1 }, "microseconds from 0 to 1000000; got -1"],
    ["Context", { ioThreadSpin: 1_000_001 }, "microseconds from 0 to 1000000; got 1000001"],
    ["Context", { maxSockets: 0 }, "a whole number from 1 to maxSocketsLimit; got 0"],
    ["Context", { maxMessageSize: -1 }, "bytes from 0; got -1"],
  ] as const)("in new %s(%j) is reported with the accepted values in detail", (name, options, takes) => {
    const [option] = Object.keys(options);
    const error = refused(name, options);
    expect(error.detail).toBe(`${option} takes ${takes}`);
    expect(error.stack).toContain(`${error.message}: ${error.detail}`);
    // Programs that list or compare errors find the same properties as in zeromq's.
    expect(Object.keys(error).filter((key) => key !== "code" && key !== "errno")).toEqual([]);
  });

  test("of a property assignment is reported in the same way", () => {
    using push = new Push();
    expect(() => {
      push.sendTimeout = Number.POSITIVE_INFINITY;
    }).toThrow(
      expect.objectContaining({ detail: expect.stringMatching(/^sendTimeout takes .* got Infinity$/) }),
    );
    expect(push.sendTimeout).toBe(-1);
  });

  test("of each option that libzmq validates is reported with the accepted values", () => {
    const prototypes = [Socket, ...Object.values(classes)].map(({ prototype }) => prototype);
    const names = prototypes.flatMap((prototype) =>
      Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { set }]) =>
        set && !/^(vmci|multicast$|loopbackFastPath)/.test(name) ? [name] : [],
      ),
    );
    const silent: string[] = [];
    for (const [name, Class] of Object.entries(classes)) {
      for (const option of new Set(names)) {
        if (!(option in Class.prototype)) continue;
        for (const value of [-(2 ** 31), 2 ** 31 - 1, "", "x".repeat(300)]) {
          try {
            new Class({ [option]: value } as never);
          } catch (error) {
            const { detail = "" } = error as { detail?: string };
            if (!/^\w+ takes \S.*; got /.test(detail)) silent.push(`${name}.${option}: ${detail}`);
          }
        }
      }
    }
    expect(silent).toEqual([]);
  });

  test("does not appear in the message if it is a secret", () => {
    const { secretKey } = curveKeyPair();
    const long = `${secretKey}x`;
    for (const options of [{ curveSecretKey: long }, { plainPassword: long.repeat(7) }]) {
      const error = refused("Push", options);
      expect(error.detail).toMatch(/; got string of length \d+$/);
      expect(error.stack).not.toContain(secretKey);
    }
    const error = refused("Push", { plainServer: "hunter2" });
    expect(error.detail).toMatch(/; got string of length 7$/);
    expect(error.stack).not.toContain("hunter2");
  });

  test("does not appear in the message if it is a secret key in another option", () => {
    const { secretKey } = curveKeyPair();
    const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
    const inner = String(pem).split("\n")[1]!;
    for (const options of [
      { curvePublicKey: `${secretKey}\n` },
      { curveServerKey: Buffer.from(`${secretKey}\n`) },
      { wssCertificate: pem },
      { wssTrust: pem },
      { wssKey: String(pem).slice(0, -20) },
    ]) {
      const error = refused("Push", options);
      expect(error.detail).toMatch(/; got (?:string|object) of length \d+$/);
      expect(error.stack).not.toContain(secretKey.slice(0, 10));
      expect(error.stack).not.toContain(inner.slice(0, 10));
    }
  });

  test("does not appear in the message if it is a secret in an option beside", () => {
    const keys = curveKeyPair();
    for (const [option, value] of [
      ["curveServer", keys],
      ["curveServer", keys.secretKey],
      ["plainServer", keys.secretKey],
      ["plainUsername", { password: keys.secretKey }],
      ["zapDomain", keys],
      ["wssTrustSystem", keys.secretKey],
      ["wssHostname", keys],
    ] as const) {
      expect(refused("Push", { [option]: value }).stack).not.toContain(keys.secretKey.slice(0, 10));
    }
  });

  test("does not appear in the message if it is a secret that is set by the number of its option", () => {
    class Numbered extends Push {
      set(option: number, value: string): void {
        this.setStringOption(option, value);
      }
    }
    const { secretKey } = curveKeyPair();
    using push = new Numbered();
    // ZMQ_PLAIN_PASSWORD, ZMQ_CURVE_PUBLICKEY, ZMQ_CURVE_SECRETKEY, ZMQ_CURVE_SERVERKEY, ZMQ_SOCKS_PASSWORD and
    // ZMQ_WSS_CERT_PEM.
    for (const option of [46, 48, 49, 50, 100, 104]) {
      expect(() => push.set(option, secretKey.repeat(7))).toThrow(
        expect.objectContaining({
          detail: expect.stringMatching(/^option \d+: .*; got string of length 280$/),
          stack: expect.not.stringContaining(secretKey),
        }),
      );
    }
  });

  test("may be null for a secret", () => {
    expect(refused("Push", { curveSecretKey: null }).detail).toMatch(/^curveSecretKey takes .*; got null$/);
  });

  test("is truncated if it is long, and printing it runs no code of the program", () => {
    expect(refused("Router", { routingId: "x".repeat(10_000) }).detail!.length).toBeLessThan(250);
    const hostile = {
      [Symbol.for("nodejs.util.inspect.custom")]() {
        throw new Error("was called");
      },
    };
    expect(refused("Push", { sendTimeout: hostile }).message).toBe("Option value must be a number");
  });
});

describe("an unknown option", () => {
  test.each([
    ["Push", "highWaterMark", "Push has no option highWaterMark; did you mean sendHighWaterMark?"],
    [
      "Dealer",
      "highWaterMark",
      "Dealer has no option highWaterMark; did you mean sendHighWaterMark or receiveHighWaterMark?",
    ],
    ["Push", "sendTimout", "Push has no option sendTimout; did you mean sendTimeout?"],
    ["Push", "reconnect_interval", "Push has no option reconnect_interval; did you mean reconnectInterval?"],
    ["Push", "sndhwm", "Push has no option sndhwm; did you mean sendHighWaterMark?"],
    ["Push", "ZMQ_LINGER", "Push has no option ZMQ_LINGER; did you mean linger?"],
    ["Dealer", "identity", "Dealer has no option identity; did you mean routingId?"],
    ["Dealer", "hwm", "Dealer has no option hwm; did you mean sendHighWaterMark or receiveHighWaterMark?"],
    ["Push", "lastEndpont", "Push has no option lastEndpont, and none with a similar name"],
    ["Push", "subscribe", "Push has no option subscribe, and none with a similar name"],
    ["Push", "contxt", "Push has no option contxt; did you mean context?"],
    ["Publisher", "multcast", "Publisher has no option multcast; did you mean multicast?"],
    [
      "Push",
      "recieveTimeout",
      "Push has no option recieveTimeout; did you mean receiveTimeout, an option of Pair, Subscriber, Request and others?",
    ],
    ["Push", "colour", "Push has no option colour, and none with a similar name"],
    [
      "Push",
      "receiveTimeout",
      "Push has no option receiveTimeout: it belongs to other socket types, or to builds of libzmq with more features",
    ],
    [
      "Push",
      "gssapiServer",
      "Push has no option gssapiServer: it belongs to other socket types, or to builds of libzmq with more features",
    ],
    ["Push", "lastEndpoint", "lastEndpoint can only be read"],
    ["Context", "ioThread", "Context has no option ioThread; did you mean ioThreads or ioThreadSpin?"],
    ["Context", "io_threads", "Context has no option io_threads; did you mean ioThreads?"],
    ["Context", "maxSocketsLimit", "maxSocketsLimit can only be read"],
  ] as const)("in new %s({ %s }) is reported with a suggestion", (name, option, detail) => {
    const error = refused(name, { [option]: 5 });
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^Cannot (add|set) property /);
    expect(error.detail).toBe(detail);
    expect(error.stack).toContain(`${error.message}: ${detail}`);
  });

  test("of a subclass is reported with the name of the subclass", () => {
    class Own extends Push {}
    expect(() => new Own({ highWaterMark: 1 } as object)).toThrow(
      expect.objectContaining({ detail: "Own has no option highWaterMark; did you mean sendHighWaterMark?" }),
    );
  });

  test("does not replace errors of the program's own getters", () => {
    const own = Object.freeze(new TypeError("mine"));
    const options = {
      get ioThreads(): number {
        throw own;
      },
      ioThread: 1,
    };
    expect(() => new Context(options)).toThrow(own);
    expect(own).not.toHaveProperty("detail");
  });
});

test("errors of options by number have the number", () => {
  const push = new Push() as unknown as Record<string, (id: number, value?: unknown) => unknown>;
  expect(() => push.setInt32Option!(17, "5")).toThrow(
    expect.objectContaining({ detail: "option 17 takes a whole number; got '5'" }),
  );
  expect(() => push.setInt32Option!(999, 5)).toThrow(
    expect.objectContaining({
      code: "EINVAL",
      detail: "option 999: this build of libzmq lacks the option, or rejects the value; got 5",
    }),
  );
  expect(() => push.getInt32Option!(999)).toThrow(
    expect.objectContaining({ code: "EINVAL", detail: expect.stringMatching(/^option 999 cannot be read/) }),
  );
  (push as unknown as Push).close();
});

test("errors of subscribe, unsubscribe and routingId have the actual value", () => {
  using subscriber = new Subscriber();
  using router = new Router();
  const detail = (text: string) =>
    expect.objectContaining({ message: "Option value must be a string or buffer", detail: text });
  expect(() => subscriber.subscribe(5 as never)).toThrow(
    detail("a topic must be a string or a Buffer, got 5"),
  );
  expect(() => subscriber.unsubscribe({} as never)).toThrow(
    detail("a topic must be a string or a Buffer, got {}"),
  );
  expect(() => router.connect("inproc://x", { routingId: 5 as never })).toThrow(
    detail("routingId must be a string or a Buffer, got 5"),
  );
});
