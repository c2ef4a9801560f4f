// Which endpoints are accepted, and which are rejected with which code and message.

import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import * as zmq from "zmq-native";
import { capability, Publisher, Pull, Push, Socket } from "zmq-native";
import { runProgram } from "../helpers/program.js";
import { draftTypes, stableTypes } from "../helpers/socket_types.js";
import { freshEndpoint } from "../helpers/transports.js";

// Types by number, since loading the draft classes emits a warning.
const types = { ...stableTypes, ...draftTypes };
type Type = keyof typeof types;

class AnySocket extends Socket {
  constructor(type: Type, options: object = {}) {
    super(types[type], options as { context?: zmq.Context });
  }
}

/** Opens the class of the main entry point where there is one. */
const open = (type: Type, options: object): Socket =>
  type in zmq ? new zmq[type as "Push"](options) : new AnySocket(type, options);

const interfaces = networkInterfaces();
const addresses = Object.values(interfaces).flatMap((list = []) => list);
const loopback = Object.keys(interfaces).find((name) => interfaces[name]?.some(({ internal }) => internal));
const hasIpv6 = addresses.some(({ address }) => address === "::1");
/** An address for documentation (RFC 5737), not assigned to any machine. */
const foreign = "203.0.113.7";
const linux = process.platform === "linux";

type Refusal = readonly [code: string, text: string];
type Row = readonly [call: string, type: Type, endpoint: string, refusal?: Refusal];

/** Makes the call. An accepted endpoint is then unbound or disconnected by the same name, unless that is a wildcard. */
async function attempt(call: string, type: Type, endpoint: string, options: object = {}): Promise<string> {
  const socket = open(type, { linger: 0, ...options });
  try {
    if (call === "connect") {
      socket.connect(endpoint);
      socket.disconnect(endpoint);
    } else {
      await socket.bind(endpoint);
      const wildcard = /[:/]\*$|<\*>|:0$|:\*\//.test(endpoint);
      await socket.unbind(wildcard ? (socket.lastEndpoint as string) : endpoint);
    }
    return "ok";
  } catch (error) {
    const { code, message, detail, address } = error as zmq.ZmqError;
    expect(address).toBe(endpoint);
    return detail === undefined ? `${code} ${message}` : `${code} ${message}: ${detail}`;
  } finally {
    socket.close();
  }
}

const outcome = (refusal: Refusal | undefined) =>
  refusal === undefined ? "ok" : expect.stringMatching(new RegExp(`^${refusal[0]} .*${escaped(refusal[1])}`));
const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
const shown = ([call, type, endpoint]: Row) =>
  `${type}.${call}(${JSON.stringify(endpoint.length < 60 ? endpoint : `${endpoint.slice(0, 40)}… ${endpoint.length}`)})`;

function check(rows: readonly Row[], options: object = {}): void {
  for (const row of rows) {
    const [call, type, endpoint, refusal] = row;
    test(`${shown(row)}: ${refusal ? refusal[0] : "ok"}`, async () => {
      expect(await attempt(call, type, endpoint, options)).toEqual(outcome(refusal));
    });
  }
}

/** The rows of bind and connect, with the same outcome. */
const both = (type: Type, endpoint: string, refusal?: Refusal): Row[] =>
  (["bind", "connect"] as const).map((call) =>
    refusal ? [call, type, endpoint, refusal] : [call, type, endpoint],
  );

describe("an endpoint of a wrong form", () => {
  test.each([undefined, null, 5, {}, ["tcp://127.0.0.1:5"]])("%s throws a TypeError", async (address) => {
    using socket = new Push();
    const call = (name: "bindSync" | "unbindSync" | "connect" | "disconnect") => () =>
      socket[name](address as unknown as string);
    for (const name of ["bindSync", "unbindSync", "connect", "disconnect"] as const) {
      expect(call(name)).toThrow(new TypeError("Address must be a string"));
    }
    expect(() => socket.bind(address as unknown as string)).toThrow(TypeError);
  });

  check([
    ...both("Push", "", ["EINVAL", "must be transport://address"]),
    ...both("Push", "foo", ["EINVAL", "must be transport://address"]),
    ...both("Push", "tcp:", ["EINVAL", "must be transport://address"]),
    ...both("Push", "tcp:/127.0.0.1:5", ["EINVAL", "must be transport://address"]),
    ...both("Push", "tcp://", ["EINVAL", "must be transport://address"]),
    ...both("Push", "://x", ["EINVAL", "must be transport://address"]),
    ...both("Push", "http://127.0.0.1:80", ["EPROTONOSUPPORT", "unknown transport http://: use one of tcp"]),
    ...both("Push", "TCP://127.0.0.1:5555", [
      "EPROTONOSUPPORT",
      "lower case and without spaces, as in tcp://",
    ]),
    ...both("Push", " tcp://127.0.0.1:5555", ["EPROTONOSUPPORT", "without spaces"]),
    ...both("Push", "constructor://x", ["EPROTONOSUPPORT", "unknown transport constructor://"]),
    ...both("Push", "vsock://2:5555", ["EPROTONOSUPPORT", "vsock:// needs"]),
    ...both("Push", "vmci://2:5555", ["EPROTONOSUPPORT", "vmci:// needs"]),
  ]);

  test("a very long address is truncated in the message", async () => {
    const text = await attempt("connect", "Push", `tcp://${"x".repeat(100_000)}:5555`);
    expect(text).toMatch(/^EINVAL .*\(100011 characters\): /);
    expect(text.length).toBeLessThan(400);
  });

  test("control characters are escaped in the message", async () => {
    expect(await attempt("connect", "Push", "tcp://a\nb:5555")).toContain('"tcp://a\\nb:5555": ');
  });
});

