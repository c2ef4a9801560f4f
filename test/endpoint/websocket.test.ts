// Standard WebSocket over ws: handshakes of other implementations, and paths.

import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import nacl from "tweetnacl";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  Context,
  curveKeyPair,
  Dealer,
  type PeerChange,
  Pull,
  Push,
  Router,
  Subscriber,
  XPublisher,
  z85,
} from "zmq-native";
import { Dish, Radio } from "zmq-native/draft";
import { bodyOf, CurveClient } from "../helpers/curve.js";
import { patience } from "../helpers/program.js";
import {
  accepted,
  acceptKey,
  join,
  opcodes,
  property,
  RawPeer,
  RawServer,
  ready,
  upgrade,
  webSocketFrame,
  webSocketFrames,
} from "../helpers/zmtp.js";

/** The response of a ws server to a handshake with these headers, without a body. Empty if the server hangs up. */
async function shakeHands(endpoint: string, headers: Record<string, string>): Promise<string> {
  const { hostname, port, pathname } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  const all = {
    Host: `${hostname}:${port}`,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "ZWS2.0/NULL",
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.write(`GET ${pathname} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  let text = "";
  for await (const data of socket) {
    text += data;
    if (text.includes("\r\n\r\n")) break;
  }
  return text.split("\r\n\r\n")[0] as string;
}

describe("a handshake with the headers", () => {
  // libzmq rejects all but the first without vendor/patches/libzmq/ws/http-request.patch and header-spaces.patch.
  test.each([
    { Connection: "Upgrade" },
    { Connection: "keep-alive, Upgrade" },
    { Connection: "upgrade,keep-alive" },
    { Connection: "close , UPGRADE\t" },
    { Upgrade: "h2c, WebSocket" },
    { Upgrade: "\twebsocket\t ", Connection: "\t Upgrade \t" },
    { "Sec-WebSocket-Key": "\t dGhlIHNhbXBsZSBub25jZQ== \t" },
    { "Sec-WebSocket-Protocol": "\tZWS2.0/NULL\t" },
    { "Sec-WebSocket-Protocol": " \t ZWS2.0/NULL \t " },
    { "Sec-WebSocket-Protocol": "chat\t,\t ZWS2.0/NULL \t, \t,other" },
  ])("%o is accepted", async (headers) => {
    using pull = new Pull();
    await pull.bind("ws://127.0.0.1:*");
    const answer = await shakeHands(pull.lastEndpoint as string, headers);
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    // RFC 6455 requires this.
    expect(answer).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expect(answer).toContain("Sec-WebSocket-Protocol: ZWS2.0/NULL");
  });

  test.each([
    { Connection: "keep-alive" },
    { Connection: "Upgraded" },
    { Connection: "not-Upgrade, Up grade" },
    { Connection: "," },
    { Upgrade: "h2c" },
    { "Sec-WebSocket-Protocol": "chat" },
    { "Sec-WebSocket-Protocol": " \t" },
    { "Sec-WebSocket-Protocol": "ZWS2.0 /NULL" },
    { "Sec-WebSocket-Key": "\t \t" },
  ])("%o is rejected", async (headers) => {
    using pull = new Pull();
    await pull.bind("ws://127.0.0.1:*");
    expect(await shakeHands(pull.lastEndpoint as string, headers)).toBe("");
  });
});

describe("the path of a ws endpoint", () => {
  // Only the first two work without vendor/patches/libzmq/ws/http-request.patch.
  test.each(["", "/a", "/a/b", "/a/b/", "//", "/a/b?c=d/e"])(
    "connects client and server: %j",
    async (path) => {
      using pull = new Pull({ receiveTimeout: 5000 });
      await pull.bind(`ws://127.0.0.1:*${path}`);
      expect(new URL(pull.lastEndpoint as string).port).toMatch(/^\d+$/);
      expect(pull.lastEndpoint).toMatch(new RegExp(`:\\d+${(path || "/").replace("?", "\\?")}$`));
      using push = new Push();
      push.connect(pull.lastEndpoint as string);
      await push.send("text");
      expect((await pull.receive()).map(String)).toEqual(["text"]);
    },
  );

  test.each([
    ["", "/"],
    ["/a/b", "/a/b"],
    ["/a/b?c=d/e", "/a/b?c=d/e"],
  ])("%j is requested as %j", async (path, asked) => {
    using server = Object.assign(createServer().listen(0, "127.0.0.1"), {
      [Symbol.dispose]: () => server.close(),
    });
    await once(server, "listening");
    using push = new Push({ linger: 0 });
    push.connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    const [socket] = await once(server, "connection");
    const [request] = await once(socket, "data");
    socket.destroy();
    expect(String(request)).toMatch(/^GET /);
    expect(String(request).split(" ")[1]).toBe(asked);
  });

  test("is rejected with EINVAL if it does not fit into a request", async () => {
    using push = new Push();
    const path = `/${"x".repeat(9000)}`;
    expect(() => push.connect(`ws://127.0.0.1:1${path}`)).toThrow(
      expect.objectContaining({ code: "EINVAL" }),
    );
    await expect(push.bind(`ws://127.0.0.1:*${path}`)).rejects.toMatchObject({ code: "EINVAL" });
  });
});

