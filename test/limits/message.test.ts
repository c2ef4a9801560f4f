// The limits of one message from a peer: maxFrames and maxMessageSize, on every transport and with every mechanism.

import { connect } from "node:net";
import nacl from "tweetnacl";
import { describe, expect, test } from "vitest";
import {
  capability,
  curveKeyPair,
  Dealer,
  type EventOfType,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Subscriber,
  XPublisher,
} from "zmq-native";
import { bodyOf, CurveClient } from "../helpers/curve.js";
import { freshGroup } from "../helpers/pgm.js";
import { patience, sanitizer, startProgram } from "../helpers/program.js";
import { freshEndpoint, whenFree } from "../helpers/transports.js";
import { until } from "../helpers/until.js";
import {
  command,
  frame,
  greeting,
  greetingOf2,
  hello,
  join,
  more,
  property,
  RawPeer,
  RawServer,
  ready,
  upgrade,
  webSocketFrame,
} from "../helpers/zmtp.js";

type Rejection = EventOfType<"message:rejected">;

const endpointOf = (socket: Socket) => socket.lastEndpoint as string;

/** The next rejection that a socket's observer reports. */
async function nextRejection(socket: Socket): Promise<Rejection> {
  for await (const event of socket.events) if (event.type === "message:rejected") return event;
  throw new Error("the observer ended without a rejection");
}

/** A message of this many frames, in ZMTP 2 and 3. */
const message = (count: number, body: string | Uint8Array = "x") =>
  join(...Array.from({ length: count }, (_, i) => frame(body, { flags: i < count - 1 ? more : 0 })));

describe("maxFrames", () => {
  test("is 65536 by default and can be set, also to no limit", () => {
    using pull = new Pull();
    expect(pull.maxFrames).toBe(65_536);
    pull.maxFrames = 1;
    expect(pull.maxFrames).toBe(1);
    using other = new Pull({ maxFrames: -1 });
    expect(other.maxFrames).toBe(-1);
  });

  test.each([0, -2])("rejects %s", (value) => {
    using pull = new Pull();
    expect(() => {
      pull.maxFrames = value;
    }).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(pull.maxFrames).toBe(65_536);
  });

  test.each(["tcp", "ipc"] as const)(
    "accepts exactly this many frames over %s and disconnects a peer that sends one more",
    async (transport) => {
      using pull = new Pull({ maxFrames: 10 });
      await pull.bind(freshEndpoint(transport));
      using peer = await RawPeer.enter(endpointOf(pull), "PUSH");
      peer.say(message(10));
      expect(await pull.receive()).toHaveLength(10);
      const rejection = nextRejection(pull);
      peer.say(message(11), message(1, "too late"));
      await peer.ended;
      const { reason, address } = await rejection;
      expect([reason, address]).toEqual(["frames", endpointOf(pull)]);
      // The next peer's message contains no frame of this one.
      using good = new Push();
      good.connect(endpointOf(pull));
      await good.send(["good", "peer"]);
      expect((await pull.receive()).map(String)).toEqual(["good", "peer"]);
      expect(pull.tryReceive()).toBeUndefined();
    },
  );

  test("accepts 65,536 frames by default and rejects 65,537", async () => {
    using pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    using peer = await RawPeer.enter(endpointOf(pull), "PUSH");
    peer.say(message(65_536));
    expect(await pull.receive()).toHaveLength(65_536);
    const rejection = nextRejection(pull);
    peer.say(message(65_537));
    await peer.ended;
    expect((await rejection).reason).toBe("frames");
  });

  test("sets no limit if it is -1", async () => {
    using pull = new Pull({ maxFrames: -1 });
    await pull.bind("tcp://127.0.0.1:*");
    using push = new Push();
    push.connect(endpointOf(pull));
    const sent = Array.from({ length: 70_000 }, () => "x");
    await push.send(sent);
    expect(await pull.receive()).toHaveLength(70_000);
  });

  test("counts each message separately", async () => {
    using pull = new Pull({ maxFrames: 3 });
    await pull.bind("tcp://127.0.0.1:*");
    using push = new Push();
    push.connect(endpointOf(pull));
    for (let i = 0; i < 100; i++) await push.send(["a", "b", String(i)]);
    for (let i = 0; i < 100; i++) expect(String((await pull.receive())[2])).toBe(String(i));
  });

  test("does not apply over inproc", async () => {
    using pull = new Pull({ maxFrames: 2, maxMessageSize: 1 });
    await pull.bind(freshEndpoint("inproc"));
    using push = new Push();
    push.connect(endpointOf(pull));
    await push.send(["more", "than", "two"]);
    expect(await pull.receive()).toHaveLength(3);
  });

  test("does not count a frame twice when the pipe is full", async () => {
    using pull = new Pull({ maxFrames: 3, receiveHighWaterMark: 1 });
    await pull.bind("tcp://127.0.0.1:*");
    using push = new Push();
    push.connect(endpointOf(pull));
    for (let i = 0; i < 50; i++) await push.send(["a", "b", String(i)]);
    for (let i = 0; i < 50; i++) expect((await pull.receive()).map(String)).toEqual(["a", "b", String(i)]);
  });

  test("does not delay messages of other peers while one peer floods", async () => {
    using pull = new Pull({ maxFrames: 100 });
    await pull.bind("tcp://127.0.0.1:*");
    using good = new Push();
    good.connect(endpointOf(pull));
    for (let i = 0; i < 20; i++) {
      using bad = await RawPeer.enter(endpointOf(pull), "PUSH");
      bad.say(message(1000));
      await good.send(["good", String(i)]);
      expect((await pull.receive()).map(String)).toEqual(["good", String(i)]);
      await bad.ended;
    }
    expect(pull.tryReceive()).toBeUndefined();
  });
});

