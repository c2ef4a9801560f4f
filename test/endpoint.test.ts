// What an endpoint may look like, and what is refused, with which code and which words.

import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import type * as zmq from "zmq-native";
import { capability, Pull, Push, Socket } from "zmq-native";
import { freshEndpoint } from "./helpers/transports.js";

// Types by number, since draft sockets are warned about when they are loaded.
const types = {
  Pair: 0,
  Publisher: 1,
  Subscriber: 2,
  Push: 8,
  Pull: 7,
  Stream: 11,
  Radio: 14,
  Dish: 15,
  Datagram: 18,
} as const;
type Type = keyof typeof types;

class AnySocket extends Socket {
  constructor(type: Type, options: object = {}) {
    super(types[type], options as { context?: zmq.Context });
  }
}

const interfaces = networkInterfaces();
const addresses = Object.values(interfaces).flatMap((list = []) => list);
const loopback = Object.keys(interfaces).find((name) => interfaces[name]?.some(({ internal }) => internal));
const hasIpv6 = addresses.some(({ address }) => address === "::1");
/** For documentation only: no machine has it. */
const foreign = "203.0.113.7";
const linux = process.platform === "linux";

type Refusal = readonly [code: string, text: string];
type Row = readonly [call: string, type: Type, endpoint: string, refusal?: Refusal];