describe("the Host header", () => {
  /** The Host of the request that arrives at a port of an address. Undefined if this machine lacks the address. */
  async function hostOf(address: string, port: number, endpoint: (port: number) => string) {
    const server = createServer().listen(port, address);
    try {
      await once(server, "listening");
    } catch (error) {
      console.warn(`SKIP Host header: ${error}`);
      return undefined;
    }
    try {
      using push = new Push({ linger: 0, ipv6: true });
      push.connect(endpoint((server.address() as AddressInfo).port));
      const [socket] = await once(server, "connection");
      const [request] = await once(socket, "data");
      socket.destroy();
      return /\r\nHost: (.*)\r\n/.exec(String(request))?.[1];
    } finally {
      server.close();
    }
  }

  test.each([
    ["127.0.0.1", "127.0.0.1", "127.0.0.1"],
    ["localhost", "127.0.0.1", "localhost"],
    ["[::1]", "::1", "[::1]"],
    ["[::1%1]", "::1", "[::1]"],
  ])("names host and port: %s", async (host, address, expected) => {
    let chosen = 0;
    const found = await hostOf(address, 0, (port) => {
      chosen = port;
      return `ws://${host}:${port}/path`;
    });
    if (found !== undefined) expect(found).toBe(`${expected}:${chosen}`);
  });

  // An address that nothing else uses. Ports below 1024 may need a privilege.
  test("leaves out port 80", async () => {
    const address = `127.${[0, 0, 0].map(() => 1 + Math.floor(Math.random() * 254)).join(".")}`;
    const found = await hostOf(address, 80, (port) => `ws://${address}:${port}/path`);
    if (found !== undefined) expect(found).toBe(address);
  });
});

