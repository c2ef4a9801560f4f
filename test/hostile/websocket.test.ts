// Peers that violate the WebSocket protocol. Vendor patch libzmq/ws/peers.

import { describe, expect, test } from "vitest";
import { capability } from "zmq-native";
import { expectSurvival } from "../helpers/victim.js";
import {
  acceptKey,
  join,
  opcodes,
  property,
  RawPeer,
  RawServer,
  upgrade,
  webSocketFrame,
} from "../helpers/zmtp.js";

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const reason = capability.draft ? undefined : "this binary is built without ws";
if (reason) console.warn(`SKIP WebSocket peers: ${reason}`);

const bound = (type: string, options = "{}") => `
  const socket = new zmq.${type}(${options});
  await socket.bind("ws://127.0.0.1:*");
  say(socket.lastEndpoint);
`;

/** A ZMTP command in a WebSocket frame: a byte of flags comes first. */
const command = (name: string, ...parts: (string | Uint8Array)[]) =>
  webSocketFrame(join("\x02", Buffer.from([name.length]), name, ...parts));
const ready = (type: string) => command("READY", property("Socket-Type", type));
const message = (body: string) => webSocketFrame(`\0${body}`);
const hasAnswered = (heard: Buffer) => heard.includes("\r\n\r\n");

async function connectTo(endpoint: string, protocol = "ZWS2.0/NULL"): Promise<RawPeer> {
  const peer = await RawPeer.connect(endpoint);
  peer.say(upgrade(protocol));
  expect(await peer.hear(hasAnswered)).toBe(true);
  return peer;
}

/** Connects and performs the handshake, by NULL where there is a mechanism. */
async function enter(endpoint: string, protocol: string, type: string): Promise<RawPeer> {
  const peer = await connectTo(endpoint, protocol);
  peer.say(protocol === "ZWS2.0" ? webSocketFrame("\0id") : ready(type));
  if (protocol !== "ZWS2.0") await peer.hear((heard) => heard.includes("READY"));
  return peer;
}

