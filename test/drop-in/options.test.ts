// Classes and options: which class has which option, and for each option libzmq's number, type, access, default and
// warning.

import { afterEach, describe, expect, test } from "vitest";
import { freshEndpoint } from "../helpers/transports.js";
import { expectThrown, expectTypeError, thrown, turns, warningsOf } from "./expectations.js";
import { loose, mended, type SocketName, socketNames, zmq } from "./subject.js";

type Kind = "int32" | "uint32" | "int64" | "uint64" | "bool" | "string";
type Access = "rw" | "r" | "w";
/** Name, number, kind, access, default, another value. */
type Row = [name: string, id: number, kind: Kind, access: Access, initial?: unknown, other?: unknown];

const all: Row[] = [
  ["affinity", 4, "uint64", "rw", 0, 1],
  ["rate", 8, "int32", "rw", 100, 5],
  ["recoveryInterval", 9, "int32", "rw", 10_000, 5],
  ["linger", 17, "int32", "rw", -1, 5],
  ["reconnectInterval", 18, "int32", "rw", 100, 5],
  ["backlog", 19, "int32", "rw", 100, 5],
  ["reconnectMaxInterval", 21, "int32", "rw", 0, 5],
  ["maxMessageSize", 22, "int64", "rw", -1, 2 ** 40],
  ["tcpKeepalive", 34, "int32", "rw", -1, 1],
  ["tcpKeepaliveCount", 35, "int32", "rw", -1, 5],
  ["tcpKeepaliveIdle", 36, "int32", "rw", -1, 5],
  ["tcpKeepaliveInterval", 37, "int32", "rw", -1, 5],
  ["immediate", 39, "bool", "rw", false, true],
  ["ipv6", 42, "bool", "rw", false, true],
  ["plainServer", 44, "bool", "rw", false, true],
  ["plainUsername", 45, "string", "rw", null, "user"],
  ["plainPassword", 46, "string", "rw", null, "word"],
  ["zapDomain", 55, "string", "rw", null, "domain"],
  ["typeOfService", 57, "uint32", "rw", 0, 8],
  ["handshakeInterval", 66, "int32", "rw", 30_000, 5],
  ["socksProxy", 68, "string", "rw", null, "127.0.0.1:1080"],
  ["heartbeatInterval", 75, "int32", "rw", 0, 5],
  ["heartbeatTimeToLive", 76, "int32", "rw", 0, 500],
  ["heartbeatTimeout", 77, "int32", "rw", -1, 5],
  ["connectTimeout", 79, "int32", "rw", 0, 5],
  ["tcpMaxRetransmitTimeout", 80, "int32", "rw", 0, 5],
  ["multicastMaxTransportDataUnit", 84, "int32", "rw", 1500, 500],
  ["interface", 92, "string", "rw", null, "lo"],
  ["zapEnforceDomain", 93, "bool", "rw", false, true],
];
/** Options that cannot be set back to their default. */
const sticky = ["zapDomain", "plainUsername", "plainPassword", "heartbeatTimeout"];
/** Options that libzmq has on other platforms only, or cannot read back. */
const unusual = ["tcpAcceptFilter", "loopbackFastPath"];
const vmci = ["vmciBufferSize", "vmciBufferMinSize", "vmciBufferMaxSize", "vmciConnectTimeout"];
const readOnly: Row[] = [
  ["type", 16, "int32", "r"],
  ["lastEndpoint", 32, "string", "r", null],
  ["securityMechanism", 43, "int32", "r", null],
  ["threadSafe", 81, "bool", "r", false],
];
const curve: Row[] = [["curveServer", 47, "bool", "rw", false, true]];
const curveKeys = ["curvePublicKey", "curveSecretKey", "curveServerKey"];
const gssapi = [
  ...["gssapiServer", "gssapiPrincipal", "gssapiServicePrincipal", "gssapiPlainText"],
  ...["gssapiPrincipalNameType", "gssapiServicePrincipalNameType"],
];