describe("tcp", () => {
  check([
    ["bind", "Push", "tcp://127.0.0.1:*"],
    ["bind", "Push", "tcp://127.0.0.1:0"],
    ["bind", "Push", "tcp://*:*"],
    ["bind", "Push", "tcp://*:0"],
    ["bind", "Push", "tcp://localhost:*"],
    ["bind", "Push", `tcp://${loopback}:*`],
    ["bind", "Push", "tcp://127.1:*"],
    ["connect", "Push", "tcp://127.0.0.1:5555"],
    ["connect", "Push", "tcp://127.0.0.1:65535"],
    ["connect", "Push", "tcp://0.0.0.0:5555"],
    ["connect", "Push", "tcp://127.1:5555"],
    ["connect", "Push", "tcp://localhost:5555"],
    ["connect", "Push", "tcp://some_host.invalid:5555"],
    ["connect", "Push", "tcp://127.0.0.1:0;127.0.0.1:5555"],
    ["connect", "Push", "tcp://127.0.0.1:*;localhost:5555"],
    ["connect", "Push", `tcp://${loopback}:0;127.0.0.1:5555`],

    // Ports: libzmq would read 34463, 65535, 12 and 0 from these.
    ...both("Push", "tcp://127.0.0.1:99999", ["EINVAL", "port must be between 0 and 65535, got 99999"]),
    ...both("Push", "tcp://127.0.0.1:-1", ["EINVAL", "port must be a number"]),
    ...both("Push", "tcp://127.0.0.1:12abc", ["EINVAL", 'got "12abc"']),
    ...both("Push", "tcp://127.0.0.1:0x50", ["EINVAL", 'got "0x50"']),
    ...both("Push", "tcp://127.0.0.1: 5555", ["EINVAL", 'got " 5555"']),
    ...both("Push", "tcp://127.0.0.1:http", ["EINVAL", 'got "http"']),
    ...both("Push", "tcp://127.0.0.1:!", ["EINVAL", "port must be a number"]),
    ...both("Push", "tcp://127.0.0.1:", ["EINVAL", 'got ""']),
    ...both("Push", "tcp://127.0.0.1", ["EINVAL", "a port must follow the host"]),
    ...both("Push", "tcp://*", ["EINVAL", "a port must follow the host"]),
    ...both("Push", "tcp://127.0.0.1:5555/path", ["EINVAL", 'got "5555/path"']),
    ["connect", "Push", "tcp://127.0.0.1:*", ["EINVAL", 'port must be a number, got "*"']],
    ["connect", "Push", "tcp://*:5555", ["EINVAL", "* means all interfaces"]],

    // Hosts. In a bind, libzmq reports a host that it cannot parse as a missing device.
    ["bind", "Push", "tcp://:*", ["ENODEV", "the host is missing"]],
    ["connect", "Push", "tcp://:5555", ["EINVAL", "the host is missing"]],
    [
      "bind",
      "Push",
      "tcp://no-such.invalid:*",
      ["ENODEV", '"no-such.invalid" is neither a network interface nor a resolvable host name'],
    ],
    ["bind", "Push", `tcp://${foreign}:*`, ["EADDRNOTAVAIL", ""]],
    ["bind", "Push", "tcp://300.1.1.1:*", ["ENODEV", "300.1.1.1 is not an IPv4 address"]],
    ["connect", "Push", "tcp://300.1.1.1:5555", ["EINVAL", "300.1.1.1 is not an IPv4 address"]],
    ["connect", "Push", "tcp://1.2.3.4.5:5555", ["EINVAL", "1.2.3.4.5 is not an IPv4 address"]],
    ["connect", "Push", "tcp://user@host:5555", ["EINVAL", "host names may contain letters"]],
    ["connect", "Push", "tcp://-host:5555", ["EINVAL", "host names may contain letters"]],
    ["connect", "Push", "tcp://höst:5555", ["EINVAL", "ASCII form (xn--…)"]],
    ["connect", "Push", "tcp://a b:5555", ["EINVAL", "host names may contain letters"]],
    ["bind", "Push", "tcp:// 127.0.0.1:*", ["ENODEV", "host names may contain letters"]],
    ["connect", "Push", "tcp://[::1:5555", ["EINVAL", "an IPv6 address must be in brackets"]],
    ["connect", "Push", "tcp://[zz]:5555", ["EINVAL", "[zz] does not contain an IPv6 address"]],
    ["connect", "Push", "tcp://[]:5555", ["EINVAL", "[] does not contain an IPv6 address"]],
    ["connect", "Push", "tcp://[127.0.0.1]:5555", ["EINVAL", "does not contain an IPv6 address"]],
    ["bind", "Push", "tcp://[zz]:*", ["ENODEV", "does not contain an IPv6 address"]],
    ["bind", "Push", "tcp://[::1]:*", ["ENODEV", "set `ipv6: true`"]],
    ["bind", "Push", "tcp://[fe80::1%nosuch]:*", ["EINVAL", "unknown network interface nosuch"]],
    ["bind", "Push", "tcp://[fe80::1%]:*", ["EINVAL", "the interface after % is missing"]],

    // Source addresses, which only connect accepts.
    ["bind", "Push", "tcp://127.0.0.1:0;127.0.0.1:*", ["EINVAL", "source;destination is only for connect"]],
    [
      "connect",
      "Push",
      "tcp://127.0.0.1;127.0.0.1:5555",
      ["EINVAL", "source address 127.0.0.1 needs a port"],
    ],
    ["connect", "Push", "tcp://;127.0.0.1:5555", ["EINVAL", "needs a port"]],
    ["connect", "Push", "tcp://127.0.0.1:99999;127.0.0.1:5555", ["EINVAL", "between 0 and 65535"]],
    [
      "connect",
      "Push",
      "tcp://127.0.0.1:0;127.0.0.1:0;127.0.0.1:5555",
      ["EINVAL", "at most one source and one"],
    ],

    ["connect", "Stream", "tcp://127.0.0.1:5555"],
    ...both("Datagram", "tcp://127.0.0.1:5555", [
      "ENOCOMPATPROTO",
      "tcp:// only supports every type but Datagram",
    ]),
  ]);

  const linux = process.platform === "linux";
  if (!linux)
    console.info("skipped: only Linux refuses to bind to a link-local address without its interface");

  test.skipIf(!hasIpv6)("link-local addresses need an interface", async () => {
    const zone =
      /^tcp:\/\/\[fe80::1\]:5555: fe80::1 is a link-local address: add the interface after a %, as in tcp:\/\/\[fe80::1%\w+\]/;
    const warnings: string[] = [];
    const listen = (warning: Error) => warnings.push(warning.message);
    process.on("warning", listen);
    using push = new Push({ ipv6: true, linger: 0 });
    if (linux) {
      const bind = expect.objectContaining({ code: "EINVAL", detail: expect.stringMatching(zone) });
      expect(() => push.bindSync("tcp://[fe80::1]:5555")).toThrow(bind);
    }
    push.connect("tcp://[fe80::1]:5555");
    push.connect("ws://[FE80::1]:5555/");
    push.connect(`tcp://[fe80::1%${loopback}]:5555`);
    push.connect("tcp://[fec0::1]:5555");
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listen);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(
      /^tcp:\/\/\[fe80::1\]:5555 cannot be reached: fe80::1 is a link-local address/,
    );
    expect(warnings[1]).toMatch(/^ws:\/\/\[FE80::1\]:5555\/ cannot be reached/);
  });

  test.skipIf(!hasIpv6)("IPv6 addresses are accepted if the socket has ipv6: true", async () => {
    const ipv6 = { ipv6: true };
    for (const endpoint of [
      "tcp://[::1]:*",
      "tcp://::1:*",
      "tcp://localhost:*",
      `tcp://[::1%${loopback}]:*`,
    ]) {
      expect([endpoint, await attempt("bind", "Push", endpoint, ipv6)]).toEqual([endpoint, "ok"]);
    }
    for (const endpoint of [
      "tcp://[::1]:5555",
      "tcp://::1:5555",
      "tcp://127.0.0.1:5555",
      "tcp://[::1]:0;[::1]:5",
    ]) {
      expect([endpoint, await attempt("connect", "Push", endpoint, ipv6)]).toEqual([endpoint, "ok"]);
    }
  });

  test("a connect to IPv6 without ipv6: true emits a warning", async () => {
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    expect(await attempt("connect", "Push", "tcp://[::1]:5555")).toBe("ok");
    expect((await warned).message).toContain("tcp://[::1]:5555 cannot be reached without IPv6");
  });

  test("spaces and a slash after the port of a bind are ignored, as in zeromq", async () => {
    for (const end of ["\n", " ", "/"]) {
      using pull = new Pull();
      await pull.bind("tcp://127.0.0.1:*");
      const endpoint = pull.lastEndpoint as string;
      await pull.unbind(endpoint);
      using other = new Pull();
      for (;;) {
        try {
          await other.bind(endpoint + end);
          break;
        } catch (error) {
          expect((error as zmq.ZmqError).code).toBe("EADDRINUSE");
          await new Promise(setImmediate);
        }
      }
      expect(other.lastEndpoint).toBe(endpoint);
    }
  });

  test("bindSync resolves a host name, and unbindSync finds the endpoint by that name", () => {
    using pull = new Pull();
    pull.bindSync("tcp://localhost:*");
    const { port } = new URL(pull.lastEndpoint as string);
    expect(pull.lastEndpoint).toBe(`tcp://127.0.0.1:${port}`);
    expect(() => pull.bindSync(`tcp://localhost:${port}`)).toThrow(
      expect.objectContaining({ code: "EADDRINUSE" }),
    );
    pull.unbindSync(`tcp://localhost:${port}`);
    expect(() => pull.unbindSync(`tcp://localhost:${port}`)).toThrow("No such endpoint");
  });

  test("a pending bind to a host name blocks the socket until the name is resolved", async () => {
    using pull = new Pull();
    const binding = pull.bind("tcp://localhost:*");
    expect(() => pull.connect("inproc://x")).toThrow("Socket is blocked by a bind or unbind operation");
    await binding;
    using push = new Push();
    push.connect(pull.lastEndpoint as string);
    await push.send("through a name");
    expect(String(await pull.receive())).toBe("through a name");
    await pull.unbind((pull.lastEndpoint as string).replace("127.0.0.1", "localhost"));
  });

  test("a socket can be closed while its bind resolves a host name", async () => {
    const pull = new Pull();
    const binding = pull.bind("tcp://localhost:*");
    pull.close();
    await binding;
    expect(pull.closed).toBe(true);
  });

  test.each([
    ["unbindSync", "tcp://localhost:x"],
    ["unbindSync", "ws://localhost:99999"],
    ["unbindSync", "inproc://never-bound"],
    ["disconnect", "tcp://localhost:5555"],
    ["disconnect", "inproc://never-bound"],
  ] as const)("%s of %s, which is not in use, names it and the remedy", (call, endpoint) => {
    using pull = new Pull();
    const state = call === "disconnect" ? "connected" : "bound";
    expect(() => pull[call](endpoint)).toThrow(
      expect.objectContaining({
        code: "ENOENT",
        address: endpoint,
        detail: `${endpoint}: the socket is not ${state} to it: use the address that it was ${state} to, or lastEndpoint after a wildcard`,
      }),
    );
  });

  test.each(["connect", "disconnect", "bindSync", "unbindSync"] as const)(
    "%s of an unknown transport names the known ones",
    (call) => {
      using pull = new Pull();
      expect(() => pull[call]("bogus://x")).toThrow(
        expect.objectContaining({
          code: "EPROTONOSUPPORT",
          detail: expect.stringMatching(/^bogus:\/\/x: unknown transport bogus:\/\/: use one of tcp, /),
        }),
      );
    },
  );

  test("disconnect of an endpoint that was never connected throws ENOENT", () => {
    using push = new Push({ linger: 0 });
    for (const endpoint of [
      "tcp://no-such.invalid:5555",
      "tcp://127.0.0.1:5555",
      "tcp://[::1]:5555",
      "ipc://x",
    ]) {
      const error = expect.objectContaining({
        code: "ENOENT",
        message: "No such endpoint",
        address: endpoint,
      });
      expect(() => push.disconnect(endpoint)).toThrow(error);
      expect(() => push.unbindSync(endpoint.replace("no-such.invalid", "127.0.0.1"))).toThrow(
        "No such endpoint",
      );
    }
    expect(() => push.disconnect("tcp://127.0.0.1:65541")).toThrow(
      expect.objectContaining({ code: "EINVAL", detail: expect.stringContaining("between 0 and 65535") }),
    );
    push.connect("tcp://no-such.invalid:5555");
    push.disconnect("tcp://no-such.invalid:5555");
    expect(() => push.disconnect("tcp://no-such.invalid:5555")).toThrow("No such endpoint");
  });
});