/** By the type of the bound socket: the class that connects to it, and its type as a raw peer. */
const types: [name: string, make: () => Socket, peer: string, envelope: Buffer][] = [
  ["Pull", () => new Pull({ maxFrames: 5 }), "PUSH", join()],
  ["Dealer", () => new Dealer({ maxFrames: 5 }), "DEALER", join()],
  ["Router", () => new Router({ maxFrames: 5 }), "DEALER", join()],
  ["Reply", () => new Reply({ maxFrames: 5 }), "REQ", frame("", { flags: more })],
  ["Request", () => new Request({ maxFrames: 5 }), "REP", frame("", { flags: more })],
  ["XPublisher", () => new XPublisher({ maxFrames: 5 }), "XSUB", join()],
  ["Publisher", () => new Publisher({ maxFrames: 5 }), "SUB", join()],
  ["Subscriber", () => new Subscriber({ maxFrames: 5 }), "PUB", join()],
];

describe("maxFrames of every receiving socket type", () => {
  test.each(types)("disconnects a peer that sends too many frames: %s", async (_, make, type, envelope) => {
    using socket = make();
    await socket.bind("tcp://127.0.0.1:*");
    const rejection = nextRejection(socket);
    using peer = await RawPeer.enter(endpointOf(socket), type);
    peer.say(envelope, message(6 - (envelope.length > 0 ? 1 : 0)));
    await peer.ended;
    expect((await rejection).reason).toBe("frames");
  });

  test("closes the connection of a connecting socket", async () => {
    using server = await RawServer.listen();
    using pull = new Pull({ maxFrames: 5 });
    const rejection = nextRejection(pull);
    pull.connect(`tcp://127.0.0.1:${server.port}`);
    const peer = await server.accept();
    peer.say(hello("PUSH"));
    await peer.hear((heard) => heard.includes("READY"));
    peer.say(message(6));
    await peer.ended;
    expect(await rejection).toMatchObject({ reason: "frames", address: `tcp://127.0.0.1:${server.port}` });
  });

  test("counts SUBSCRIBE commands with the MORE flag", async () => {
    using publisher = new XPublisher({ maxFrames: 5 });
    await publisher.bind("tcp://127.0.0.1:*");
    const rejection = nextRejection(publisher);
    using peer = await RawPeer.enter(endpointOf(publisher), "SUB");
    const subscription = command("SUBSCRIBE", "topic");
    subscription[0]! |= more;
    for (let i = 0; i < 6; i++) peer.say(subscription);
    await peer.ended;
    expect((await rejection).reason).toBe("frames");
  });

  test("disconnects a peer of ZMTP 2", async () => {
    using pull = new Pull({ maxFrames: 5 });
    await pull.bind("tcp://127.0.0.1:*");
    const rejection = nextRejection(pull);
    using peer = await RawPeer.connect(endpointOf(pull));
    peer.say(greetingOf2(8), frame(""), message(6));
    await peer.ended;
    expect((await rejection).reason).toBe("frames");
  });

  test.skipIf(!zmqHasWebSocket())("disconnects a peer over WebSocket", async () => {
    using pull = new Pull({ maxFrames: 5, maxMessageSize: 100 });
    await pull.bind("ws://127.0.0.1:*");
    for (const [parts, reason] of [
      [["x", "x", "x", "x", "x", "x"], "frames"],
      [["x".repeat(60), "x".repeat(60)], "size"],
      [["x".repeat(101)], "size"],
    ] as const) {
      const rejection = nextRejection(pull);
      using peer = await RawPeer.connect(endpointOf(pull));
      peer.say(upgrade("ZWS2.0"));
      await peer.hear((heard) => heard.includes("\r\n\r\n"));
      // An empty routing id, then frames that all have the MORE flag.
      peer.say(webSocketFrame("\0"), ...parts.map((part) => webSocketFrame(`\x01${part}`)));
      await peer.ended;
      expect((await rejection).reason).toBe(reason);
    }
  });
});