/** The names of the classes that have an option. */
const on = (names: string) => names.split(" ") as SocketName[];
const own: [SocketName[], Row[]][] = [
  [
    on("Pair Publisher Request Reply Dealer Router Push XPublisher XSubscriber Stream"),
    [
      ["sendBufferSize", 11, "int32", "rw", -1, 5000],
      ["sendHighWaterMark", 23, "int32", "rw", 1000, 5],
      ["multicastHops", 25, "int32", "rw", 1, 5],
      ["sendTimeout", 28, "int32", "rw", -1, 5],
    ],
  ],
  [
    on("Pair Subscriber Request Reply Dealer Router Pull XPublisher XSubscriber Stream"),
    [
      ["receiveBufferSize", 12, "int32", "rw", -1, 5000],
      ["receiveHighWaterMark", 24, "int32", "rw", 1000, 5],
      ["receiveTimeout", 27, "int32", "rw", -1, 5],
    ],
  ],
  [on("Request Reply Dealer Router"), [["routingId", 5, "string", "rw", null, "me"]]],
  [on("Router"), [["handover", 56, "bool", "w"]]],
  [on("Router Dealer Request"), [["probeRouter", 51, "bool", "w"]]],
  [
    on("Request"),
    [
      ["correlate", 52, "bool", "w"],
      ["relaxed", 53, "bool", "w"],
    ],
  ],
  [on("Pull Push Subscriber Publisher Dealer"), [["conflate", 54, "bool", "w"]]],
  [on("Publisher XPublisher"), [["noDrop", 69, "bool", "w"]]],
  [
    on("XPublisher"),
    [
      ["manual", 71, "bool", "w"],
      ["welcomeMessage", 72, "string", "w"],
      ["verbosity", 40, "string", "w"],
    ],
  ],
  [on("Publisher Subscriber XPublisher"), [["invertMatching", 74, "bool", "rw", false, true]]],
  [on("Stream"), [["notify", 73, "bool", "w"]]],
];
const every = [...all, ...readOnly, ...curve];
const ownNames = own.flatMap(([, rows]) => rows.map(([name]) => name));

const opened: { close(): void }[] = [];
function open(name: SocketName, options?: object) {
  const socket = new zmq[name](options as never);
  opened.push(socket);
  return loose(socket);
}
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});
const set = (socket: object, name: string, value: unknown) => () => {
  Object.assign(socket, { [name]: value });
};
const descriptor = (name: SocketName | "Socket", option: string) =>
  Object.getOwnPropertyDescriptor(zmq[name].prototype, option);

function expectAccess(of: SocketName | "Socket", option: string, access: Access): void {
  const { get, set, enumerable } = descriptor(of, option) ?? {};
  expect([typeof get, typeof set, enumerable]).toEqual([
    access === "w" ? "undefined" : "function",
    access === "r" ? "undefined" : "function",
    false,
  ]);
}

describe("options of all sockets", () => {
  test.each(every)("%s is option %i, %s, %s, on Socket.prototype", (name, id, kind, access) => {
    expectAccess("Socket", name, access);
    const socket = open("Router");
    if (name === "securityMechanism") return;
    const get = `get${kind[0]!.toUpperCase()}${kind.slice(1)}Option`;
    expect(socket[get]!(id)).toEqual(socket[name]);
  });

  test.each([...unusual, ...vmci, ...curveKeys])("%s exists with read and write access", (name) => {
    expectAccess("Socket", name, "rw");
  });

  test.each(socketNames)("a %s has the documented defaults", (name) => {
    const socket = open(name);
    for (const [option, , , , initial] of every) {
      if (option === "type") continue;
      const expected = option === "linger" && /Subscriber/.test(name) ? 0 : initial;
      expect([option, socket[option]]).toEqual([option, expected]);
    }
  });

  test.each([...all, ...curve])(
    "%s can be set by property and by constructor",
    (name, _id, _kind, _access, initial, other) => {
      const socket = open("Router");
      set(socket, name, other)();
      expect(socket[name]).toBe(other);
      expect(open("Router", { [name]: other })[name]).toBe(other);
      if (sticky.includes(name)) return;
      set(socket, name, initial)();
      expect(socket[name]).toBe(initial);
    },
  );

  test.each(readOnly)("%s cannot be set", (name) => {
    const text = `Cannot set property ${name} of #<Socket> which has only a getter`;
    expectTypeError(set(open("Push"), name, 1), text);
  });

  test.each(gssapi)("%s is undefined, since capability.gssapi is false", (name) => {
    expect(name in zmq.Socket.prototype).toBe(false);
    expect(open("Push")[name]).toBeUndefined();
    expectTypeError(set(open("Push"), name, true), `Cannot add property ${name}, object is not extensible`);
  });

  test("reading a VMCI option, which this libzmq does not have, throws EINVAL", () => {
    for (const name of vmci) {
      expectThrown(() => open("Push")[name], "EINVAL");
      expectThrown(set(open("Push"), name, 5), "EINVAL");
    }
  });

  test("tcpAcceptFilter adds addresses, and null removes them", () => {
    const socket = open("Push");
    set(socket, "tcpAcceptFilter", "127.0.0.1")();
    set(socket, "tcpAcceptFilter", "10.0.0.0/8")();
    set(socket, "tcpAcceptFilter", null)();
    expectThrown(set(socket, "tcpAcceptFilter", "nonsense"), "EINVAL");
    expectThrown(() => socket.tcpAcceptFilter, "EINVAL");
  });
});