describe("ws", () => {
  check([
    ["bind", "Push", "ws://127.0.0.1:*"],
    ["bind", "Push", "ws://*:*/path"],
    ["bind", "Push", "ws://localhost:*"],
    ["bind", "Push", "ws://localhost:*/a/b:c"],
    ["bind", "Push", `ws://${loopback}:*`],
    ["connect", "Push", "ws://127.0.0.1:5555"],
    ["connect", "Push", "ws://127.0.0.1:5555/"],
    ["connect", "Push", "ws://127.0.0.1:5555/a/b:c?d=e"],
    ["connect", "Push", "ws://no-such.invalid:5555/path"],
    ...both("Push", "ws://127.0.0.1:99999", ["EINVAL", "between 0 and 65535"]),
    ...both("Push", "ws://127.0.0.1", ["EINVAL", "a port must follow"]),
    ...both("Push", "ws://127.0.0.1/", ["EINVAL", "a port must follow"]),
    ...both("Push", "ws://127.0.0.1:5555x", ["EINVAL", 'got "5555x"']),
    ...both("Push", "ws://127.0.0.1:5555?x", ["EINVAL", "a query must follow a path"]),
    ...both("Push", "ws://127.0.0.1:5555/a b", ["EINVAL", "use encodeURI"]),
    ...both("Push", "ws://127.0.0.1:5555/\r\nHost: b", ["EINVAL", "use encodeURI"]),
    // libzmq builds its request in 8 KiB and asserts that it fits.
    ...both("Push", `ws://127.0.0.1:5555/${"x".repeat(9000)}`, [
      "EINVAL",
      "at most 2048 characters, got 9015",
    ]),
    ["connect", "Push", "ws://127.0.0.1:*", ["EINVAL", "port must be a number"]],
    ["connect", "Push", "ws://*:5555", ["EINVAL", "* means all interfaces"]],
    ["connect", "Push", "ws://[::1]:5555", ["EINVAL", "set `ipv6: true`"]],
    ["bind", "Push", "ws://[::1]:*", ["ENODEV", "set `ipv6: true`"]],
    ["bind", "Push", `ws://${foreign}:*`, ["EADDRNOTAVAIL", ""]],
    ...both("Stream", "ws://127.0.0.1:5555", ["ENOCOMPATPROTO", "every type but Stream and Datagram"]),
    ...both("Datagram", "ws://127.0.0.1:5555", ["ENOCOMPATPROTO", "every type but Stream and Datagram"]),
    ...both("Stream", "wss://127.0.0.1:5555", ["ENOCOMPATPROTO", "every type but Stream and Datagram"]),
    ["bind", "Push", "wss://127.0.0.1:*", ["EINVAL", "wssCertificate and wssKey"]],
  ]);

  test("the request contains the whole path and the host name", async () => {
    const { createServer } = await import("node:http");
    const server = createServer();
    const asked = new Promise((resolve) =>
      server.on("upgrade", ({ url, headers }, connection) => {
        resolve([url, headers.host]);
        connection.destroy();
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    using push = new Push({ linger: 0, reconnectInterval: -1 });
    push.connect(`ws://localhost:${port}/a/b:c?d=e`);
    expect(push.lastEndpoint).toBe(`ws://localhost:${port}/a/b:c?d=e`);
    expect(await asked).toEqual(["/a/b:c?d=e", `localhost:${port}`]);
    server.close();
  });
});

describe("ipc", () => {
  const room = 107;
  const path = (bytes: number) => `/tmp/${"é".repeat((bytes - 5) >> 1)}${"x".repeat((bytes - 5) % 2)}`;

  if (!capability.ipc) {
    check(both("Push", "ipc:///tmp/x", ["EPROTONOSUPPORT", "ipc:// needs"]));
    return;
  }
  check([
    ["bind", "Push", freshEndpoint("ipc")],
    ["bind", "Push", "ipc://*"],
    ["connect", "Push", "ipc:///no/such/folder/socket"],
    ["connect", "Push", "ipc://relative"],
    ["bind", "Push", "ipc:///no/such/folder/socket", ["ENOENT", "No such endpoint"]],
    ["connect", "Push", "ipc://*", ["EINVAL", "* is for bind"]],
    ["connect", "Stream", freshEndpoint("ipc")],
    ...both("Datagram", "ipc:///tmp/x", ["ENOCOMPATPROTO", "every type but Datagram"]),
    ...both("Push", `ipc:///tmp/${"x".repeat(200)}`, ["ENAMETOOLONG", "got 205"]),
  ]);
  if (linux) {
    check([
      ...both("Push", `ipc://@zmq-native-${process.pid}`),
      ...both("Push", "ipc://@", ["EINVAL", "a name must follow the @"]),
      ...both("Push", `ipc://${path(room)}`),
      ...both("Push", `ipc://${path(room + 1)}`, ["ENAMETOOLONG", "at most 107 bytes, got 108"]),
      ...both("Push", `ipc://@${"x".repeat(106)}`),
      ...both("Push", `ipc://@${"x".repeat(107)}`, ["ENAMETOOLONG", "got 108"]),
    ]);
  } else {
    check(both("Push", "ipc://@name", ["EINVAL", "only on Linux"]));
  }

  // Without vendor/patches/libzmq/ipc/wildcard-folder.patch, libzmq creates it in the current directory.
  test("* binds an absolute path regardless of the environment and leaves no file behind", async () => {
    const names = ["TMPDIR", "TEMPDIR", "TMP"];
    const before = names.map((name) => process.env[name]);
    for (const name of names) delete process.env[name];
    try {
      using pull = new Pull();
      pull.bindSync("ipc://*");
      const file = (pull.lastEndpoint as string).slice("ipc://".length);
      expect(file).toMatch(/^\/tmp\/.*\/socket$/);
      expect(existsSync(file)).toBe(true);
      pull.close();
      while (existsSync(dirname(file))) await new Promise(setImmediate);
    } finally {
      for (const [index, name] of names.entries()) {
        const value = before[index];
        if (value !== undefined) process.env[name] = value;
      }
    }
  });
});

describe("inproc", () => {
  check([
    ...both("Push", "inproc://a"),
    ...both("Push", "inproc://a b:*;é"),
    ...both("Push", `inproc://${"x".repeat(1014)}`),
    ...both("Push", `inproc://${"x".repeat(1015)}`, ["EINVAL", "at most 1023 bytes, got 1024"]),
    ...both("Stream", "inproc://a", ["ENOCOMPATPROTO", "every type but Stream and Datagram"]),
    ...both("Datagram", "inproc://a", ["ENOCOMPATPROTO", "every type but Stream and Datagram"]),
  ]);
});

describe("udp", () => {
  if (!capability.draft) return;
  const own = loopback as string;
  check([
    ["bind", "Dish", "udp://127.0.0.1:5555"],
    ["bind", "Dish", "udp://*:5555"],
    ["bind", "Dish", `udp://${own}:5555`],
    ["bind", "Dish", "udp://localhost:5555"],
    ["bind", "Dish", "udp://239.1.2.3:5555"],
    ["bind", "Dish", `udp://${own};239.1.2.3:5555`],
    ["bind", "Dish", "udp://127.0.0.1;239.1.2.3:5555"],
    ["bind", "Dish", "udp://*;239.1.2.3:5555"],
    ["bind", "Datagram", "udp://127.0.0.1:*"],
    ["bind", "Datagram", "udp://*:5555"],
    ["connect", "Radio", "udp://127.0.0.1:5555"],
    ["connect", "Radio", `udp://${foreign}:5555`],
    ["connect", "Radio", "udp://239.1.2.3:5555"],
    ["connect", "Radio", `udp://${own};239.1.2.3:5555`],
    ["connect", "Radio", "udp://localhost:5555"],
    // A Dish without a fixed port.
    ["bind", "Dish", "udp://127.0.0.1:*", ["EINVAL", "port must be from 1 to 65535"]],
    ["connect", "Radio", "udp://127.0.0.1:0", ["EINVAL", "port must be from 1 to 65535"]],
    ["connect", "Radio", "udp://127.0.0.1:*", ["EINVAL", "port must be a number"]],
    ["connect", "Radio", "udp://*:5555", ["EINVAL", "* means all interfaces"]],
    ["connect", "Radio", "udp://127.0.0.1:99999", ["EINVAL", "between 0 and 65535"]],
    ["connect", "Radio", "udp://127.0.0.1:12x", ["EINVAL", 'got "12x"']],
    ["connect", "Radio", "udp://127.0.0.1", ["EINVAL", "a port must follow"]],
    // libzmq would retry the bind without a limit, and its context would never end.
    [
      "bind",
      "Dish",
      `udp://${foreign}:5555`,
      ["EADDRNOTAVAIL", `no interface of this machine has ${foreign}`],
    ],
    ["bind", "Datagram", `udp://${foreign}:5555`, ["EADDRNOTAVAIL", "no interface of this machine"]],
    ["bind", "Dish", `udp://${foreign};239.1.2.3:5555`, ["EADDRNOTAVAIL", "no interface of this machine"]],
    [
      "connect",
      "Radio",
      `udp://${foreign};239.1.2.3:5555`,
      ["EADDRNOTAVAIL", "no interface of this machine"],
    ],
    [
      "bind",
      "Dish",
      "udp://no-such.invalid:5555",
      ["ENODEV", '"no-such.invalid" is neither a network interface'],
    ],
    ["bind", "Dish", "udp://nosuch;239.1.2.3:5555", ["ENODEV", "unknown network interface nosuch"]],
    ["connect", "Radio", "udp://;239.1.2.3:5555", ["ENODEV", 'unknown network interface ""']],
    ["connect", "Radio", "udp://a;b;239.1.2.3:5555", ["ENODEV", "unknown network interface a;b"]],
    ["bind", "Dish", `udp://${own};127.0.0.1:5555`, ["EINVAL", "after the ; must be a multicast group"]],
    ["bind", "Dish", "udp://239.1.2.3;239.1.2.4:5555", ["EINVAL", "before the ; must be an interface"]],
    ["bind", "Dish", "udp://[::1]:5555", ["ENODEV", "set `ipv6: true`"]],
    ["connect", "Radio", "udp://[::1]:5555", ["EINVAL", "set `ipv6: true`"]],
    ["bind", "Radio", "udp://127.0.0.1:5555", ["ENOCOMPATPROTO", "a Radio that connects"]],
    ["connect", "Dish", "udp://127.0.0.1:5555", ["ENOCOMPATPROTO", "a Dish or Datagram that binds"]],
    ["connect", "Datagram", "udp://127.0.0.1:5555", ["ENOCOMPATPROTO", "a Dish or Datagram that binds"]],
    ...both("Push", "udp://127.0.0.1:5555", ["ENOCOMPATPROTO", "udp:// only supports a Radio"]),
    ...both("Pair", "udp://127.0.0.1:5555", ["ENOCOMPATPROTO", "udp:// only supports a Radio"]),
  ]);

  test.skipIf(!hasIpv6)("an IPv6 interface and group", async () => {
    const ipv6 = { ipv6: true };
    const rows: Row[] = [
      ["bind", "Dish", "udp://[::1]:5555"],
      ["bind", "Dish", `udp://${own};[ff01::1]:5555`],
      ["connect", "Radio", "udp://[::1]:5555"],
      ["connect", "Radio", `udp://[::1];[ff01::1]:5555`],
      ["connect", "Radio", "udp://127.0.0.1;[ff01::1]:5555", ["EINVAL", "must both be IPv6"]],
      ["bind", "Dish", "udp://[2001:db8::1]:5555", ["EADDRNOTAVAIL", "no interface of this machine"]],
    ];
    for (const row of rows) {
      const [call, type, endpoint, refusal] = row;
      expect(await attempt(call, type, endpoint, ipv6), endpoint).toEqual(outcome(refusal));
    }
  });

  test("bindSync rejects a host name", () => {
    using dish = new AnySocket("Dish");
    const refusal = expect.objectContaining({ code: "ENODEV", address: "udp://localhost:5555" });
    expect(() => dish.bindSync("udp://localhost:5555")).toThrow(refusal);
  });

  test("multicastHops above 255 are rejected", () => {
    using radio = new AnySocket("Radio");
    (radio as unknown as { setInt32Option(id: number, value: number): void }).setInt32Option(25, 256);
    expect(() => radio.connect("udp://239.1.2.3:5555")).toThrow(
      expect.objectContaining({
        detail: expect.stringContaining("multicastHops must be from 1 to 255, got 256"),
      }),
    );
  });

  test("a host name can be disconnected during its lookup and afterwards", async () => {
    using radio = new AnySocket("Radio", { linger: 0 });
    radio.connect("udp://localhost:5555");
    radio.disconnect("udp://localhost:5555");
    expect(() => radio.disconnect("udp://localhost:5555")).toThrow("No such endpoint");
    radio.connect("udp://localhost:5555");
    while (radio.lastEndpoint === null) await new Promise(setImmediate);
    expect(radio.lastEndpoint).toBe("udp://127.0.0.1:5555");
    radio.disconnect("udp://localhost:5555");
    expect(() => radio.disconnect("udp://127.0.0.1:5555")).toThrow("No such endpoint");
  });

  test("a host that cannot be resolved emits one warning, and close ends its lookup", async () => {
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    const radio = new AnySocket("Radio", { linger: 0 });
    radio.connect("udp://no-such.invalid:5555");
    expect((await warned).message).toMatch(
      /^udp:\/\/no-such.invalid:5555: host no-such.invalid cannot be resolved \(E/,
    );
    radio.close();
  });
});

describe("tipc", () => {
  if (!capability.tipc) {
    check(both("Push", "tipc://{5555,0,0}", ["EPROTONOSUPPORT", "tipc:// needs"]));
    return;
  }
  // Most kernels have no TIPC, but these endpoints are rejected before the kernel is asked.
  check([
    ["connect", "Push", "tipc://{5555,0,0}"],
    ["connect", "Push", "tipc://{5555, 7}"],
    ["connect", "Push", "tipc://{5555,7}@1.1.10"],
    ["connect", "Push", "tipc://<1.2.3:123123>"],
    ...both("Push", "tipc://foo", ["EINVAL", "the address must be"]),
    ...both("Push", "tipc://{5555}", ["EINVAL", "the address must be"]),
    ...both("Push", "tipc://{5555,0,0", ["EINVAL", "the address must be"]),
    ...both("Push", "tipc://{5555,-1,0}", ["EINVAL", "the address must be"]),
    ...both("Push", "tipc://{5,0,0}", ["EINVAL", "type must be at least 64, got 5"]),
    ...both("Push", "tipc://{64,7}", ["EINVAL", "type must be at least 65"]),
    ...both("Push", "tipc://{5555,2,1}", ["EINVAL", "the upper bound 1 is below the lower bound 2"]),
    ...both("Push", "tipc://{5555,0,4294967296}", ["EINVAL", "numbers must be at most 4294967295"]),
    ...both("Push", "tipc://{5555,7}@256.1.1", ["EINVAL", "at most 255.4095.4095"]),
    ["connect", "Push", "tipc://<*>", ["EINVAL", "<*> is for bind"]],
    ["bind", "Push", "tipc://<1.2.3:123123>", ["EINVAL", "cannot be chosen"]],
    ...both("Datagram", "tipc://{5555,0,0}", ["ENOCOMPATPROTO", "every type but Datagram"]),
  ]);
});

const group = "239.192.1.1";
const noPgm = capability.pgm ? undefined : "this build has no pgm";
if (noPgm) console.warn(`SKIP endpoints and options of pgm and epgm: ${noPgm}`);

describe.skipIf(noPgm)(`pgm and epgm${noPgm ? ` (skipped: ${noPgm})` : ""}`, () => {
  const own = loopback as string;
  check([
    ...both("Publisher", `epgm://127.0.0.1;${group}:5555`),
    ...both("Subscriber", `epgm://127.0.0.1;${group}:5555`),
    // OpenPGM sends names to a name server, and finds no interface called lo.
    ...both("Publisher", `epgm://${own};${group}:5555`),
    ...both("Subscriber", `epgm://127.0.0.0/8;${group}:5555`),
    ...both("Publisher", `epgm://127.0.0.1;${group},239.192.1.2;239.192.1.3:5555`),
    // libzmq takes these modulo 65536, or fails with an old errno.
    ...both("Publisher", `epgm://127.0.0.1;${group}:99999`, ["EINVAL", "between 0 and 65535"]),
    ...both("Publisher", `epgm://127.0.0.1;${group}:-1`, ["EINVAL", "port must be a number"]),
    ...both("Publisher", `epgm://127.0.0.1;${group}:0`, ["EINVAL", "port must be from 1 to 65535"]),
    ...both("Publisher", `epgm://127.0.0.1;${group}:*`, ["EINVAL", "port must be a number"]),
    ...both("Publisher", `epgm://127.0.0.1;${group}:abc`, ["EINVAL", "port must be a number"]),
    ...both("Publisher", `epgm://127.0.0.1;${group}`, ["EINVAL", "a port must follow"]),
    // These abort in libzmq or OpenPGM.
    ...both("Publisher", `epgm://a;b;c;${group}:5555`, [
      "EINVAL",
      "the address must be interface;group:port",
    ]),
    ...both("Publisher", `epgm://127.0.0.1,127.0.0.1;${group}:5555`, [
      "EINVAL",
      "only one interface is allowed",
    ]),
    ...both("Publisher", `epgm://;${group}:5555`, ["EINVAL", "the interface is missing"]),
    // The address of the host's own name, often 127.0.0.1.
    ...both("Publisher", `epgm://${group}:5555`, ["EINVAL", "the address must be interface;group:port"]),
    ...both("Publisher", "epgm://127.0.0.1;:5555", ["EINVAL", "the group is missing"]),
    ...both("Publisher", "epgm://127.0.0.1;127.0.0.1:5555", ["EINVAL", "127.0.0.1 is not a multicast group"]),
    ...both("Publisher", "epgm://127.0.0.1;group:5555", ["EINVAL", "a group must be an IP address"]),
    ...both("Publisher", `epgm://127.0.0.1;${group};${group},${group}:5555`, [
      "EINVAL",
      "only one group to send to",
    ]),
    ...both("Publisher", `epgm://127.0.0.1;[ff02::1234]:5555`, ["EINVAL", "must both be IPv4, or both IPv6"]),
    ...both("Publisher", `epgm://127.0.0.1;${group},[ff02::1]:5555`, [
      "EINVAL",
      "must all be IPv4, or all IPv6",
    ]),
    ...both("Publisher", `epgm://${foreign};${group}:5555`, [
      "EADDRNOTAVAIL",
      `no interface of this machine has ${foreign}`,
    ]),
    ...both("Publisher", `epgm://203.0.113.0/24;${group}:5555`, [
      "EADDRNOTAVAIL",
      "in the network 203.0.113.0/24",
    ]),
    ...both("Publisher", `epgm://127.0.0.0/33;${group}:5555`, [
      "EINVAL",
      "the prefix length of a network must be at most 32",
    ]),
    ...both("Publisher", `epgm://0.0.0.0;${group}:5555`, [
      "EADDRNOTAVAIL",
      "no interface of this machine has 0.0.0.0",
    ]),
    ...both("Publisher", `epgm://${group};${group}:5555`, ["EINVAL", "before the ; must be an interface"]),
    ...both("Publisher", `epgm://nosuch;${group}:5555`, [
      "ENODEV",
      "unknown network interface nosuch: use one of",
    ]),
    ...both("Publisher", `epgm://127.0.0.1;${Array(17).fill("239.192.100.100").join()}:5555`, [
      "EINVAL",
      "at most 254 characters",
    ]),
    ...both("Publisher", `epgm://127.0.0.1;${Array(21).fill("224.0.0.9").join()}:5555`, [
      "EINVAL",
      "at most 20 groups",
    ]),
    ...both("Push", `epgm://127.0.0.1;${group}:5555`, [
      "ENOCOMPATPROTO",
      "only supports Publisher, Subscriber",
    ]),
    ...both("Radio", `pgm://127.0.0.1;${group}:5555`, [
      "ENOCOMPATPROTO",
      "only supports Publisher, Subscriber",
    ]),
  ]);

  test.skipIf(!hasIpv6)("an IPv6 interface and group", async () => {
    for (const endpoint of ["epgm://[::1];[ff05::1234]:5555", `epgm://${own};[ff05::1234]:5555`]) {
      expect([endpoint, await attempt("connect", "Publisher", endpoint)]).toEqual([endpoint, "ok"]);
    }
    expect(await attempt("connect", "Publisher", "epgm://[::1];239.192.1.1:5555")).toMatch(
      /must both be IPv4/,
    );
  });

  test("disconnect finds an interface by its name, and lastEndpoint has its address", () => {
    using publisher = new Publisher({ linger: 0 });
    publisher.connect(`epgm://${own};${group}:5555`);
    expect(publisher.lastEndpoint).toBe(`epgm://127.0.0.1;${group}:5555`);
    publisher.disconnect(`epgm://${own};${group}:5555`);
    expect(() => publisher.disconnect(`epgm://127.0.0.1;${group}:5555`)).toThrow("No such endpoint");
  });

  test.skipIf(!linux)("pgm without permission for raw sockets names the remedy", async () => {
    // Root drops its capabilities, if the test runs as root.
    const within =
      process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"] : [];
    const outcome = await runProgram(
      `
      const publisher = new zmq.Publisher({ linger: 0 });
      try {
        publisher.connect("pgm://127.0.0.1;${group}:5555");
        console.log("ok");
      } catch ({ code, message, detail }) {
        console.log(code, message + ": " + detail);
      }
      publisher.close();
    `,
      { within },
    );
    expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(outcome.stdout).toMatch(
      /^EPERM .*pgm needs `setcap cap_net_raw\+ep .*`.*; epgm, over UDP, does not/,
    );
  });

  const settings: [options: object, text: string | undefined][] = [
    [{}, undefined],
    [{ rate: 12 }, undefined],
    [{ rate: 2_147_483, recoveryInterval: 60 }, undefined],
    [{ multicastMaxTransportDataUnit: 256, rate: 3 }, undefined],
    [{ multicastMaxTransportDataUnit: 9000, rate: 72 }, undefined],
    [{ multicastHops: 255 }, undefined],
    [
      { rate: 11 },
      "rate is 11 kilobits per second, less than a packet of 1500 bytes: raise it to 12 or more",
    ],
    [{ rate: 2_147_484 }, "rate must be from 1 to 2147483 kilobits per second, got 2147484"],
    [{ multicastHops: 256 }, "multicastHops must be from 1 to 255, got 256"],
    [
      { multicastMaxTransportDataUnit: 255 },
      "multicastMaxTransportDataUnit must be from 256 to 9000 bytes, got 255",
    ],
    [
      { multicastMaxTransportDataUnit: 9001 },
      "multicastMaxTransportDataUnit must be from 256 to 9000 bytes, got 9001",
    ],
    [
      { rate: 1_000_000, recoveryInterval: 1_000_000 },
      "requires keeping more than 16777216 packets: lower one of them",
    ],
  ];
  test.each(settings)("the options %j: %s", async (options, text) => {
    const expected = text === undefined ? "ok" : outcome(["EINVAL", text]);
    expect(await attempt("connect", "Publisher", `epgm://127.0.0.1;${group}:5555`, options)).toEqual(
      expected,
    );
    if (text !== undefined)
      expect(await attempt("connect", "Publisher", "tcp://127.0.0.1:5555", options)).toBe("ok");
  });

  test("a recovery window of 0 packets emits one warning", async () => {
    const { code, stderr } = await runProgram(`
      for (let i = 0; i < 3; i++) {
        const publisher = new zmq.Publisher({ linger: 0, multicast: { recoveryInterval: 20 } });
        publisher.connect("epgm://127.0.0.1;${group}:5555");
        publisher.close();
      }
    `);
    expect(code).toBe(0);
    expect(
      stderr.match(/Multicast can recover only the last 0 packets: raise recoveryInterval \(20 ms\)/g),
    ).toHaveLength(1);
  });
});

describe("the multicast option", () => {
  const classes = ["Publisher", "Subscriber", "XPublisher", "XSubscriber"] as const;
  const defaults = { rate: 100, recoveryInterval: 10_000, hops: 1, maxTransportDataUnit: 1500, loop: true };

  test.each(classes)("of a %s can be set and read as one object and as separate options", (name) => {
    using socket = new zmq[name]();
    expect(socket.multicast).toEqual(defaults);
    socket.multicast = { rate: 10_000, hops: 4 };
    expect(socket.multicast).toEqual({ ...defaults, rate: 10_000, hops: 4 });
    expect(socket.rate).toBe(10_000);
    socket.recoveryInterval = 5000;
    expect(socket.multicast.recoveryInterval).toBe(5000);
    const all = { rate: 20_000, recoveryInterval: 1000, hops: 2, maxTransportDataUnit: 9000, loop: false };
    using other = new zmq[name]({ multicast: all });
    expect(other.multicast).toEqual(all);
  });

  test("rejects invalid values and then changes nothing", () => {
    using publisher = new Publisher();
    const set = (value: unknown) => () => Object.assign(publisher, { multicast: value });
    expect(set(5)).toThrow("multicast must be an object");
    expect(set(null)).toThrow(TypeError);
    expect(set({ speed: 5 })).toThrow(
      "multicast has no option speed; its options are rate, recoveryInterval, hops",
    );
    expect(set({ rate: "5" })).toThrow("multicast.rate must be a number");
    expect(set({ loop: 1 })).toThrow("multicast.loop must be a boolean");
    for (const wrong of [
      { rate: 11 },
      { rate: 0.5 },
      { hops: 0 },
      { hops: 256 },
      { maxTransportDataUnit: 100 },
    ]) {
      expect(set({ recoveryInterval: 77, ...wrong })).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }
    expect(publisher.multicast).toEqual(defaults);
  });

  test("exists on Publisher, Subscriber, XPublisher and XSubscriber only", () => {
    expect("multicast" in new Push()).toBe(false);
  });
});

const noNorm = capability.norm ? undefined : "this build has no norm";
if (noNorm) console.warn(`SKIP endpoints of norm: ${noNorm}`);

describe.skipIf(noNorm)(`norm${noNorm ? ` (skipped: ${noNorm})` : ""}`, () => {
  const own = loopback as string;
  check([
    ...both("Publisher", `norm://${group}:5555`),
    ...both("Subscriber", `norm://127.0.0.1;${group}:5555`),
    ...both("Publisher", `norm://${own};${group}:5555`),
    ...both("Subscriber", `norm://7,${own};${group}:5555`),
    ...both("Publisher", `norm://7,${group}:5555`),
    ...both("Publisher", `norm://${group}:0`, ["EINVAL", "port must be from 1 to 65535"]),
    ...both("Publisher", `norm://${group}:99999`, ["EINVAL", "between 0 and 65535"]),
    ...both("Publisher", `norm://${group}`, ["EINVAL", "a port must follow"]),
    ...both("Publisher", `norm://x,${group}:5555`, ["EINVAL", "node id must be"]),
    ...both("Publisher", `norm://0,${group}:5555`, ["EINVAL", "node id must be"]),
    ...both("Publisher", `norm://nosuch;${group}:5555`, ["ENODEV", "unknown network interface nosuch"]),
    ...both("Publisher", `norm://${foreign};${group}:5555`, [
      "EADDRNOTAVAIL",
      "no interface of this machine",
    ]),
    ...both("Publisher", `norm://300.1.1.1:5555`, ["EINVAL", "is not an IPv4 address"]),
    ...both("Publisher", `norm://a;b;${group}:5555`, [
      "EINVAL",
      "the address must be id,interface;address:port",
    ]),
    ...both("Publisher", `norm://${"x".repeat(300)}:5555`, ["EINVAL", "at most 254 characters"]),
    ...both("Push", `norm://${group}:5555`, ["ENOCOMPATPROTO", "norm:// only supports Publisher"]),
  ]);
});
