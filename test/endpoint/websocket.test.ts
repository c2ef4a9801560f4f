// Standard WebSocket over ws: handshakes of other implementations, and paths.

import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { Dealer, Pull, Push, Router, Subscriber, XPublisher } from "zmq-native";
import { join, opcodes, RawPeer, RawServer, ready, upgrade, webSocketFrame } from "../helpers/zmtp.js";

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
  // libzmq rejects all but the first without vendor/patches/libzmq/ws/http-request.patch.
  test.each([
    { Connection: "Upgrade" },
    { Connection: "keep-alive, Upgrade" },
    { Connection: "upgrade,keep-alive" },
    { Connection: "close , UPGRADE\t" },
    { Upgrade: "h2c, WebSocket" },
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
    expect(String(request)).toContain("\r\nHost: 127.0.0.1\r\n");
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
    peer.say(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
      `Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
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