describe("options of some classes", () => {
  test.each(own.flatMap(([classes, rows]) => rows.map((row) => [row[0], classes, row] as const)))(
    "only %s has %j",
    (option, classes, [, , , access]) => {
      for (const name of socketNames) {
        const has = classes.includes(name);
        expect([name, option in zmq[name].prototype]).toEqual([name, has]);
        if (has) expectAccess(name, option, access);
      }
    },
  );

  test.each(socketNames)("a %s rejects options of other classes", (name) => {
    for (const option of ownNames.filter((option) => !(option in zmq[name].prototype))) {
      const text = `Cannot add property ${option}, object is not extensible`;
      expectTypeError(() => new zmq[name]({ [option]: 1 } as never), text);
    }
  });

  const owned = own.flatMap(([classes, rows]) =>
    rows.flatMap((row) => classes.map((name): [SocketName, ...Row] => [name, ...row])),
  );

  test.each(owned.filter(([, , , , access]) => access === "rw"))(
    "%s.%s is option %i, %s",
    (name, option, id, kind, _access, initial, other) => {
      const socket = open(name);
      expect(socket[option]).toBe(initial);
      set(socket, option, other)();
      expect(socket[option]).toBe(other);
      expect(socket[`get${kind[0]!.toUpperCase()}${kind.slice(1)}Option`]!(id)).toBe(other);
      expect(open(name, { [option]: other })[option]).toBe(other);
    },
  );

  test.each(owned.filter(([, , , , access]) => access === "w"))(
    "%s.%s is write-only: reading returns undefined",
    (name, option, _id, kind) => {
      const socket = open(name);
      const values =
        option === "verbosity" ? ["allSubs", "allSubsUnsubs", null] : kind === "bool" ? [true, false] : ["x"];
      for (const value of values) set(socket, option, value)();
      expect(socket[option]).toBeUndefined();
      expect(open(name, { [option]: values[0] })[option]).toBeUndefined();
    },
  );

  test("Router.mandatory is option 33, bool, read and write", () => {
    expect(socketNames.filter((name) => "mandatory" in zmq[name].prototype)).toEqual(["Router"]);
    expect(typeof descriptor("Router", "mandatory")?.set).toBe("function");
    for (const value of [true, false]) set(open("Router"), "mandatory", value)();
    open("Router", { mandatory: true });
  });

  mended("in zeromq, EINVAL: libzmq cannot read it", "Router.mandatory reads as undefined", () => {
    expect(open("Router", { mandatory: true }).mandatory).toBeUndefined();
  });
});