describe("an answer to a client", () => {
  const key = "Sec-WebSocket-Accept";
  /** A Push without a limit for its handshake, and a server that has read its request. */
  async function asked() {
    const server = await RawServer.listen();
    const push = new Push({ linger: 0, handshakeInterval: 0, reconnectInterval: 60_000 });
    const changes = push.peers.changes();
    void push.events;
    push.connect(`ws://127.0.0.1:${server.port}`);
    const peer = await server.accept();
    await peer.hear((heard) => heard.includes("\r\n\r\n"));
    return {
      push,
      peer,
      change: async () => (await changes.next()).value as PeerChange,
      [Symbol.dispose]: () => {
        push.close();
        server[Symbol.dispose]();
      },
    };
  }

  // Without vendor patch libzmq/ws/accept-key, all with a key but the right one wait for messages.
  test.each<[string, (request: Buffer) => string | Buffer]>([
    [
      "the key of another request",
      (request) => accepted(request, "ZWS2.0", { [key]: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }),
    ],
    [
      "a part of the key",
      (request) => accepted(request, "ZWS2.0", { [key]: acceptKey(request).slice(0, -1) }),
    ],
    ["more than the key", (request) => accepted(request, "ZWS2.0", { [key]: `${acceptKey(request)} =` })],
    [
      "the key in lower case",
      (request) => accepted(request, "ZWS2.0", { [key]: acceptKey(request).toLowerCase() }),
    ],
    ["an empty key", (request) => accepted(request, "ZWS2.0", { [key]: "" })],
    ["another protocol", (request) => accepted(request, "chat")],
    ["a protocol that the client did not offer", (request) => accepted(request, "ZWS2.0/CURVE")],
    ["another upgrade", (request) => accepted(request, "ZWS2.0", { Upgrade: "h2c" })],
    ["another connection", (request) => accepted(request, "ZWS2.0", { Connection: "close" })],
    ["an error", () => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"],
    ["another version of HTTP", (request) => String(accepted(request, "ZWS2.0")).replace("1.1", "1.0")],
  ])("fails the handshake at once with %s", async (_, answer) => {
    using open = await asked();
    const { push, peer } = open;
    peer.say(answer(peer.heard));
    const error = { code: "ERR_WS_UNSPECIFIED", detail: expect.stringContaining("WebSocket") };
    expect(await open.change()).toMatchObject({ type: "fail", reason: "protocol", error });
    expect(push.endpoints).toMatchObject([
      { state: "connecting", retries: 1, lastError: { code: "EPROTO" } },
    ]);
    const types = [];
    for await (const event of push.events) {
      types.push(event.type);
      if (event.type === "handshake:error:protocol") expect(event.error).toMatchObject(error);
      if (event.type === "disconnect") break;
    }
    expect(types.slice(-2)).toEqual(["handshake:error:protocol", "disconnect"]);
    await peer.ended;
  });

  test.each<[string, (request: Buffer) => string | Buffer]>([
    ["in other case", (request) => String(accepted(request, "ZWS2.0")).replace(key, key.toUpperCase())],
    [
      "with spaces around the key",
      (request) => accepted(request, "ZWS2.0", { [key]: `  ${acceptKey(request)} \t` }),
    ],
    [
      "with a tab before the key",
      (request) => accepted(request, "ZWS2.0", { [key]: `\t${acceptKey(request)}` }),
    ],
    [
      "with tabs and spaces around all values",
      (request) =>
        accepted(request, "\t ZWS2.0 \t", {
          Upgrade: "\twebsocket \t",
          Connection: "\t Upgrade\t",
          [key]: `\t ${acceptKey(request)}\t `,
        }),
    ],
  ])("is accepted %s", async (_, answer) => {
    using open = await asked();
    open.peer.say(answer(open.peer.heard), webSocketFrame("\0", { masked: false }));
    expect((await open.change()).type).toBe("join");
  });
});

describe("a message in several frames", () => {
  const { continuation, ping } = opcodes;
  /** The frames of a message. The first byte of the first part is that of ZMTP's flags. */
  const split = (parts: (string | Uint8Array)[], masked = true) =>
    parts.map((part, index) =>
      webSocketFrame(part, {
        masked,
        final: index === parts.length - 1,
        opcode: index === 0 ? opcodes.binary : continuation,
      }),
    );
  /** A message, in this many parts of any sizes. */
  function randomly(message: Uint8Array, count: number): Uint8Array[] {
    const ends = Array.from({ length: count - 1 }, () => Math.floor(Math.random() * message.length));
    const places = [0, ...ends, message.length].sort((a, b) => a - b);
    return places.slice(1).map((end, index) => message.subarray(places[index], end));
  }
  const letters = (length: number) => Buffer.from(Array.from({ length }, (_, i) => 97 + (i % 26)));
  const long = letters(100_000);

  /** A peer of a Pull, after the handshake. */
  async function enter(pull: Pull): Promise<RawPeer> {
    await pull.bind("ws://127.0.0.1:*");
    const peer = await RawPeer.connect(pull.lastEndpoint as string);
    peer.say(upgrade("ZWS2.0"), webSocketFrame("\0"));
    await pull.waitForPeers();
    return peer;
  }

  // Without vendor patch libzmq/ws/fragments, the connection ends.
  test.each<[string, (string | Uint8Array)[]]>([
    ["two", ["\0he", "llo"]],
    ["one for each byte", ["\0", "h", "e", "l", "l", "o"]],
    ["an empty one first", ["", "", "\0he", "llo"]],
    ["empty ones between and last", ["\0he", "", "llo", ""]],
    ["no byte but the flags", ["\0", "", ""]],
    ["large ones", ["\0", long, long, "x", long]],
    ["small and large ones", ["\0x", long, "x", ""]],
  ])("arrives whole: %s", async (_, parts) => {
    using pull = new Pull({ receiveTimeout: patience });
    using peer = await enter(pull);
    peer.say(...split(parts), ...split(["\0ne", "xt"]), webSocketFrame("\0last"));
    expect(join(...(await pull.receive())).equals(join(...parts).subarray(1))).toBe(true);
    expect((await pull.receive()).map(String)).toEqual(["next"]);
    expect((await pull.receive()).map(String)).toEqual(["last"]);
  });

  test("arrives whole however it is split", async () => {
    using pull = new Pull({ receiveTimeout: patience });
    using peer = await enter(pull);
    for (let round = 0; round < 10; round++) {
      const message = join("\0", letters(1 + Math.floor(Math.random() * 50_000)));
      const wire = join(
        ...split(randomly(message, 2 + Math.floor(Math.random() * 20))),
        webSocketFrame("\0end"),
      );
      for (const piece of randomly(wire, 5)) {
        peer.say(piece);
        await new Promise(setImmediate);
      }
      expect(join(...(await pull.receive())).equals(message.subarray(1))).toBe(true);
      expect(String(await pull.receive())).toBe("end");
    }
  });

  test("arrives whole at a client", async () => {
    using server = await RawServer.listen();
    using pull = new Pull({ receiveTimeout: patience });
    pull.connect(`ws://127.0.0.1:${server.port}`);
    const peer = await server.accept();
    await peer.hear((heard) => heard.includes("\r\n\r\n"));
    peer.say(accepted(peer.heard, "ZWS2.0"), webSocketFrame("\0", { masked: false }));
    peer.say(...split(["\0he", long, "llo"], false));
    expect(join(...(await pull.receive())).equals(join("he", long, "llo"))).toBe(true);
  });

  test("may be one of several, a command, or a routing id", async () => {
    using router = new Router({ receiveTimeout: patience });
    await router.bind("ws://127.0.0.1:*");
    for (const [protocol, first] of [
      ["ZWS2.0", "\0id"],
      ["ZWS2.0/NULL", join("\x02", ready("DEALER", property("Identity", "id")).subarray(2))],
    ] as const) {
      using peer = await RawPeer.connect(router.lastEndpoint as string);
      peer.say(upgrade(protocol), ...split(randomly(join(first), 2)));
      // By ZMTP, messages follow after both READY commands.
      if (protocol !== "ZWS2.0") await peer.hear((heard) => heard.includes("READY"));
      // The flags of the message before are not those of an empty first frame.
      peer.say(...split(["", "\x01on", "e"]), ...split(["\x01", "two"]), ...split(["", "\0three"]));
      expect((await router.receive()).map(String)).toEqual(["id", "one", "two", "three"]);
    }
  });

  test("can have control frames between its frames", async () => {
    using pull = new Pull({ receiveTimeout: patience });
    using peer = await enter(pull);
    const [first, second, third] = split(["\0a", "b", "c"]) as [Buffer, Buffer, Buffer];
    const before = peer.heard.length;
    peer.say(first, webSocketFrame("", { opcode: ping }));
    // The answer comes before the message is complete.
    const pong = Buffer.of(0x8a, 0);
    expect(await peer.hear((heard) => heard.subarray(before).includes(pong))).toBe(true);
    peer.say(second, webSocketFrame("text", { opcode: opcodes.pong }), third);
    expect(String(await pull.receive())).toBe("abc");
  });

  test("may have maxMessageSize bytes, and not one more", async () => {
    using pull = new Pull({ receiveTimeout: patience, maxMessageSize: 10 });
    void pull.events;
    const changes = pull.peers.changes();
    using peer = await enter(pull);
    peer.say(...split(["\x00123", "4567", "890"]), ...split(["\x00123", "4567", "8901"]));
    expect(String(await pull.receive())).toBe("1234567890");
    await peer.ended;
    for await (const event of pull.events) {
      if (event.type !== "message:rejected") continue;
      expect(event.reason).toBe("size");
      break;
    }
    for await (const { type, reason, error } of changes) {
      if (type !== "leave") continue;
      expect([reason, (error as { code?: string }).code]).toEqual(["protocol", "EMSGSIZE"]);
      break;
    }
    expect(pull.statistics().dropped.tooLarge).toBe(1);
  });

  test.each([
    ["text", [webSocketFrame("\0a", { opcode: opcodes.text })]],
    ["the rest of nothing", [webSocketFrame("\0a", { opcode: continuation })]],
    ["a message before the rest of another one", [split(["\0a", "b"])[0]!, webSocketFrame("\0c")]],
    ["a ping in several frames", [webSocketFrame("", { opcode: ping, final: false })]],
  ])("violates the protocol with %s", async (_, frames) => {
    using pull = new Pull();
    const changes = pull.peers.changes();
    using peer = await enter(pull);
    peer.say(...frames);
    await peer.ended;
    for await (const { type, reason, error } of changes) {
      if (type !== "leave") continue;
      expect([reason, (error as { code?: string }).code]).toEqual(["protocol", "EPROTO"]);
      break;
    }
  });

  test("is dropped if its end never comes", async () => {
    using pull = new Pull({ receiveTimeout: patience });
    {
      using peer = await enter(pull);
      peer.say(webSocketFrame("\0whole"), split(["\0half", ""])[0]!);
      expect(String(await pull.receive())).toBe("whole");
      peer.finish();
      await peer.ended;
    }
    using push = new Push();
    push.connect(pull.lastEndpoint as string);
    await push.send("other");
    expect(String(await pull.receive())).toBe("other");
  });
});

const { ping, pong, binary } = opcodes;
const pingOf = (payload: string | Uint8Array, masked = true) =>
  webSocketFrame(payload, { opcode: ping, masked });
/** The frames that a peer has got, after the headers. */
const framesOf = ({ heard }: RawPeer) => {
  const end = heard.indexOf("\r\n\r\n");
  return end < 0 ? [] : webSocketFrames(heard.subarray(end + 4));
};
const pongsOf = (peer: RawPeer) =>
  framesOf(peer)
    .filter(({ opcode }) => opcode === pong)
    .map(({ payload }) => payload);
const messagesOf = (peer: RawPeer) =>
  framesOf(peer)
    .filter(({ opcode }) => opcode === binary)
    .map(({ payload }) => payload);

// Without vendor patch libzmq/ws/control-frames, pongs are empty.
describe("a ping", () => {
  const protocols = ["ZWS2.0", "ZWS2.0/NULL"] as const;
  const letters = (length: number) => Buffer.from(Array.from({ length }, (_, i) => 97 + (i % 26)));

  /** A peer of a bound socket, after the handshake. */
  async function enter(socket: Pull | Router, protocol: (typeof protocols)[number]): Promise<RawPeer> {
    await socket.bind("ws://127.0.0.1:*");
    const joined = new Promise((resolve) => socket.peers.once("join", resolve));
    const peer = await RawPeer.connect(socket.lastEndpoint as string);
    const type = socket instanceof Router ? "DEALER" : "PUSH";
    const command = join("\x02", ready(type, property("Identity", "id")).subarray(2));
    peer.say(upgrade(protocol), webSocketFrame(protocol === "ZWS2.0" ? "\0id" : command));
    await joined;
    return peer;
  }

  const sizes = [0, 1, 33, 34, 125];
  test.each(protocols.flatMap((protocol) => sizes.map((size) => [size, protocol] as const)))(
    "is answered with its payload: %i bytes, %s",
    async (size, protocol) => {
      // maxMessageSize does not limit control frames.
      using pull = new Pull({ receiveTimeout: patience, maxMessageSize: 10 });
      using peer = await enter(pull, protocol);
      const first = letters(size);
      const second = letters(size).reverse();
      peer.say(pingOf(first));
      expect(await peer.hear(() => pongsOf(peer).length === 1)).toBe(true);
      peer.say(pingOf(second), webSocketFrame("\0text"));
      expect(String(await pull.receive())).toBe("text");
      expect(await peer.hear(() => pongsOf(peer).length === 2)).toBe(true);
      expect(pongsOf(peer)).toEqual([first, second]);
      expect(framesOf(peer).some(({ masked }) => masked)).toBe(false);
    },
  );

  test.each(sizes)("is answered with its payload by a client: %i bytes", async (size) => {
    using server = await RawServer.listen();
    using dealer = new Dealer({ receiveTimeout: patience, linger: 0 });
    dealer.connect(`ws://127.0.0.1:${server.port}`);
    const peer = await server.accept();
    await peer.hear((heard) => heard.includes("\r\n\r\n"));
    peer.say(accepted(peer.heard, "ZWS2.0"), webSocketFrame("\0", { masked: false }));
    const payload = letters(size);
    peer.say(pingOf(payload, false), webSocketFrame("\0text", { masked: false }));
    expect(String(await dealer.receive())).toBe("text");
    await dealer.send("answer");
    expect(await peer.hear(() => framesOf(peer).length === 3)).toBe(true);
    // The routing id comes first.
    expect(framesOf(peer)).toEqual([
      { opcode: binary, masked: true, payload: Buffer.from("\0") },
      { opcode: pong, masked: true, payload },
      { opcode: binary, masked: true, payload: Buffer.from("\0answer") },
    ]);
  });

  test("is answered before the routing id of the peer is known", async () => {
    using router = new Router({ receiveTimeout: patience, routingId: "us" });
    await router.bind("ws://127.0.0.1:*");
    using peer = await RawPeer.connect(router.lastEndpoint as string);
    peer.say(upgrade("ZWS2.0"), pingOf("early"));
    expect(await peer.hear(() => framesOf(peer).length === 2)).toBe(true);
    expect(framesOf(peer).map(({ payload }) => String(payload))).toEqual(["\0us", "early"]);
    peer.say(pingOf("next"), webSocketFrame("\0id"), webSocketFrame("\0text"));
    expect((await router.receive()).map(String)).toEqual(["id", "text"]);
    await router.send(["id", "answer"]);
    expect(await peer.hear(() => framesOf(peer).length === 4)).toBe(true);
    expect(framesOf(peer).map(({ payload }) => String(payload))).toEqual([
      "\0us",
      "early",
      "next",
      "\0answer",
    ]);
  });

  test.each(protocols)("is answered by a pong that is larger than a batch: %s", async (protocol) => {
    class BatchPull extends Pull {
      constructor() {
        super();
        // ZMQ_OUT_BATCH_SIZE.
        this.setInt32Option(102, 64);
      }
    }
    using pull = new BatchPull();
    using peer = await enter(pull, protocol);
    for (let size = 50; size <= 125; size++) {
      peer.say(pingOf(letters(size)));
      expect(await peer.hear(() => pongsOf(peer).length === size - 49)).toBe(true);
      expect(pongsOf(peer).at(-1)).toEqual(letters(size));
    }
  });

  test("is answered between the frames of a message", async () => {
    using pull = new Pull({ receiveTimeout: patience });
    using peer = await enter(pull, "ZWS2.0");
    const parts = Array.from({ length: 20 }, (_, index) => letters(1 + index * 5000));
    peer.say(webSocketFrame("\0", { final: false }));
    for (const [index, part] of parts.entries()) {
      peer.say(
        webSocketFrame(part, { opcode: opcodes.continuation, final: index === parts.length - 1 }),
        pingOf(String(index)),
      );
      expect(await peer.hear(() => pongsOf(peer).length === index + 1)).toBe(true);
    }
    expect(join(...(await pull.receive())).equals(join(...parts))).toBe(true);
    expect(pongsOf(peer).map(Number)).toEqual([...parts.keys()]);
  });

  // Heartbeats, whose timer runs meanwhile, must not take the place of the pong.
  test.each([
    ["", {}],
    [", nor do heartbeats get in its way", { heartbeatInterval: 5, heartbeatTimeout: 60_000 }],
  ])("is answered once if others follow while the peer does not read%s", async (_, options) => {
    using router = new Router({ sendHighWaterMark: 0, linger: 0, receiveTimeout: patience, ...options });
    using peer = await enter(router, "ZWS2.0");
    peer.pause();
    // More than the buffers of the system hold.
    const [count, size, pings] = [12, 1_000_000, 5000];
    const body = letters(size);
    for (let index = 0; index < count; index++) await router.send(["id", body]);
    for (let index = 0; index < pings; index++) peer.say(pingOf(`${index}`));
    peer.say(webSocketFrame("\0all sent"));
    expect((await router.receive()).map(String)).toEqual(["id", "all sent"]);
    // Several heartbeats.
    await new Promise((resolve) => setTimeout(resolve, 50));
    peer.resume();
    await peer.hearBytes(count * size);
    await peer.hear(() => pongsOf(peer).at(-1)?.toString() === `${pings - 1}`);
    const numbers = pongsOf(peer).map(Number);
    expect(numbers.at(-1)).toBe(pings - 1);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.length).toBeLessThan(100);
    const bodies = framesOf(peer).filter(({ payload }) => payload.length > size);
    expect(bodies.map(({ payload }) => payload.subarray(1).equals(body))).toEqual(Array(count).fill(true));
  });
});

