// Compares the table of options with libzmq: each row can be set and read back, or is rejected with an explanation.

import { describe, expect, test } from "vitest";
import * as zmq from "zmq-native";
import { Context, Pull, Push, Router, type Socket, Subscriber, XPublisher } from "zmq-native";
import { cannotAdd, onlyGetter } from "../helpers/engine.js";
import { freshEndpoint } from "../helpers/transports.js";

type Loose = Record<string, unknown>;
const loose = (socket: Socket) => socket as unknown as Loose;

/** Name, value to set, default. */
const common: [string, unknown, unknown][] = [
  ["affinity", 3, 0],
  ["rate", 5000, 100],
  ["recoveryInterval", 500, 10_000],
  ["linger", 77, -1],
  ["reconnectInterval", 20, 100],
  ["backlog", 7, 100],
  ["reconnectMaxInterval", 900, 0],
  ["maxMessageSize", 2 ** 40, -1],
  ["tcpKeepalive", 1, -1],
  ["tcpKeepaliveCount", 3, -1],
  ["tcpKeepaliveIdle", 30, -1],
  ["tcpKeepaliveInterval", 5, -1],
  ["immediate", true, false],
  ["ipv6", true, false],
  ["plainServer", true, false],
  ["plainUsername", "user", null],
  ["plainPassword", "secret", null],
  ["zapDomain", "global", null],
  ["typeOfService", 16, 0],
  ["handshakeInterval", 100, 30_000],
  ["socksProxy", "127.0.0.1:1080", null],
  ["heartbeatInterval", 10, 0],
  ["heartbeatTimeToLive", 1000, 0],
  ["heartbeatTimeout", 300, -1],
  ["connectTimeout", 400, 0],
  ["tcpMaxRetransmitTimeout", 600, 0],
  ["multicastMaxTransportDataUnit", 9000, 1500],
  ["interface", "lo", null],
  ["zapEnforceDomain", true, false],
  ["curveServer", true, false],
  ["sendBufferSize", 9999, -1],
  ["sendHighWaterMark", 12, 1000],
  ["multicastHops", 4, 1],
  ["sendTimeout", 40, -1],
  ["receiveBufferSize", 8888, -1],
  ["receiveHighWaterMark", 13, 1000],
  ["receiveTimeout", 50, -1],
  ["routingId", "me", null],
];

describe("an option can be set and read back", () => {
  test.each(common)("%s = %s, by default %s", (name, value, initial) => {
    const router = new Router();
    expect(loose(router)[name]).toBe(initial);
    loose(router)[name] = value;
    expect(loose(router)[name]).toBe(value);
    router.close();
    const given = new Router({ [name]: value });
    expect(loose(given)[name]).toBe(value);
    given.close();
  });

  test("for CURVE keys, in Z85 or bytes", () => {
    const { publicKey, secretKey } = zmq.curveKeyPair();
    const server = zmq.curveKeyPair().publicKey;
    using push = new Push({ curvePublicKey: publicKey, curveSecretKey: secretKey, curveServerKey: server });
    expect([push.curvePublicKey, push.curveSecretKey, push.curveServerKey]).toEqual([
      publicKey,
      secretKey,
      server,
    ]);
    expect(push.securityMechanism).toBe("curve");
    expect(() => {
      push.curveServerKey = "too short";
    }).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });

  test("for text, which is null when empty and ends at a NUL", () => {
    using push = new Push({ zapDomain: "domain" });
    push.zapDomain = Buffer.from("in bytes") as unknown as string;
    expect(push.zapDomain).toBe("in bytes");
    push.plainUsername = null;
    expect(push.plainUsername).toBeNull();
    expect(push.securityMechanism).toBeNull();
    expect(push.lastEndpoint).toBeNull();
  });
});

describe("an invalid value", () => {
  test.each([
    ["linger", "1", "Option value must be a number"],
    ["linger", true, "Option value must be a number"],
    ["maxMessageSize", null, "Option value must be a number"],
    ["affinity", 1n, "Option value must be a number"],
    ["immediate", 1, "Option value must be a boolean"],
    ["immediate", undefined, "Option value must be a boolean"],
    ["zapDomain", 5, "Option value must be a string or buffer"],
    ["zapDomain", {}, "Option value must be a string or buffer"],
  ])("of %s = %s throws %s", (name, value, text) => {
    using push = new Push();
    expect(() => {
      loose(push)[name] = value;
    }).toThrow(new TypeError(text));
  });

  test("that libzmq rejects throws an error with its code", () => {
    using push = new Push();
    expect(() => {
      push.sendHighWaterMark = -1;
    }).toThrow(expect.objectContaining({ code: "EINVAL", errno: 22 }));
  });

  test("that is a fraction or out of range is truncated to libzmq's type as in C", () => {
    using push = new Push();
    push.linger = 7.9;
    expect(push.linger).toBe(7);
    push.linger = 2 ** 32 + 5;
    expect(push.linger).toBe(5);
    push.maxMessageSize = 7.9;
    expect(push.maxMessageSize).toBe(7);
    push.affinity = -5;
    expect(push.affinity).toBe(0);
  });
});