describe("a value of a wrong type throws for", () => {
  const wrong: Record<"number" | "boolean" | "string or buffer", unknown[]> = {
    number: ["1", "", null, undefined, true, {}, [], 1n, Buffer.from("1"), new Date(0), () => 1],
    boolean: [0, 1, "true", "", null, undefined, {}, [], new Boolean(true)],
    "string or buffer": [0, 5, true, false, undefined, {}, [], 1n, new String("x"), new Date(0), () => 1],
  };
  const expected = (kind: Kind) =>
    kind === "bool" ? "boolean" : kind === "string" ? "string or buffer" : "number";
  const writable = [
    ...[...all, ...curve].map(([name, , kind]) => ["Router", name, kind] as const),
    ...curveKeys.map((name) => ["Router", name, "string"] as const),
    ...own.flatMap(([classes, rows]) =>
      rows
        .filter(([name]) => name !== "verbosity")
        .map(([name, , kind]) => [classes[0]!, name, kind] as const),
    ),
  ];

  test.each(writable)("%s.%s, a %s", (socketName, name, kind) => {
    const socket = open(socketName);
    const type = expected(kind);
    for (const value of wrong[type]) {
      expectTypeError(set(socket, name, value), `Option value must be a ${type}`);
    }
    expectTypeError(set(socket, name, Symbol("value")), `Option value must be a ${type}`);
  });
});