/** Makes the call; an endpoint that passes is undone by the same name, unless that is a wildcard. */
async function attempt(call: string, type: Type, endpoint: string, options: object = {}): Promise<string> {
  const socket = new AnySocket(type, { linger: 0, ...options });
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
    const { code, message, address } = error as zmq.ZmqError;
    expect(address).toBe(endpoint);
    return `${code} ${message}`;
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

/** Both calls, with the same outcome. */
const both = (type: Type, endpoint: string, refusal?: Refusal): Row[] =>
  (["bind", "connect"] as const).map((call) =>
    refusal ? [call, type, endpoint, refusal] : [call, type, endpoint],
  );

describe("no endpoint at all", () => {
  test.each([undefined, null, 5, {}, ["tcp://127.0.0.1:5"]])("%s is a TypeError", async (address) => {
    using socket = new Push();
    const call = (name: "bindSync" | "unbindSync" | "connect" | "disconnect") => () =>
      socket[name](address as unknown as string);
    for (const name of ["bindSync", "unbindSync", "connect", "disconnect"] as const) {
      expect(call(name)).toThrow(new TypeError("Address must be a string"));
    }
    expect(() => socket.bind(address as unknown as string)).toThrow(TypeError);
  });

  check([
    ...both("Push", "", ["EINVAL", "transport://address"]),
    ...both("Push", "foo", ["EINVAL", "transport://address"]),
    ...both("Push", "tcp:", ["EINVAL", "transport://address"]),
    ...both("Push", "tcp:/127.0.0.1:5", ["EINVAL", "transport://address"]),
    ...both("Push", "tcp://", ["EINVAL", "transport://address"]),
    ...both("Push", "://x", ["EINVAL", "transport://address"]),
    ...both("Push", "http://127.0.0.1:80", ["EPROTONOSUPPORT", "there is no transport http://, only tcp"]),
    ...both("Push", "TCP://127.0.0.1:5555", [
      "EPROTONOSUPPORT",
      "lower case and without spaces, as in tcp://",
    ]),
    ...both("Push", " tcp://127.0.0.1:5555", ["EPROTONOSUPPORT", "without spaces"]),
    ...both("Push", "constructor://x", ["EPROTONOSUPPORT", "there is no transport constructor://"]),
    ...both("Push", "vsock://2:5555", ["EPROTONOSUPPORT", "vsock:// needs"]),
    ...both("Push", "vmci://2:5555", ["EPROTONOSUPPORT", "vmci:// needs"]),
  ]);

  test("an endless address is cut in the message", async () => {
    const text = await attempt("connect", "Push", `tcp://${"x".repeat(100_000)}:5555`);
    expect(text).toMatch(/^EINVAL .*\(100011 characters\)$/);
    expect(text.length).toBeLessThan(400);
  });

  test("control characters are escaped in the message", async () => {
    expect(await attempt("connect", "Push", "tcp://a\nb:5555")).toContain('got "tcp://a\\nb:5555"');
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

    // Ports: libzmq would take 34463, 65535, 12 and 0 of these.
    ...both("Push", "tcp://127.0.0.1:99999", ["EINVAL", "a port is at most 65535, and not 99999"]),
    ...both("Push", "tcp://127.0.0.1:-1", ["EINVAL", "a port is a number"]),
    ...both("Push", "tcp://127.0.0.1:12abc", ["EINVAL", 'and not "12abc"']),
    ...both("Push", "tcp://127.0.0.1:0x50", ["EINVAL", 'and not "0x50"']),
    ...both("Push", "tcp://127.0.0.1: 5555", ["EINVAL", 'and not " 5555"']),
    ...both("Push", "tcp://127.0.0.1:http", ["EINVAL", 'and not "http"']),
    ...both("Push", "tcp://127.0.0.1:!", ["EINVAL", "a port is a number"]),
    ...both("Push", "tcp://127.0.0.1:", ["EINVAL", 'and not ""']),
    ...both("Push", "tcp://127.0.0.1", ["EINVAL", "a port must follow the host"]),
    ...both("Push", "tcp://*", ["EINVAL", "a port must follow the host"]),
    ...both("Push", "tcp://127.0.0.1:5555/path", ["EINVAL", 'and not "5555/path"']),
    ["connect", "Push", "tcp://127.0.0.1:*", ["EINVAL", 'a port is a number, and not "*"']],
    ["connect", "Push", "tcp://*:5555", ["EINVAL", "* stands for all interfaces"]],

    // Hosts. When it binds, libzmq takes what it cannot read for a device that is not there.
    ["bind", "Push", "tcp://:*", ["ENODEV", "the host is missing"]],
    ["connect", "Push", "tcp://:5555", ["EINVAL", "the host is missing"]],
    [
      "bind",
      "Push",
      "tcp://no-such.invalid:*",
      ["ENODEV", "no interface is named no-such.invalid, and no host"],
    ],
    ["bind", "Push", `tcp://${foreign}:*`, ["EADDRNOTAVAIL", ""]],
    ["bind", "Push", "tcp://300.1.1.1:*", ["ENODEV", "300.1.1.1 is no IPv4 address"]],
    ["connect", "Push", "tcp://300.1.1.1:5555", ["EINVAL", "300.1.1.1 is no IPv4 address"]],
    ["connect", "Push", "tcp://1.2.3.4.5:5555", ["EINVAL", "1.2.3.4.5 is no IPv4 address"]],
    ["connect", "Push", "tcp://user@host:5555", ["EINVAL", "host names are letters"]],
    ["connect", "Push", "tcp://-host:5555", ["EINVAL", "host names are letters"]],
    ["connect", "Push", "tcp://höst:5555", ["EINVAL", "ASCII form (xn--…)"]],
    ["connect", "Push", "tcp://a b:5555", ["EINVAL", "host names are letters"]],
    ["bind", "Push", "tcp:// 127.0.0.1:*", ["ENODEV", "host names are letters"]],
    ["connect", "Push", "tcp://[::1:5555", ["EINVAL", "an IPv6 address stands between brackets"]],
    ["connect", "Push", "tcp://[zz]:5555", ["EINVAL", "[zz] holds no IPv6 address"]],
    ["connect", "Push", "tcp://[]:5555", ["EINVAL", "[] holds no IPv6 address"]],
    ["connect", "Push", "tcp://[127.0.0.1]:5555", ["EINVAL", "holds no IPv6 address"]],
    ["bind", "Push", "tcp://[zz]:*", ["ENODEV", "holds no IPv6 address"]],
    ["bind", "Push", "tcp://[::1]:*", ["ENODEV", "an IPv6 address needs `ipv6: true`"]],
    ["bind", "Push", "tcp://[fe80::1%nosuch]:*", ["EINVAL", "there is no interface nosuch"]],
    ["bind", "Push", "tcp://[fe80::1%]:*", ["EINVAL", "the interface after % is missing"]],

    // Sources, which belong to connect.
    ["bind", "Push", "tcp://127.0.0.1:0;127.0.0.1:*", ["EINVAL", "source;destination is for connect"]],
    ["connect", "Push", "tcp://127.0.0.1;127.0.0.1:5555", ["EINVAL", "the source 127.0.0.1 needs a port"]],
    ["connect", "Push", "tcp://;127.0.0.1:5555", ["EINVAL", "needs a port"]],
    ["connect", "Push", "tcp://127.0.0.1:99999;127.0.0.1:5555", ["EINVAL", "at most 65535"]],
    ["connect", "Push", "tcp://127.0.0.1:0;127.0.0.1:0;127.0.0.1:5555", ["EINVAL", "one source and one"]],

    ["connect", "Stream", "tcp://127.0.0.1:5555"],
    ...both("Datagram", "tcp://127.0.0.1:5555", ["ENOCOMPATPROTO", "tcp:// serves every type but Datagram"]),
  ]);

  test.skipIf(!hasIpv6)("IPv6 where the socket uses it", async () => {
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

  test("an IPv6 address that the socket will never reach is warned about", async () => {
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    expect(await attempt("connect", "Push", "tcp://[::1]:5555")).toBe("ok");
    expect((await warned).message).toContain(
      "tcp://[::1]:5555 cannot be reached by a socket without `ipv6: true`",
    );
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

  test("bindSync to a host name and to an interface; undone by the name it was given", () => {
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

  test("a bind to a host name blocks the socket until the name is found, and delivers", async () => {
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

  test("a socket closed while its name is looked up", async () => {
    const pull = new Pull();
    const binding = pull.bind("tcp://localhost:*");
    pull.close();
    await binding;
    expect(pull.closed).toBe(true);
  });

  test("what was never connected is not there, whatever its name", () => {
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
    expect(() => push.disconnect("tcp://127.0.0.1:65541")).toThrow("at most 65535");
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
    ...both("Push", "ws://127.0.0.1:99999", ["EINVAL", "at most 65535"]),
    ...both("Push", "ws://127.0.0.1", ["EINVAL", "a port must follow"]),
    ...both("Push", "ws://127.0.0.1/", ["EINVAL", "a port must follow"]),
    ...both("Push", "ws://127.0.0.1:5555x", ["EINVAL", 'and not "5555x"']),
    ...both("Push", "ws://127.0.0.1:5555?x", ["EINVAL", "a query follows a path"]),
    ...both("Push", "ws://127.0.0.1:5555/a b", ["EINVAL", "use encodeURI"]),
    ...both("Push", "ws://127.0.0.1:5555/\r\nHost: b", ["EINVAL", "use encodeURI"]),
    // libzmq builds its request in 8 KiB, and asserts that it fits.
    ...both("Push", `ws://127.0.0.1:5555/${"x".repeat(9000)}`, [
      "EINVAL",
      "at most 2048 characters, and not 9015",
    ]),
    ["connect", "Push", "ws://127.0.0.1:*", ["EINVAL", "a port is a number"]],
    ["connect", "Push", "ws://*:5555", ["EINVAL", "* stands for all interfaces"]],
    ["connect", "Push", "ws://[::1]:5555", ["EINVAL", "needs `ipv6: true`"]],
    ["bind", "Push", "ws://[::1]:*", ["ENODEV", "needs `ipv6: true`"]],
    ["bind", "Push", `ws://${foreign}:*`, ["EADDRNOTAVAIL", ""]],
    ...both("Stream", "ws://127.0.0.1:5555", ["ENOCOMPATPROTO", "every type but Stream and Datagram"]),
    ...both("Datagram", "ws://127.0.0.1:5555", ["ENOCOMPATPROTO", "every type but Stream and Datagram"]),
    ...both("Push", "wss://127.0.0.1:5555", ["EPROTONOSUPPORT", "wss:// needs"]),
  ]);

  test("the path is whole, and the server is asked for it by name", async () => {
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
    expect(await asked).toEqual(["/a/b:c?d=e", "localhost"]);
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
    ...both("Push", `ipc:///tmp/${"x".repeat(200)}`, ["ENAMETOOLONG", "and this one has 205"]),
  ]);
  if (linux) {
    check([
      ...both("Push", `ipc://@zmq-native-${process.pid}`),
      ...both("Push", "ipc://@", ["EINVAL", "a name must follow the @"]),
      ...both("Push", `ipc://${path(room)}`),
      ...both("Push", `ipc://${path(room + 1)}`, [
        "ENAMETOOLONG",
        "paths of 107 bytes, and this one has 108",
      ]),
      ...both("Push", `ipc://@${"x".repeat(106)}`),
      ...both("Push", `ipc://@${"x".repeat(107)}`, ["ENAMETOOLONG", "this one has 108"]),
    ]);
  } else {
    check(both("Push", "ipc://@name", ["EINVAL", "only Linux has"]));
  }

  // Made in the current directory without vendor/patches/libzmq-0024-ipc-wildcard-folder.patch.
  test("* makes an absolute path, whatever the environment says, and leaves nothing behind", async () => {
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
    ...both("Push", `inproc://${"x".repeat(1015)}`, ["EINVAL", "at most 1023 bytes, and not 1024"]),
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
    // A Dish at a port that nobody knows.
    ["bind", "Dish", "udp://127.0.0.1:*", ["EINVAL", "a number from 1 to 65535"]],
    ["connect", "Radio", "udp://127.0.0.1:0", ["EINVAL", "a number from 1 to 65535"]],
    ["connect", "Radio", "udp://127.0.0.1:*", ["EINVAL", "a port is a number"]],
    ["connect", "Radio", "udp://*:5555", ["EINVAL", "* stands for all interfaces"]],
    ["connect", "Radio", "udp://127.0.0.1:99999", ["EINVAL", "at most 65535"]],
    ["connect", "Radio", "udp://127.0.0.1:12x", ["EINVAL", 'and not "12x"']],
    ["connect", "Radio", "udp://127.0.0.1", ["EINVAL", "a port must follow"]],
    // libzmq would try to bind for ever, and its context would never end.
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
    ["bind", "Dish", "udp://no-such.invalid:5555", ["ENODEV", "no interface is named no-such.invalid"]],
    ["bind", "Dish", "udp://nosuch;239.1.2.3:5555", ["ENODEV", "there is no interface nosuch"]],
    ["connect", "Radio", "udp://;239.1.2.3:5555", ["ENODEV", 'there is no interface ""']],
    ["connect", "Radio", "udp://a;b;239.1.2.3:5555", ["ENODEV", "there is no interface a;b"]],
    ["bind", "Dish", `udp://${own};127.0.0.1:5555`, ["EINVAL", "after the ; stands a multicast group"]],
    ["bind", "Dish", "udp://239.1.2.3;239.1.2.4:5555", ["EINVAL", "before the ; stands an interface"]],
    ["bind", "Dish", "udp://[::1]:5555", ["ENODEV", "needs `ipv6: true`"]],
    ["connect", "Radio", "udp://[::1]:5555", ["EINVAL", "needs `ipv6: true`"]],
    ["bind", "Radio", "udp://127.0.0.1:5555", ["ENOCOMPATPROTO", "a Radio that connects"]],
    ["connect", "Dish", "udp://127.0.0.1:5555", ["ENOCOMPATPROTO", "a Dish or Datagram that binds"]],
    ["connect", "Datagram", "udp://127.0.0.1:5555", ["ENOCOMPATPROTO", "a Dish or Datagram that binds"]],
    ...both("Push", "udp://127.0.0.1:5555", ["ENOCOMPATPROTO", "udp:// serves a Radio"]),
    ...both("Pair", "udp://127.0.0.1:5555", ["ENOCOMPATPROTO", "udp:// serves a Radio"]),
  ]);

  test.skipIf(!hasIpv6)("IPv6", async () => {
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

  test("bindSync looks no name up", () => {
    using dish = new AnySocket("Dish");
    const refusal = expect.objectContaining({ code: "ENODEV", address: "udp://localhost:5555" });
    expect(() => dish.bindSync("udp://localhost:5555")).toThrow(refusal);
  });

  test("more hops than there are", () => {
    using radio = new AnySocket("Radio");
    (radio as unknown as { setInt32Option(id: number, value: number): void }).setInt32Option(25, 256);
    expect(() => radio.connect("udp://239.1.2.3:5555")).toThrow(
      "multicastHops is 256, and must be from 1 to 255",
    );
  });

  test("a host that is looked up can be disconnected meanwhile, and afterwards", async () => {
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

  test("a host that is not found is warned about once, and closing ends it", async () => {
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    const radio = new AnySocket("Radio", { linger: 0 });
    radio.connect("udp://no-such.invalid:5555");
    expect((await warned).message).toMatch(
      /^udp:\/\/no-such.invalid:5555 waits for its host no-such.invalid: E/,
    );
    radio.close();
  });
});

describe("tipc", () => {
  if (!capability.tipc) {
    check(both("Push", "tipc://{5555,0,0}", ["EPROTONOSUPPORT", "tipc:// needs"]));
    return;
  }
  // Most kernels have no TIPC; what is asked here does not get that far.
  check([
    ["connect", "Push", "tipc://{5555,0,0}"],
    ["connect", "Push", "tipc://{5555, 7}"],
    ["connect", "Push", "tipc://{5555,7}@1.1.10"],
    ["connect", "Push", "tipc://<1.2.3:123123>"],
    ...both("Push", "tipc://foo", ["EINVAL", "the forms are"]),
    ...both("Push", "tipc://{5555}", ["EINVAL", "the forms are"]),
    ...both("Push", "tipc://{5555,0,0", ["EINVAL", "the forms are"]),
    ...both("Push", "tipc://{5555,-1,0}", ["EINVAL", "the forms are"]),
    ...both("Push", "tipc://{5,0,0}", ["EINVAL", "a type is at least 64, and not 5"]),
    ...both("Push", "tipc://{64,7}", ["EINVAL", "a type is at least 65"]),
    ...both("Push", "tipc://{5555,2,1}", ["EINVAL", "the upper bound 1 is below the lower one, 2"]),
    ...both("Push", "tipc://{5555,0,4294967296}", ["EINVAL", "a number is at most 4294967295"]),
    ...both("Push", "tipc://{5555,7}@256.1.1", ["EINVAL", "up to 255.4095.4095"]),
    ["connect", "Push", "tipc://<*>", ["EINVAL", "<*> is for bind"]],
    ["bind", "Push", "tipc://<1.2.3:123123>", ["EINVAL", "cannot be chosen"]],
    ...both("Datagram", "tipc://{5555,0,0}", ["ENOCOMPATPROTO", "every type but Datagram"]),
  ]);
});