describe("a control frame", () => {
  // Without vendor patch libzmq/ws/control-frames, they are accepted.
  test.each(["ping", "pong", "close"] as const)("of 126 bytes violates the protocol: %s", async (name) => {
    const opcode = opcodes[name];
    for (const extra of [
      webSocketFrame(Buffer.alloc(126), { opcode }),
      webSocketFrame("", { opcode, length: 2 ** 16 }),
    ]) {
      using pull = new Pull();
      await pull.bind("ws://127.0.0.1:*");
      const changes = pull.peers.changes();
      using peer = await RawPeer.connect(pull.lastEndpoint as string);
      peer.say(upgrade("ZWS2.0"), webSocketFrame("\0"));
      await pull.waitForPeers();
      peer.say(extra);
      await peer.ended;
      for await (const { type, reason, error } of changes) {
        if (type !== "leave") continue;
        expect([reason, (error as { code?: string }).code]).toEqual(["protocol", "EPROTO"]);
        break;
      }
    }
  });

  // Without vendor patch libzmq/ws/injected-commands, the session of a Radio takes control frames for commands.
  test.each(["ping", "pong"] as const)("is not a command of a Dish: %s", async (name) => {
    using radio = new Radio({ linger: 0 });
    await radio.bind("ws://127.0.0.1:*");
    using peer = await RawPeer.connect(radio.lastEndpoint as string);
    peer.say(
      upgrade("ZWS2.0"),
      webSocketFrame("\0"),
      webSocketFrame("\x04JOINnews", { opcode: opcodes[name] }),
      webSocketFrame("\x02\x04JOINother"),
    );
    const sending = setInterval(() => {
      radio.send("secret", { group: "news" });
      radio.send("public", { group: "other" });
    }, 2);
    await peer.hear(() => messagesOf(peer).length >= 10);
    clearInterval(sending);
    // The routing id comes first, then pairs of group and message.
    expect(messagesOf(peer).slice(1, 9).map(String)).toEqual(Array(4).fill(["\x01other", "\0public"]).flat());
  });

  test("is not a command of a Dish with CURVE", async () => {
    const [server, client] = [curveKeyPair(), curveKeyPair()];
    using radio = new Radio({ linger: 0, curveServer: true, curveSecretKey: server.secretKey });
    await radio.bind("ws://127.0.0.1:*");
    using proxy = await RawServer.listen();
    using dish = new Dish({
      linger: 0,
      receiveTimeout: patience,
      curveServerKey: server.publicKey,
      curvePublicKey: client.publicKey,
      curveSecretKey: client.secretKey,
    });
    dish.join("news");
    dish.connect(`ws://127.0.0.1:${proxy.port}`);
    const [front, back] = [await proxy.accept(), await RawPeer.connect(radio.lastEndpoint as string)];
    using _ = back;
    front.forward(back);
    back.forward(front);
    const sending = setInterval(() => radio.send("first", { group: "news" }), 2);
    await dish.receive();
    clearInterval(sending);
    for (const opcode of [opcodes.pong, ping]) {
      back.say(webSocketFrame("\x05LEAVEnews", { opcode }));
    }
    await back.hear((heard) => heard.includes("\x05LEAVEnews"));
    const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`);
    for (const text of texts) {
      radio.send(text, { group: "news" });
      await new Promise(setImmediate);
    }
    const received: string[] = [];
    while (received.length < texts.length) {
      const text = String((await dish.receive())[0]);
      if (text !== "first") received.push(text);
    }
    expect(received).toEqual(texts);
  });
});

// Without vendor patch libzmq/ws/early-control-frames, mechanisms take these frames for their commands.
describe("a control frame in the handshake", () => {
  const keys = nacl.box.keyPair();
  const socketType = property("Socket-Type", "PUSH");
  const close = webSocketFrame(Buffer.from([3, 232]), { opcode: opcodes.close });
  const hello = "\x02\x05HELLO\x04user\x06secret";
  const initiate = join("\x02\x08INITIATE", socketType);

  let context: Context;
  beforeEach(() => {
    context = new Context();
  });
  afterEach(() => context.close({ linger: 0 }));

  /** The commands of a client. Each gets the server's last message. */
  function commandsOf(mechanism: string): ((last: Buffer) => string | Buffer)[] {
    if (mechanism === "NULL") return [() => join("\x02", bodyOf(ready("PUSH")))];
    if (mechanism === "PLAIN") return [() => hello, () => initiate];
    const curve = new CurveClient(keys.publicKey);
    return [
      () => join("\x02", bodyOf(curve.hello())),
      (welcome) => join("\x02", bodyOf(curve.initiate(welcome.subarray(1), socketType))),
      () => join("\0", bodyOf(curve.message("text"))),
    ];
  }

  test.each([
    ["NULL", {}],
    ["PLAIN", { plainServer: true }],
    ["CURVE", { curveServer: true, curveSecretKey: z85.encode(keys.secretKey) }],
  ])("is answered: %s", async (mechanism, options) => {
    await context.authenticate({ plain: { users: { user: "secret" } }, curve: { allow: "any" } });
    using pull = new Pull({ context, receiveTimeout: patience, ...options });
    await pull.bind("ws://127.0.0.1:*");
    using peer = await RawPeer.connect(pull.lastEndpoint as string);
    peer.say(upgrade(`ZWS2.0/${mechanism}`));
    const commands = commandsOf(mechanism);
    for (const [index, command] of commands.entries()) {
      peer.say(webSocketFrame("", { opcode: pong }), pingOf(`${index}`));
      expect(await peer.hear(() => pongsOf(peer).length === index + 1)).toBe(true);
      peer.say(webSocketFrame(command(messagesOf(peer).at(-1)!)));
      // The answer to the third is a message that `pull` receives.
      if (index < 2) expect(await peer.hear(() => messagesOf(peer).length === index + 1)).toBe(true);
    }
    if (mechanism !== "CURVE") peer.say(webSocketFrame("\0text"));
    expect(String(await pull.receive())).toBe("text");
    expect(pongsOf(peer).map(Number)).toEqual([...commands.keys()]);
  });

  const says = (body: string | Uint8Array) => webSocketFrame(body, { masked: false });
  const readyOf = (type: string) => join("\x02", bodyOf(ready(type)));
  test.each<[string, string, object, (string | Buffer)[]]>([
    ["NULL", "ZWS2.0/NULL", {}, [readyOf("ROUTER")]],
    [
      "PLAIN",
      "ZWS2.0/PLAIN",
      { plainUsername: "user", plainPassword: "secret" },
      ["\x02\x07WELCOME", readyOf("ROUTER")],
    ],
    ["ZWS2.0 instead of NULL", "ZWS2.0/NULL", {}, ["\0id"]],
  ])("is answered by a client: %s", async (_, protocol, options, commands) => {
    using server = await RawServer.listen();
    using dealer = new Dealer({ receiveTimeout: patience, linger: 0, ...options });
    dealer.connect(`ws://127.0.0.1:${server.port}`);
    const peer = await server.accept();
    await peer.hear((heard) => heard.includes("\r\n\r\n"));
    peer.say(accepted(peer.heard, protocol));
    for (const [index, command] of commands.entries()) {
      peer.say(webSocketFrame("", { opcode: pong, masked: false }), pingOf(`${index}`, false));
      expect(await peer.hear(() => pongsOf(peer).length === index + 1)).toBe(true);
      expect(await peer.hear(() => messagesOf(peer).length === index + 1)).toBe(true);
      peer.say(says(command));
    }
    peer.say(says("\0text"));
    expect(String(await dealer.receive())).toBe("text");
    await dealer.send("answer");
    expect(await peer.hear(() => String(messagesOf(peer).at(-1)) === "\0answer")).toBe(true);
    expect(pongsOf(peer).map(Number)).toEqual([...commands.keys()]);
  });

  test("is answered while a ZAP handler decides", async () => {
    let decide: (admitted: boolean) => void = () => {};
    const decision = new Promise<boolean>((resolve) => {
      decide = resolve;
    });
    const asked = new Promise<void>((resolve) => {
      const users = () => {
        resolve();
        return decision;
      };
      void context.authenticate({ plain: { users } });
    });
    using pull = new Pull({ context, plainServer: true, receiveTimeout: patience });
    await pull.bind("ws://127.0.0.1:*");
    using peer = await RawPeer.connect(pull.lastEndpoint as string);
    peer.say(upgrade("ZWS2.0/PLAIN"), webSocketFrame(hello));
    await asked;
    peer.say(webSocketFrame("", { opcode: pong }), pingOf("one"));
    expect(await peer.hear(() => pongsOf(peer).length === 1)).toBe(true);
    peer.say(pingOf("two"));
    expect(await peer.hear(() => pongsOf(peer).length === 2)).toBe(true);
    decide(true);
    expect(await peer.hear(() => messagesOf(peer).length === 1)).toBe(true);
    peer.say(webSocketFrame(initiate), webSocketFrame("\0text"));
    expect(String(await pull.receive())).toBe("text");
    expect(pongsOf(peer).map(String)).toEqual(["one", "two"]);
  });

  test("is answered after the handshake if the peer has not read until then", async () => {
    using pull = new Pull({ receiveTimeout: patience });
    await pull.bind("ws://127.0.0.1:*");
    using peer = await RawPeer.connect(pull.lastEndpoint as string);
    peer.say(upgrade("ZWS2.0/NULL"));
    await peer.hear((heard) => heard.includes("READY"));
    peer.pause();
    // More than the buffers of the system hold.
    const some = join(...Array.from({ length: 1000 }, () => pingOf(Buffer.alloc(125, "x"))));
    for (let count = 0; count < 60; count++) peer.say(some);
    const last = Buffer.alloc(125, "last");
    peer.say(pingOf(last), webSocketFrame(readyOf("PUSH")), webSocketFrame("\0text"));
    expect(String(await pull.receive())).toBe("text");
    peer.resume();
    expect(await peer.hear((heard) => heard.subarray(-125).equals(last))).toBe(true);
  });

  test.each(["NULL", "PLAIN"])("ends the connection if it is a close frame: %s", async (mechanism) => {
    await context.authenticate({ plain: { users: { user: "secret" } } });
    using pull = new Pull({ context, plainServer: mechanism === "PLAIN" });
    await pull.bind("ws://127.0.0.1:*");
    using peer = await RawPeer.connect(pull.lastEndpoint as string);
    const [command] = commandsOf(mechanism);
    // Nothing takes the place of its answer.
    peer.say(upgrade(`ZWS2.0/${mechanism}`), close, pingOf("x"), webSocketFrame(command!(Buffer.of())));
    await peer.ended;
    expect(peer.heard.subarray(-4)).toEqual(Buffer.from([0x88, 2, 3, 232]));
  });
});