describe("conversion of values", () => {
  test("truncates numbers to int32 as in C", () => {
    const socket = open("Push");
    for (const [value, stored] of [
      [7.9, 7],
      [-0, 0],
      [2 ** 32 + 5, 5],
      [-(2 ** 32) + 6, 6],
      [2 ** 31, -(2 ** 31)],
    ] as const) {
      if (stored < -1) expectThrown(set(socket, "linger", value), "EINVAL");
      else {
        set(socket, "linger", value)();
        expect([value, socket.linger]).toEqual([value, stored]);
      }
    }
  });

  test("converts to int64 within bounds", () => {
    const socket = open("Push");
    for (const [value, stored] of [
      [7.9, 7],
      [-1, -1],
      [2 ** 53 + 2, 2 ** 53 + 2],
      [1e300, 2 ** 63],
    ] as const) {
      set(socket, "maxMessageSize", value)();
      expect([value, socket.maxMessageSize]).toEqual([value, stored]);
    }
  });

  mended("zeromq stores 0", "rejects NaN, and infinity for an int32", () => {
    const socket = open("Pair");
    for (const name of [
      "linger",
      "sendTimeout",
      "receiveTimeout",
      "maxMessageSize",
      "affinity",
      "typeOfService",
    ]) {
      expectTypeError(set(socket, name, Number.NaN), "Option value must not be NaN");
    }
    for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const name of ["linger", "sendTimeout", "receiveTimeout", "typeOfService"]) {
        expectTypeError(set(socket, name, value), "Option value must be a finite number");
      }
    }
  });

  mended(
    "zeromq treats each negative value as no limit",
    "rejects a negative maxMessageSize other than -1",
    () => {
      for (const value of [-5, -0.5, -(2 ** 63), Number.NEGATIVE_INFINITY]) {
        expectThrown(set(open("Pair"), "maxMessageSize", value), "EINVAL");
      }
    },
  );

  mended("zeromq treats it as null", "rejects an unknown verbosity", () => {
    const text = 'Option value must be one of null, "allSubs", "allSubsUnsubs"';
    for (const value of ["all", "", 1, true, {}]) {
      expectTypeError(() => new zmq.XPublisher({ verbosity: value as never }), text);
      expectTypeError(set(open("XPublisher"), "verbosity", value), text);
    }
  });

  test("converts to uint64 between 0 and 2^64-1", async () => {
    const socket = open("Push");
    await warningsOf(() => {
      for (const [value, stored] of [
        [7.9, 7],
        [-5, 0],
        [2 ** 53 + 2, 2 ** 53 + 2],
        [2 ** 63, 2 ** 63],
        [2 ** 64, 2 ** 64],
        [1e300, 2 ** 64],
      ] as const) {
        set(socket, "affinity", value)();
        expect([value, socket.affinity]).toEqual([value, stored]);
      }
    });
  });

  test("warns when a uint64 above MAX_SAFE_INTEGER is set", async () => {
    const warning =
      "Warning: Value is larger than Number.MAX_SAFE_INTEGER and may have been rounded inaccurately.";
    const socket = open("Push");
    expect(await warningsOf(set(socket, "affinity", 2 ** 53 - 1))).toEqual([]);
    expect(await warningsOf(set(socket, "affinity", 2 ** 53))).toEqual([warning]);
    expect(await warningsOf(() => socket.affinity)).toEqual([]);
    expect(await warningsOf(set(socket, "maxMessageSize", 2 ** 60))).toEqual([]);
    expect(await warningsOf(() => socket.setUint64Option!(4, 2 ** 60))).toEqual([warning]);
  });

  mended(
    "zeromq stores 0, which rejects every message",
    "converts maxMessageSize = Infinity to no limit",
    () => {
      const socket = open("Push", { maxMessageSize: Number.POSITIVE_INFINITY });
      expect(socket.maxMessageSize).toBe(2 ** 63);
    },
  );

  test("accepts text as string or Buffer and ends it at the first NUL", () => {
    const socket = open("Router");
    for (const [value, stored] of [
      ["text", "text"],
      ["é☃", "é☃"],
      [Buffer.from("bytes"), "bytes"],
      ["a\0b", "a"],
      [Buffer.from([65, 0, 66]), "A"],
      [new Uint8Array([65, 66]), "AB"],
    ] as const) {
      set(socket, "zapDomain", value)();
      expect(socket.zapDomain).toBe(stored);
      set(socket, "routingId", value)();
      expect(socket.routingId).toBe(stored);
    }
  });

  test("returns an empty text as null", () => {
    const socket = open("Router");
    for (const name of [
      "zapDomain",
      "plainUsername",
      "socksProxy",
      "interface",
      "routingId",
      "lastEndpoint",
    ]) {
      expect(socket[name]).toBeNull();
    }
  });

  test("limits text to 255 bytes", () => {
    for (const name of ["zapDomain", "plainUsername", "plainPassword", "routingId"]) {
      const socket = open("Router");
      set(socket, name, "x".repeat(255))();
      expect(socket[name]).toBe("x".repeat(255));
      expectThrown(set(socket, name, "x".repeat(256)), "EINVAL");
    }
  });

  test.each(["plainUsername", "plainPassword", "socksProxy", "interface"])(
    "accepts null but throws EINVAL for an empty text in %s",
    (name) => {
      const socket = open("Router", { [name]: "lo" });
      expectThrown(set(socket, name, ""), "EINVAL");
      expect(socket[name]).toBe("lo");
      set(socket, name, null)();
      if (!sticky.includes(name)) expect(socket[name]).toBeNull();
    },
  );

  mended("zeromq throws EINVAL", "null removes the zapDomain", () => {
    const socket = open("Router", { zapDomain: "domain" });
    set(socket, "zapDomain", null)();
    expect(socket.zapDomain).toBeNull();
  });

  test("throws EINVAL for a routing id of null", () => {
    expectThrown(set(open("Router"), "routingId", null), "EINVAL");
  });

  test("throws EINVAL for a routing id that begins with NUL or is empty", () => {
    expectThrown(set(open("Router"), "routingId", ""), "EINVAL");
  });

  test("throws EINVAL for a value outside of libzmq's bounds and changes nothing", () => {
    for (const [name, value] of [
      ["rate", 0],
      ["linger", -2],
      ["sendHighWaterMark", -1],
      ["receiveTimeout", -2],
      ["heartbeatTimeToLive", 6_553_600],
      ["reconnectInterval", -2],
      ["handshakeInterval", -1],
      ["multicastHops", 0],
      ["tcpKeepalive", 2],
    ] as const) {
      const socket = open("Router");
      const before = socket[name];
      expectThrown(set(socket, name, value), "EINVAL");
      expect(socket[name]).toBe(before);
    }
  });

  test("stores heartbeatTimeToLive in tenths of a second", () => {
    expect(open("Push", { heartbeatTimeToLive: 1234 }).heartbeatTimeToLive).toBe(1200);
  });
});