function zmqHasWebSocket(): boolean {
  try {
    using pull = new Pull();
    pull.bindSync("ws://127.0.0.1:*");
    return true;
  } catch {
    console.warn("SKIP WebSocket: this build has none");
    return false;
  }
}

describe("maxMessageSize", () => {
  test("limits the sum of a message's frames", async () => {
    using pull = new Pull({ maxMessageSize: 1000 });
    await pull.bind("tcp://127.0.0.1:*");
    using peer = await RawPeer.enter(endpointOf(pull), "PUSH");
    peer.say(message(10, Buffer.alloc(100)));
    expect(await pull.receive()).toHaveLength(10);
    // Several messages together may be larger.
    peer.say(message(9, Buffer.alloc(100)), message(9, Buffer.alloc(100)));
    expect(await pull.receive()).toHaveLength(9);
    expect(await pull.receive()).toHaveLength(9);
    const rejection = nextRejection(pull);
    peer.say(
      ...Array.from({ length: 9 }, () => frame(Buffer.alloc(100), { flags: more })),
      frame(Buffer.alloc(101)),
    );
    await peer.ended;
    expect((await rejection).reason).toBe("size");
  });

  test("emits an event for a single frame that is too large", async () => {
    using pull = new Pull({ maxMessageSize: 1000 });
    await pull.bind("tcp://127.0.0.1:*");
    const rejection = nextRejection(pull);
    using peer = await RawPeer.enter(endpointOf(pull), "PUSH");
    peer.say(frame("", { length: 1001 }));
    await peer.ended;
    expect((await rejection).reason).toBe("size");
  });
});

describe("maxMessageSize and commands", () => {
  // Without vendor patch libzmq/resources/command-limits, a handshake has this limit, and a subscription has 10 bytes less.
  test("limits the topic of a subscription", async () => {
    using publisher = new XPublisher({ maxMessageSize: 5, receiveTimeout: patience });
    await publisher.bind("tcp://127.0.0.1:*");
    using subscriber = new Subscriber();
    subscriber.connect(endpointOf(publisher));
    subscriber.subscribe("12345");
    expect(String(await publisher.receive())).toBe("\x0112345");
    const rejection = nextRejection(publisher);
    subscriber.subscribe("123456");
    expect((await rejection).reason).toBe("size");
  });

  // Without that patch, these sockets take the command for a message.
  test("sockets without subscribers drop the commands of subscriptions", async () => {
    using pull = new Pull({ receiveTimeout: patience });
    await pull.bind("tcp://127.0.0.1:*");
    using peer = await RawPeer.connect(endpointOf(pull));
    peer.say(hello("PUSH"));
    await pull.waitForPeers();
    peer.say(command("SUBSCRIBE", "topic"), command("CANCEL", "topic"), frame("message"));
    expect(String(await pull.receive())).toBe("message");
  });

  /** A command READY of this many bytes. */
  const readyOf = (size: number) => {
    const name = "X-Fill";
    const bytes = bodyOf(ready("PUSH")).length + property(name, "").length;
    return ready("PUSH", property(name, Buffer.alloc(size - bytes)));
  };
  test.each([
    ["0, with 8 KiB", 0, 8192, undefined],
    ["0, with more", 0, 8193, "size"],
    ["20,000, with as many bytes", 20_000, 20_000, undefined],
    ["20,000, with more", 20_000, 20_001, "size"],
    ["no limit, with 100,000 bytes", -1, 100_000, undefined],
  ])("limits a handshake: %s", async (_, maxMessageSize, size, reason) => {
    using pull = new Pull({ maxMessageSize });
    await pull.bind("tcp://127.0.0.1:*");
    const rejection = reason && nextRejection(pull);
    using peer = await RawPeer.connect(endpointOf(pull));
    peer.say(greeting(), readyOf(size));
    if (rejection === undefined) await pull.waitForPeers();
    else {
      await peer.ended;
      expect((await (rejection as Promise<Rejection>)).reason).toBe(reason);
    }
  });

  test("limits a message that says it is a command", async () => {
    using pull = new Pull({ maxMessageSize: 10 });
    await pull.bind("tcp://127.0.0.1:*");
    using peer = await RawPeer.enter(endpointOf(pull), "PUSH");
    // A command that nobody knows is ignored.
    peer.say(command("UNKNOWN", Buffer.alloc(1000)), frame("good"));
    expect(String(await pull.receive())).toBe("good");
    const rejection = nextRejection(pull);
    peer.say(command("UNKNOWN", Buffer.alloc(10_000)));
    await peer.ended;
    expect((await rejection).reason).toBe("size");
  });
});