describe.skipIf(reason)(`WebSocket${reason ? ` (skipped: ${reason})` : ""}`, () => {
  const request = upgrade("ZWS2.0").toString("latin1");

  test.each<[string, string | Buffer]>([
    ["another method", request.replace("GET", "PUT")],
    ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["zeroes", Buffer.alloc(20_000)],
    ["no headers", "GET / HTTP/1.1\r\n\r\n"],
    ["no key", upgrade("ZWS2.0", { "Sec-WebSocket-Key": "" })],
    ["no protocol", request.replace(/Sec-WebSocket-Protocol.*\r\n/, "")],
    ["another subprotocol", upgrade("chat")],
    ["a subprotocol of commas", upgrade(",".repeat(2000))],
    ["a header's name of 100 KB", `GET / HTTP/1.1\r\n${"x".repeat(100_000)}: y\r\n\r\n`],
    ["a header's value of 100 KB", `GET / HTTP/1.1\r\nx: ${"y".repeat(100_000)}\r\n\r\n`],
    ["a key of 2,049 bytes", upgrade("ZWS2.0", { "Sec-WebSocket-Key": "k".repeat(2049) })],
    ["a bare line feed", "GET / HTTP/1.1\nHost: x\n\n"],
  ])("a request with %s is rejected", async (_, said) => {
    await expectSurvival(bound("Pull"), async (endpoint) => {
      using peer = await RawPeer.connect(endpoint);
      peer.say(said);
      await peer.ended;
      expect(peer.heard.includes("101")).toBe(false);
    });
  });

  test.each<[string, Buffer]>([
    ["no mask", webSocketFrame("\0x", { masked: false })],
    ["a continuation of nothing", webSocketFrame("\0x", { opcode: opcodes.continuation })],
    [
      "a message before the rest of another",
      join(webSocketFrame("\0x", { final: false }), webSocketFrame("\0y")),
    ],
    ["a part of a ping", webSocketFrame("", { opcode: opcodes.ping, final: false })],
    ["a part above maxMessageSize", webSocketFrame("\0", { final: false, length: 100_000 })],
    [
      "parts that exceed maxMessageSize together",
      join(
        webSocketFrame(Buffer.alloc(40_000), { final: false }),
        webSocketFrame("", { opcode: opcodes.continuation, length: 25_538 }),
      ),
    ],
    [
      "an end of a message without flags",
      join(webSocketFrame("", { final: false }), webSocketFrame("", { opcode: opcodes.continuation })),
    ],
    ["text", webSocketFrame("\0x", { opcode: 1 })],
    ["a reserved opcode", webSocketFrame("\0x", { opcode: 7 })],
    ["no flags", webSocketFrame("")],
    ["a length of 2⁶³", webSocketFrame("\0", { length: 2n ** 63n })],
    ["a length of 2⁶⁴ - 1", webSocketFrame("\0", { length: 2n ** 64n - 1n })],
    ["a length above maxMessageSize", webSocketFrame("\0", { length: 100_000 })],
    ["a ping of such a length", webSocketFrame("", { opcode: opcodes.ping, length: 100_000 })],
  ])("a frame with %s closes the connection immediately", async (_, said) => {
    await expectSurvival(bound("Pull", "{ maxMessageSize: 65_536 }"), async (endpoint) => {
      for (const protocol of ["ZWS2.0", "ZWS2.0/NULL"]) {
        using peer = await enter(endpoint, protocol, "PUSH");
        peer.say(message("good"));
        await wait(50);
        peer.say(said);
        await Promise.race([peer.ended, wait(2000)]);
        expect(peer.isOpen).toBe(false);
      }
    });
  });

  test("control frames of every length and close frames do not abort the process at any moment", async () => {
    await expectSurvival(bound("Router", "{ linger: 0 }"), async (endpoint) => {
      for (const protocol of ["ZWS2.0", "ZWS2.0/NULL"]) {
        for (const opcode of [opcodes.ping, opcodes.pong, opcodes.close]) {
          for (const length of [0, 1, 125, 126, 65_536]) {
            const control = webSocketFrame(Buffer.alloc(length), { opcode });
            const rest = [
              protocol === "ZWS2.0" ? webSocketFrame("\0id") : ready("DEALER"),
              message("x"),
              control,
              control,
              message("y"),
            ];
            for (let at = 0; at <= rest.length; at += 2) {
              using peer = await connectTo(endpoint, protocol);
              peer.say(...rest.slice(0, at), control, ...rest.slice(at));
              peer.finish();
              await peer.ended;
            }
          }
        }
      }
    });
  });

  test("a peer without a mechanism receives heartbeats and its answers keep the connection open", async () => {
    const body = `${bound("Pull", "{ heartbeatInterval: 100, heartbeatTimeout: 1500 }")}
      say(String(await socket.receive()));`;
    await expectSurvival(body, async (endpoint, victim) => {
      using peer = await connectTo(endpoint, "ZWS2.0");
      peer.say(webSocketFrame("\0"));
      let answered = 0;
      for (let pings = 1; pings <= 20; pings++) {
        // Unmasked and empty: 0x89 0x00.
        const count = () => peer.heard.toString("latin1").split("\x89\0").length - 1;
        expect(await peer.hear(() => count() >= pings)).toBe(true);
        while (answered < count()) {
          peer.say(webSocketFrame("", { opcode: opcodes.pong }));
          answered++;
        }
      }
      peer.say(message("still here"));
      expect(await victim.hear()).toBe("still here");
    });
  });

  test("a peer that answers no heartbeat is disconnected", async () => {
    await expectSurvival(
      bound("Pull", "{ heartbeatInterval: 20, heartbeatTimeout: 100 }"),
      async (endpoint) => {
        for (const protocol of ["ZWS2.0", "ZWS2.0/NULL"]) {
          using peer = await connectTo(endpoint, protocol);
          peer.say(protocol === "ZWS2.0" ? webSocketFrame("\0") : ready("PUSH"));
          await peer.ended;
        }
      },
    );
  });

  test("a client without a mechanism cannot bypass a ZAP handler", async () => {
    const body = `
      const zap = new zmq.Router({ linger: 0 });
      await zap.bind("inproc://zeromq.zap.01");
      let asked = false;
      (async () => {
        for await (const [id, , version, request] of zap) {
          asked = true;
          await zap.send([id, "", version, request, "400", "no", "", ""]);
        }
      })().catch(() => {});
      ${bound("Pull", "{ zapDomain: 'global', linger: 0 }")}
      const received = [];
      (async () => { for await (const message of socket) received.push(String(message)); })().catch(() => {});
      await hear();
      say({ asked, received });`;
    await expectSurvival(body, async (endpoint, victim) => {
      using without = await RawPeer.connect(endpoint);
      without.say(upgrade("ZWS2.0"), webSocketFrame("\0"), message("in"));
      await without.ended;
      // A peer that sends more before the answer may be disconnected before the handler is asked.
      using hasty = await connectTo(endpoint, "ZWS2.0/NULL");
      hasty.say(ready("PUSH"), message("in"));
      await hasty.ended;
      using refused = await connectTo(endpoint, "ZWS2.0/NULL");
      refused.say(ready("PUSH"));
      // The peer must now close the connection. libzmq does so only when more data arrives or the handshake times out.
      expect(await refused.hear((heard) => heard.includes("ERROR"))).toBe(true);
      victim.say("what came?");
      expect(await victim.hear()).toEqual({ asked: true, received: [] });
    });
  });

  test("a client that sends no complete handshake in time is disconnected", async () => {
    await expectSurvival(bound("Pull", "{ handshakeInterval: 1500 }"), async (endpoint) => {
      using silent = await RawPeer.connect(endpoint);
      using slow = await RawPeer.connect(endpoint);
      slow.say(request.slice(0, 40));
      using half = await connectTo(endpoint, "ZWS2.0/NULL");
      await Promise.all([silent.ended, slow.ended, half.ended]);
      // Completed handshakes have no time limit.
      using good = await connectTo(endpoint, "ZWS2.0/NULL");
      good.say(ready("PUSH"));
      using plain = await connectTo(endpoint, "ZWS2.0");
      plain.say(webSocketFrame("\0"));
      await wait(2500);
      expect([good.isOpen, plain.isOpen]).toEqual([true, true]);
    });
  });

  test.each<[string, string]>([
    ["a subprotocol twice", "Sec-WebSocket-Protocol: ZWS2.0\r\nSec-WebSocket-Protocol: ZWS2.0/NULL\r\n"],
    ["one of its own", "Sec-WebSocket-Protocol: ZWS2.0/CURVE\r\n"],
    ["none", ""],
    ["a header of 100 KB", `x: ${"y".repeat(100_000)}\r\n`],
  ])("a Router does not abort when a server answers with %s", async (_, headers) => {
    using server = await RawServer.listen();
    const body = `
      const socket = new zmq.Router({ linger: 0, reconnectInterval: 10 });
      say("begun");
      socket.connect("ws://127.0.0.1:" + (await hear()) + "/");
    `;
    await expectSurvival(body, async (_, victim) => {
      victim.say(server.port);
      using peer = await server.accept();
      await peer.hear(hasAnswered);
      peer.say(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(peer.heard)}\r\n${headers}\r\n`,
        webSocketFrame("\0id", { masked: false }),
        webSocketFrame("\0x", { masked: false }),
      );
      await wait(100);
    });
  });
});