// By RFC 6455, 7.1.1, the server ends the connection.
test.each([
  ["ZWS2.0", "id"],
  ["ZWS2.0/NULL", join("\x02", ready("DEALER").subarray(2))],
])("a close frame is answered, and ends the connection: %s", async (protocol, first) => {
  using router = new Router();
  await router.bind("ws://127.0.0.1:*");
  const joined = new Promise((resolve) => router.peers.once("join", resolve));
  using peer = await RawPeer.connect(router.lastEndpoint as string);
  peer.say(upgrade(protocol), webSocketFrame(first));
  await joined;
  // The ping must not replace the answer.
  peer.say(
    webSocketFrame(Buffer.from([3, 232]), { opcode: opcodes.close }),
    webSocketFrame("", { opcode: opcodes.ping }),
  );
  await peer.ended;
  expect(peer.heard.subarray(-4)).toEqual(Buffer.from([0x88, 2, 3, 232]));
});

test("a close frame is answered while heartbeats are sent and the peer does not read", async () => {
  // The peer answers no heartbeat, and the timeout's default is the interval.
  using router = new Router({
    heartbeatInterval: 20,
    heartbeatTimeout: 60_000,
    sendHighWaterMark: 0,
    linger: 0,
  });
  await router.bind("ws://127.0.0.1:*");
  const joined = new Promise((resolve) => router.peers.once("join", resolve));
  using peer = await RawPeer.connect(router.lastEndpoint as string);
  peer.say(upgrade("ZWS2.0"), webSocketFrame("id"));
  await joined;
  peer.pause();
  for (let count = 0; count < 20; count++) await router.send(["id", Buffer.alloc(1_000_000)]);
  peer.say(webSocketFrame(Buffer.from([3, 232]), { opcode: opcodes.close }));
  // Several heartbeats.
  await new Promise((resolve) => setTimeout(resolve, 100));
  peer.resume();
  await peer.ended;
  expect(peer.heard.subarray(-4)).toEqual(Buffer.from([0x88, 2, 3, 232]));
});

