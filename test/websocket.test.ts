// ws as the web speaks it: handshakes of others, and paths.

import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { Pull, Push } from "zmq-native";

/** What a ws server answers to a handshake with these headers, up to the end of the headers; empty if it hangs up. */
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

describe("handshakes", () => {
  // All but the first are refused without vendor/patches/libzmq-0014-ws-header-lists.patch.
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
    // By RFC 6455.
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
  ])("%o is not accepted", async (headers) => {
    using pull = new Pull();
    await pull.bind("ws://127.0.0.1:*");
    expect(await shakeHands(pull.lastEndpoint as string, headers)).toBe("");
  });
});

describe("paths", () => {
  // Only the first two work without vendor/patches/libzmq-0015-ws-paths.patch.
  test.each(["", "/a", "/a/b", "/a/b/", "//", "/a/b?c=d/e"])("of a server and a client: %j", async (path) => {
    using pull = new Pull({ receiveTimeout: 5000 });
    await pull.bind(`ws://127.0.0.1:*${path}`);
    expect(new URL(pull.lastEndpoint as string).port).toMatch(/^\d+$/);
    expect(pull.lastEndpoint).toMatch(new RegExp(`:\\d+${(path || "/").replace("?", "\\?")}$`));
    using push = new Push();
    push.connect(pull.lastEndpoint as string);
    await push.send("text");
    expect((await pull.receive()).map(String)).toEqual(["text"]);
  });

  test.each([
    ["", "/"],
    ["/a/b", "/a/b"],
    ["/a/b?c=d/e", "/a/b?c=d/e"],
  ])("%j is asked for as %j", async (path, asked) => {
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

  test("one that does not fit into a request is refused", async () => {
    using push = new Push();
    const path = `/${"x".repeat(9000)}`;
    expect(() => push.connect(`ws://127.0.0.1:1${path}`)).toThrow(
      expect.objectContaining({ code: "EINVAL" }),
    );
    await expect(push.bind(`ws://127.0.0.1:*${path}`)).rejects.toMatchObject({ code: "EINVAL" });
  });
});