describe("security options", () => {
  test('securityMechanism is null, "plain" or "curve"', () => {
    expect(open("Push").securityMechanism).toBeNull();
    expect(open("Push", { plainServer: true }).securityMechanism).toBe("plain");
    expect(open("Push", { plainUsername: "u", plainPassword: "p" }).securityMechanism).toBe("plain");
    expect(open("Push", { curveServer: true }).securityMechanism).toBe("curve");
    const { publicKey, secretKey } = zmq.curveKeyPair();
    const client = { curvePublicKey: publicKey, curveSecretKey: secretKey, curveServerKey: publicKey };
    expect(open("Push", client).securityMechanism).toBe("curve");
  });

  test("plainUsername = null switches PLAIN off", () => {
    const socket = open("Push", { plainUsername: "u" });
    set(socket, "plainUsername", null)();
    expect(socket.securityMechanism).toBeNull();
  });

  test("keys are 40 characters of Z85 or 32 bytes; other values throw EINVAL", () => {
    for (const name of curveKeys) {
      open("Push", { [name]: zmq.curveKeyPair().publicKey });
      open("Push", { [name]: Buffer.alloc(32, 7) });
      for (const key of ["", "short", "x".repeat(41), Buffer.alloc(31)]) {
        expectThrown(set(open("Push"), name, key), "EINVAL");
      }
    }
  });

  mended("in zeromq reading a key is EINVAL", "keys can be read back", () => {
    const { publicKey, secretKey } = zmq.curveKeyPair();
    const socket = open("Push", { curvePublicKey: publicKey, curveSecretKey: secretKey });
    expect([socket.curvePublicKey, socket.curveSecretKey]).toEqual([publicKey, secretKey]);
  });
});

describe("the warning that an option has no effect on existing endpoints", () => {
  const text = ["Warning: Socket option will not take effect until next connect/bind."];
  const live = [
    ...["linger", "mandatory", "probeRouter", "correlate", "relaxed", "handover", "verbosity"],
    ...["sendHighWaterMark", "receiveHighWaterMark", "sendTimeout", "receiveTimeout"],
  ];
  const values: Record<string, unknown> = { verbosity: "allSubs", welcomeMessage: "x", mandatory: true };
  const settable: [string, SocketName, unknown][] = [
    ...[...all, ...curve].map(
      ([name, , , , , other]) => [name, "Router", other] as [string, SocketName, unknown],
    ),
    ...own.flatMap(([classes, rows]) =>
      rows.map(
        ([name, , , , , other]) =>
          [name, classes[0]!, other ?? values[name] ?? true] as [string, SocketName, unknown],
      ),
    ),
    ["mandatory", "Router", true],
    ["tcpAcceptFilter", "Router", "127.0.0.1"],
    ["curvePublicKey", "Router", zmq.curveKeyPair().publicKey],
  ];

  test.each(settable)("is emitted for %s on a connected %s", async (name, socketName, value) => {
    const socket = open(socketName);
    expect(await warningsOf(set(socket, name, value))).toEqual([]);
    socket.connect!(freshEndpoint(socketName === "Stream" ? "tcp" : "inproc").replace("*", "5555"));
    expect(await warningsOf(set(socket, name, value))).toEqual(live.includes(name) ? [] : text);
  });

  test("is emitted each time on a socket that is connected, bound, or being bound", async () => {
    const [connected, bound, binding] = [open("Push"), open("Push"), open("Push")];
    connected.connect!(freshEndpoint("inproc"));
    await bound.bind!(freshEndpoint("inproc"));
    for (const socket of [connected, bound]) {
      expect(await warningsOf(set(socket, "rate", 5))).toEqual(text);
      expect(await warningsOf(set(socket, "rate", 6))).toEqual(text);
    }
    const done = binding.bind!(freshEndpoint("inproc"));
    expect(await warningsOf(set(binding, "rate", 5))).toEqual(text);
    await done;
  });

  test("is not emitted when all endpoints are gone", async () => {
    const socket = open("Push");
    socket.connect!("tcp://127.0.0.1:5555");
    socket.disconnect!("tcp://127.0.0.1:5555");
    await socket.bind!("tcp://127.0.0.1:*");
    await socket.unbind!(socket.lastEndpoint);
    expect(await warningsOf(set(socket, "rate", 5))).toEqual([]);
  });

  test("is not emitted after a connect that failed", async () => {
    const socket = open("Push");
    thrown(() => socket.connect!("foo://bar"));
    expect(await warningsOf(set(socket, "rate", 5))).toEqual([]);
  });

  mended("zeromq counts it as an endpoint", "is not emitted after a bind that failed", async () => {
    const socket = open("Push");
    thrown(() => socket.bindSync!("foo://bar"));
    await Promise.resolve(socket.bind!("foo://bar")).catch(() => {});
    await turns();
    expect(await warningsOf(set(socket, "rate", 5))).toEqual([]);
  });

  test("is not emitted when reading", async () => {
    const socket = open("Push");
    socket.connect!(freshEndpoint("inproc"));
    expect(await warningsOf(() => [socket.rate, socket.zapDomain, socket.immediate])).toEqual([]);
  });

  test("is not emitted for a value of a wrong type", async () => {
    const socket = open("Push");
    socket.connect!(freshEndpoint("inproc"));
    expect(await warningsOf(() => thrown(set(socket, "rate", "5")))).toEqual([]);
  });

  test("is not emitted for subscribe and unsubscribe", async () => {
    const socket = open("Subscriber");
    socket.connect!(freshEndpoint("inproc"));
    expect(await warningsOf(() => [socket.subscribe!("a"), socket.unsubscribe!("a")])).toEqual([]);
  });

  test("is emitted by number as by name", async () => {
    const socket = open("Router");
    socket.connect!(freshEndpoint("inproc"));
    expect(await warningsOf(() => socket.setInt32Option!(8, 5))).toEqual(text);
    expect(await warningsOf(() => socket.setInt32Option!(17, 5))).toEqual([]);
    expect(await warningsOf(() => socket.setInt32Option!(23, 5))).toEqual([]);
    expect(await warningsOf(() => socket.setBoolOption!(33, true))).toEqual([]);
  });
});