/** Answers this many ZAP requests with a user id that is longer than the longest allowed message. */
async function admit(handler: Reply, requests: number): Promise<void> {
  for (let i = 0; i < requests; i++) {
    const [version, id] = await handler.receive();
    await handler.send([version!, id!, "200", "OK", "user".repeat(500), ""]);
  }
}

const server = curveKeyPair();
const client = curveKeyPair();
const mechanisms: [name: string, bound: object, connected: object][] = [
  ["NULL", {}, {}],
  ["PLAIN", { plainServer: true }, { plainUsername: "user", plainPassword: "secret" }],
];
if (capability.curve) {
  mechanisms.push([
    "CURVE",
    { curveServer: true, curveSecretKey: server.secretKey },
    {
      curveServerKey: server.publicKey,
      curvePublicKey: client.publicKey,
      curveSecretKey: client.secretKey,
    },
  ]);
}

describe.each(mechanisms)("by %s", (_, bound, connected) => {
  test.each([
    ["frames", Array.from({ length: 21 }, () => "x")],
    ["size", Array.from({ length: 11 }, () => Buffer.alloc(100))],
  ] as const)(
    "rejects a message with too many %s and accepts the largest allowed one",
    async (reason, sent) => {
      using handler = new Reply();
      await whenFree(() => handler.bindSync("inproc://zeromq.zap.01"));
      if (Object.keys(bound).length > 0) void admit(handler, 2);
      using pull = new Pull({ maxFrames: 20, maxMessageSize: 1000, ...bound });
      await pull.bind("tcp://127.0.0.1:*");
      using push = new Push({ linger: 0, reconnectInterval: -1, ...connected });
      push.connect(endpointOf(pull));
      await push.send(sent.slice(1));
      expect(await pull.receive()).toHaveLength(sent.length - 1);
      const rejection = nextRejection(pull);
      await push.send([...sent]);
      expect((await rejection).reason).toBe(reason);
      using good = new Push({ ...connected });
      good.connect(endpointOf(pull));
      await good.send("good");
      expect((await pull.receive()).map(String)).toEqual(["good"]);
    },
  );

  // Without vendor patches libzmq/resources/command-limits and curve-frames, the limit applies to the handshake, to heartbeats
  // and to the boxes of CURVE.
  test("lets peers join however small maxMessageSize is, and accepts a message of that size", async () => {
    for (const transport of zmqHasWebSocket() ? (["tcp", "ws"] as const) : (["tcp"] as const)) {
      using handler = new Reply();
      await whenFree(() => handler.bindSync("inproc://zeromq.zap.01"));
      if (Object.keys(bound).length > 0) void admit(handler, 1);
      const limits = { maxMessageSize: 5, heartbeatInterval: 10, heartbeatTimeout: 60_000, linger: 0 };
      using router = new Router({ ...limits, receiveTimeout: patience, ...bound });
      await router.bind(`${transport}://127.0.0.1:*`);
      const routingId = "longer than a message";
      using dealer = new Dealer({ ...limits, receiveTimeout: patience, routingId, ...connected });
      dealer.connect(endpointOf(router));
      await dealer.send("12345");
      expect((await router.receive()).map(String)).toEqual([routingId, "12345"]);
      await router.send([routingId, "54321"]);
      expect(String(await dealer.receive())).toBe("54321");
      const [peer] = router.peers;
      const { bytesReceived } = peer!.statistics();
      // A heartbeat and its answer have at least two bytes each.
      await until(() => peer!.statistics().bytesReceived > bytesReceived + 20, true);
      const rejection = nextRejection(router);
      await dealer.send("123456");
      expect((await rejection).reason).toBe("size");
    }
  });
});