// jszmq 0.1.2 is such a server: its WebSocket library answers with the first protocol that the client offers. Without
// vendor patch libzmq/ws/peers-without-mechanism, the handshake fails.
describe("a server that accepts ZWS2.0/NULL and speaks ZWS2.0", () => {
  async function accept(server: RawServer): Promise<RawPeer> {
    const peer = await server.accept();
    await peer.hear((heard) => heard.includes("\r\n\r\n"));
    const [protocol] = /Sec-WebSocket-Protocol: ([^,\r]*)/.exec(String(peer.heard))!.slice(1);
    expect(protocol).toBe("ZWS2.0/NULL");
    peer.say(accepted(peer.heard, protocol!));
    return peer;
  }
  const says = (body: string) => webSocketFrame(body, { masked: false });

  test("exchanges messages with a client", async () => {
    using server = await RawServer.listen();
    using dealer = new Dealer({ linger: 0 });
    void dealer.events;
    dealer.connect(`ws://127.0.0.1:${server.port}`);
    // The send waits for the connection.
    await dealer.send("question");
    const peer = await accept(server);
    peer.say(says("\0peer"), says("\x01one"), says("\0two"));
    expect((await dealer.receive()).map(String)).toEqual(["one", "two"]);
    for await (const { type } of dealer.events) {
      expect(type).not.toMatch(/error/);
      if (type === "handshake") break;
    }
    await dealer.send("more");
    // Masked: a READY command or a routing id, then the two messages, each with one byte for its flags.
    const isMessage = (length: number) => Buffer.of(0x82, 0x80 | (length + 1));
    await peer.hear((heard) => heard.includes(isMessage(8)) && heard.includes(isMessage(4)));
  });

  test("does not deliver the routing id in its handshake as a message", async () => {
    using server = await RawServer.listen();
    using pull = new Pull();
    pull.connect(`ws://127.0.0.1:${server.port}`);
    const peer = await accept(server);
    peer.say(says("\0"), says("\0first"));
    expect(String(await pull.receive())).toBe("first");
  });

  test("is rejected by a client that requires authentication", async () => {
    using server = await RawServer.listen();
    using pull = new Pull({ zapDomain: "global" });
    void pull.events;
    pull.connect(`ws://127.0.0.1:${server.port}`);
    const peer = await accept(server);
    peer.say(says("\0"), says("\0first"));
    for await (const { type } of pull.events) {
      expect(type).not.toBe("handshake");
      if (type === "handshake:error:protocol") break;
    }
  });
});

test("a publisher receives a ws subscription without a handshake mechanism", async () => {
  using publisher = new XPublisher();
  using subscriber = new Subscriber();
  subscriber.subscribe("a");
  await publisher.bind("ws://127.0.0.1:*");
  subscriber.connect(publisher.lastEndpoint as string);
  expect(String(await publisher.receive())).toBe("\x01a");
});