describe("Subscriber", () => {
  test("subscribe and unsubscribe return undefined for any arguments", () => {
    const socket = open("Subscriber");
    for (const prefixes of [
      [],
      ["a"],
      ["a", "b"],
      [Buffer.from("c")],
      ["a", Buffer.from("b")],
      [""],
      ["x\0y"],
    ]) {
      expect(socket.subscribe!(...prefixes)).toBeUndefined();
      expect(socket.unsubscribe!(...prefixes)).toBeUndefined();
    }
  });

  test("unsubscribe from an unknown prefix does nothing", () => {
    expect(open("Subscriber").unsubscribe!("never")).toBeUndefined();
  });

  test.each([[5], [null], [undefined], [{}], [true], [["a"]], [new ArrayBuffer(2)]])(
    "a prefix of %s throws: it is neither string nor buffer",
    (prefix) => {
      const text = "Option value must be a string or buffer";
      if (prefix === null) return;
      expectTypeError(() => open("Subscriber").subscribe!(prefix), text);
      expectTypeError(() => open("Subscriber").unsubscribe!(prefix), text);
      expectTypeError(() => open("Subscriber").subscribe!("a", prefix), text);
    },
  );

  test("only Subscriber has subscribe and unsubscribe", () => {
    expect(socketNames.filter((name) => "subscribe" in zmq[name].prototype)).toEqual(["Subscriber"]);
    expect(socketNames.filter((name) => "unsubscribe" in zmq[name].prototype)).toEqual(["Subscriber"]);
  });
});

describe("XPublisher.verbosity", () => {
  test("exists on XPublisher only, as a setter", () => {
    expect(socketNames.filter((name) => "verbosity" in zmq[name].prototype)).toEqual(["XPublisher"]);
    expectAccess("XPublisher", "verbosity", "w");
  });

  test("can be passed to the constructor", () => {
    expect(open("XPublisher", { verbosity: "allSubs" }).verbosity).toBeUndefined();
  });
});