test.skipIf(!capability.curve)("rejects an endless message by CURVE", async () => {
  const keys = nacl.box.keyPair();
  const curveSecretKey = Buffer.from(keys.secretKey) as unknown as string;
  using pull = new Pull({ curveServer: true, curveSecretKey, maxFrames: 1000 });
  await pull.bind("tcp://127.0.0.1:*");
  const rejection = nextRejection(pull);
  using peer = await RawPeer.connect(endpointOf(pull));
  const curve = new CurveClient(keys.publicKey);
  peer.say(greeting("CURVE"), curve.hello());
  await peer.hearBytes(64 + 170);
  peer.say(curve.initiate(bodyOf(peer.heard.subarray(64)), property("Socket-Type", "PUSH")));
  await peer.hear((heard) => heard.includes("READY"));
  for (let i = 0; i < 1001; i++) peer.say(curve.message("x", { flags: 1 }));
  await peer.ended;
  expect((await rejection).reason).toBe("frames");
});

// A sanitizer keeps freed memory for a while to detect later uses.
const reason = sanitizer && `${sanitizer} keeps memory of its own`;
if (reason) console.warn(`SKIP memory of large messages: ${reason}`);

describe.skipIf(reason)("memory of a program that never receives", () => {
  const start = (options: string) =>
    startProgram(`
    const pull = new zmq.Pull(${options});
    const { getHeapStatistics } = require("node:v8");
    let peak = process.memoryUsage().rss;
    setInterval(() => { peak = Math.max(peak, process.memoryUsage().rss); }, 10).unref();
    await pull.bind("tcp://127.0.0.1:*");
    const first = process.memoryUsage().rss;
    pull.events.on("message:rejected", ({ reason }) => say({ reason, grown: Math.max(peak, process.memoryUsage().rss) - first }));
    say(pull.lastEndpoint);
    await hear();
  `);

  /** Sends `parts` repeatedly until the other end disconnects. */
  async function flood(endpoint: string, begin: Buffer, part: Buffer): Promise<number> {
    const peer = connect(Number(endpoint.slice(endpoint.lastIndexOf(":") + 1)), "127.0.0.1");
    peer.on("error", () => {});
    const closed = new Promise<void>((resolve) => peer.once("close", () => resolve()));
    peer.write(begin);
    let heard = "";
    await new Promise<void>((resolve) => {
      peer.on("data", (data) => {
        heard += data.toString("latin1");
        // Earlier frames are not messages.
        if (heard.includes("READY")) resolve();
      });
    });
    let sent = 0;
    while (!peer.destroyed && sent < 2e9) {
      sent += part.length;
      if (!peer.write(part)) {
        const drained = new Promise<void>((resolve) => peer.once("drain", resolve));
        await Promise.race([drained, closed]);
      }
    }
    peer.destroy();
    return sent;
  }

  test("grows by no more than 65,536 of 26 million one-byte frames", async () => {
    await using program = start("{ maxMessageSize: 100_000_000, receiveHighWaterMark: 10 }");
    const endpoint = await program.hear<string>();
    const frames = Buffer.alloc(3 * 100_000);
    for (let i = 0; i < frames.length; i += 3) frames.set([more, 1, 120], i);
    const sent = await flood(endpoint, hello("PUSH"), frames);
    const { reason, grown } = await program.hear<{ reason: string; grown: number }>();
    expect(reason).toBe("frames");
    expect(grown).toBeLessThan(40e6);
    expect(sent).toBeLessThan(26e6 * 3);
  });

  test("grows by no more than maxMessageSize under an endless message of large frames", async () => {
    await using program = start("{ maxMessageSize: 10_000_000 }");
    const endpoint = await program.hear<string>();
    const sent = await flood(endpoint, hello("PUSH"), frame(Buffer.alloc(50_000), { flags: more }));
    const { reason, grown } = await program.hear<{ reason: string; grown: number }>();
    expect(reason).toBe("size");
    expect(grown).toBeLessThan(60e6);
    expect(sent).toBeLessThan(1e9);
  });
});

if (!capability.draft) console.warn("SKIP Dish: this build has no draft sockets");

test.skipIf(!capability.draft)(
  "a Dish drops a datagram above maxMessageSize, and receives the next one",
  async () => {
    const { Dish, Radio } = await import("zmq-native/draft");
    using radio = new Radio({ linger: 0 });
    using dish = new Dish({ maxMessageSize: 10 });
    dish.join("group");
    const { port } = await freshGroup();
    await dish.bind(`udp://127.0.0.1:${port}`);
    const rejection = nextRejection(dish);
    radio.connect(endpointOf(dish));
    await radio.send("much too long for it", { group: "group" });
    expect((await rejection).reason).toBe("size");
    await radio.send("short", { group: "group" });
    expect(String((await dish.receive())[0])).toBe("short");
  },
);