describe("access to options", () => {
  test("a read-only option cannot be set, and a write-only one reads as undefined", () => {
    using router = new Router({ mandatory: true, handover: true, probeRouter: true });
    expect([loose(router).mandatory, loose(router).handover, loose(router).probeRouter]).toEqual([
      ...[undefined, undefined, undefined],
    ]);
    for (const name of ["type", "lastEndpoint", "securityMechanism", "threadSafe"]) {
      expect(() => {
        loose(router)[name] = 1;
      }).toThrow(onlyGetter(name));
    }
  });

  test("each class has the options of its kind and no others", () => {
    const has = (name: "Push" | "Pull" | "Subscriber" | "Request" | "Stream", option: string) =>
      option in zmq[name].prototype;
    expect([has("Push", "sendTimeout"), has("Push", "receiveTimeout")]).toEqual([true, false]);
    expect([has("Pull", "sendTimeout"), has("Pull", "receiveTimeout")]).toEqual([false, true]);
    expect([has("Subscriber", "conflate"), has("Subscriber", "invertMatching")]).toEqual([true, true]);
    expect([has("Request", "correlate"), has("Request", "relaxed"), has("Request", "routingId")]).toEqual([
      ...[true, true, true],
    ]);
    expect([has("Stream", "notify"), has("Stream", "routingId")]).toEqual([true, false]);
  });

  test("an option without a property can be accessed by number", () => {
    using push = new Push();
    const raw = push as unknown as {
      getInt32Option(id: number): number;
      setInt32Option(id: number, value: number): void;
      getBoolOption(id: number): boolean;
      getStringOption(id: number): string | null;
      setUint64Option(id: number, value: number): void;
      getUint64Option(id: number): number;
      setInt64Option(id: number, value: number): void;
      getInt64Option(id: number): number;
    };
    raw.setInt32Option(17, 99);
    expect(raw.getInt32Option(17)).toBe(99);
    raw.setInt32Option(101, 4096);
    expect(raw.getInt32Option(101)).toBe(4096);
    expect(raw.getBoolOption(42)).toBe(false);
    expect(raw.getStringOption(55)).toBeNull();
    raw.setUint64Option(4, 5);
    expect(raw.getUint64Option(4)).toBe(5);
    raw.setInt64Option(22, -1);
    expect(raw.getInt64Option(22)).toBe(-1);
    expect(() => raw.getInt32Option(4711)).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });
});

describe("the warning that an option is set too late", () => {
  const text = "Socket option will not take effect until next connect/bind.";

  async function warningsOf(use: (socket: XPublisher) => void): Promise<string[]> {
    const warnings: string[] = [];
    const listen = (warning: Error) => warnings.push(warning.message);
    process.on("warning", listen);
    using socket = new XPublisher();
    socket.connect(freshEndpoint("inproc"));
    use(socket);
    await new Promise(setImmediate);
    process.off("warning", listen);
    return warnings;
  }

  test("is emitted on a socket with an endpoint", async () => {
    expect(
      await warningsOf((socket) => {
        socket.maxMessageSize = 5;
      }),
    ).toEqual([text]);
  });

  test("is not emitted for an option that takes effect immediately", async () => {
    const warnings = await warningsOf((socket) => {
      socket.linger = 0;
      socket.sendHighWaterMark = 5;
      socket.receiveHighWaterMark = 5;
      socket.sendTimeout = 5;
      socket.receiveTimeout = 5;
      socket.verbosity = "allSubs";
      socket.verbosity = "allSubsUnsubs";
      socket.verbosity = null;
    });
    expect(warnings).toEqual([]);
  });

  test("is emitted neither before the first endpoint nor after the last", async () => {
    const warnings: string[] = [];
    const listen = (warning: Error) => warnings.push(warning.message);
    process.on("warning", listen);
    using subscriber = new Subscriber();
    subscriber.maxMessageSize = 5;
    subscriber.subscribe("x");
    const endpoint = freshEndpoint("tcp");
    subscriber.bindSync(endpoint);
    subscriber.subscribe("y");
    subscriber.unsubscribe("x");
    subscriber.unbindSync(subscriber.lastEndpoint as string);
    subscriber.maxMessageSize = 6;
    await new Promise(setImmediate);
    process.off("warning", listen);
    expect(warnings).toEqual([]);
  });
});

describe("options of a context", () => {
  test("have defaults", () => {
    const context = new Context();
    expect([context.ioThreads, context.maxSockets, context.maxMessageSize]).toEqual([1, 1023, 2147483647]);
    expect(context.ioThreadSpin).toBe(0);
    expect([context.ipv6, context.blocky, context.maxSocketsLimit]).toEqual([false, true, 65535]);
    expect((context as unknown as Loose).threadPriority).toBeUndefined();
  });

  test("can be set, read back, and rejected", () => {
    const options = { ioThreads: 3, ioThreadSpin: 1_000_000, ipv6: true, blocky: false };
    const context = new Context({ ...options, threadPriority: 1 });
    expect(context).toMatchObject(options);
    using pull = new Pull({ context });
    expect([pull.ipv6, pull.linger]).toEqual([true, 0]);
    expect(() => new Context({ ioThreads: "2" as unknown as number })).toThrow(
      "Option value must be a number",
    );
    expect(() => new Context({ ipv6: 1 as unknown as boolean })).toThrow("Option value must be a boolean");
    expect(() => new Context({ ioThreads: -1 })).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(() => new Context({ foo: 1 } as object)).toThrow(cannotAdd("foo"));
    expect(() => new Context(5 as unknown as object)).toThrow(new TypeError("Options must be an object"));
  });
});
