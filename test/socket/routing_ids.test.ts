// Routing ids that peers change or share.

import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  Context,
  capability,
  Dealer,
  type EventOfType,
  type EventType,
  Reply,
  Request,
  Router,
} from "zmq-native";
import { patience } from "../helpers/program.js";
import { freshEndpoint, whenFree } from "../helpers/transports.js";
import { accepted, frame, greetingOf2, RawPeer, RawServer, webSocketFrame } from "../helpers/zmtp.js";

const options = { linger: 0, receiveTimeout: patience };
const strings = (frames: readonly Buffer[]) => frames.map(String);
/** The first bytes of a socket without a routing id, in any version. */
const signature = Buffer.from("ff00000000000000017f", "hex");
/** A peer without a mechanism. */
interface Peer {
  /** The bytes before its id, which has one byte. */
  greeting: Buffer;
  /** The rest of its id. */
  id(id: string): Buffer;
  message(body: string): Buffer;
  /** All bytes that it receives if it is the second one. */
  heard: Buffer;
}
/** Calls back for the next event of a type. */
function once<E extends EventType>(
  router: Router | Reply,
  type: E,
  listener: (event: EventOfType<E>) => void,
) {
  const callback = (event: EventOfType<E>) => {
    router.events.off(type, callback);
    listener(event);
  };
  router.events.on(type, callback);
}
const next = (router: Router, type: "handshake" | "disconnect") =>
  new Promise<void>((resolve) => once(router, type, () => resolve()));
const duplicate = (router: Router | Reply) =>
  new Promise<EventOfType<"handshake:error:other">>((resolve) =>
    once(router, "handshake:error:other", resolve),
  );

describe.each(["tcp", "ipc", "ws"])("a Router that connects over %s", (transport) => {
  const endpoint = () => (transport === "ws" ? "ws://127.0.0.1:*" : freshEndpoint(transport as "tcp"));

  test.each([
    ["another routing id", "A", "B"],
    ["no routing id any more", "A", ""],
    ["a routing id now", "", "B"],
  ])("addresses a peer that returns with %s", async (_, first, second) => {
    const open = (routingId: string) => new Dealer({ ...options, ...(routingId && { routingId }) });
    using router = new Router({ ...options, mandatory: true, reconnectInterval: 10 });
    const before = open(first);
    await before.bind(endpoint());
    const address = before.lastEndpoint as string;
    router.connect(address);
    await before.send("first");
    const [id1, message1] = await router.receive();
    expect([first ? String(id1) : id1!.length, String(message1)]).toEqual([first || 5, "first"]);
    before.close();
    using after = open(second);
    await whenFree(() => after.bind(address));
    await after.send("second");
    const [id2, message2] = await router.receive();
    expect([second ? String(id2) : id2!.length, String(message2)]).toEqual([second || 5, "second"]);
    await router.send([id2!, "answer"]);
    expect(strings(await after.receive())).toEqual(["answer"]);
    await expect(router.send([id1!, "lost"])).rejects.toMatchObject({ code: "EHOSTUNREACH" });
  });

  test("sends to a peer that returns with another routing id, even without a receive", async () => {
    using router = new Router({ ...options, mandatory: true, reconnectInterval: 10 });
    let bound = new Dealer({ ...options, routingId: "A" });
    await bound.bind(endpoint());
    const address = bound.lastEndpoint as string;
    router.connect(address);
    for (const routingId of ["A", "B", "A", "C"]) {
      if (routingId !== bound.routingId || bound.closed) {
        bound.close();
        bound = new Dealer({ ...options, routingId });
        await whenFree(() => bound.bind(address));
      }
      for (;;) {
        try {
          await router.send([routingId, `for ${routingId}`]);
          break;
        } catch (error) {
          if ((error as { code?: string }).code !== "EHOSTUNREACH") throw error;
          await new Promise(setImmediate);
        }
      }
      expect(strings(await bound.receive())).toEqual([`for ${routingId}`]);
    }
    bound.close();
  });

  test("keeps the messages for a peer that returns with the same routing id", async () => {
    using router = new Router({ ...options, reconnectInterval: 10 });
    const before = new Dealer({ ...options, routingId: "A" });
    await before.bind(endpoint());
    const address = before.lastEndpoint as string;
    router.connect(address);
    await before.send("hello");
    await router.receive();
    const gone = next(router, "disconnect");
    before.close();
    await gone;
    await router.send(["A", "while you were out"]);
    using after = new Dealer({ ...options, routingId: "A" });
    await whenFree(() => after.bind(address));
    expect(strings(await after.receive())).toEqual(["while you were out"]);
  });

  test("keeps a routing id that it has assigned", async () => {
    using router = new Router({ ...options, mandatory: true, reconnectInterval: 10 });
    const before = new Dealer({ ...options, routingId: "A" });
    await before.bind(endpoint());
    const address = before.lastEndpoint as string;
    router.connect(address, { routingId: "mine" });
    await before.send("first");
    expect(strings(await router.receive())).toEqual(["mine", "first"]);
    before.close();
    using after = new Dealer({ ...options, routingId: "B" });
    await whenFree(() => after.bind(address));
    await after.send("second");
    expect(strings(await router.receive())).toEqual(["mine", "second"]);
    await router.send(["mine", "answer"]);
    expect(strings(await after.receive())).toEqual(["answer"]);
  });
});

test("a Router that connects to peers of ZMTP 2 follows their routing ids", async () => {
  using server = await RawServer.listen();
  using router = new Router({ ...options, reconnectInterval: 10 });
  router.connect(`tcp://127.0.0.1:${server.port}`);
  const dealer = 5;
  for (const id of ["A", "B", "B"]) {
    using peer = await server.accept();
    peer.say(greetingOf2(dealer), frame(id), frame(`of ${id}`));
    expect(strings(await router.receive())).toEqual([id, `of ${id}`]);
    await router.send([id, "answer"]);
    expect(await peer.hear((heard) => heard.includes("answer"))).toBe(true);
  }
});

describe("a Router that reconnects to a peer without a mechanism", () => {
  const dealer = 5;
  const versioned = {
    greeting: greetingOf2(dealer),
    id: (id: string) => frame(id),
    message: (body: string) => frame(body),
    heard: Buffer.concat([signature, Buffer.from([3, 6]), frame(""), frame("for B")]),
  };
  /** A frame of ZMTP 1.0. */
  const frameOf1 = (body: string) =>
    Buffer.from(`${String.fromCharCode(body.length + 1)}\0${body}`, "latin1");
  const kinds: [string, Peer][] = [
    ["ZMTP 2.0", versioned],
    [
      "ZMTP 1.0",
      {
        // The first byte of the frame with its id shows its version.
        greeting: frameOf1("A").subarray(0, 1),
        id: (id: string) => frameOf1(id).subarray(1),
        message: frameOf1,
        heard: Buffer.concat([signature, frameOf1("for B")]),
      },
    ],
  ];

  /** Connects a Router to a peer of id A, which sends a message and disconnects. */
  async function loseFirst(server: RawServer, router: Router, peer: Peer): Promise<void> {
    router.connect(`tcp://127.0.0.1:${server.port}`);
    using first = await server.accept();
    first.say(peer.greeting, peer.id("A"), peer.message("of A"));
    expect(strings(await router.receive())).toEqual(["A", "of A"]);
    const lost = next(router, "disconnect");
    first.finish();
    await lost;
  }

  test.each(kinds)("sends nothing of %s before the peer has sent its id", async (_, peer) => {
    using server = await RawServer.listen();
    using router = new Router({ ...options, mandatory: true, reconnectInterval: 10 });
    await loseFirst(server, router, peer);
    await router.send(["A", "for A", ...Array.from({ length: 8 }, () => Buffer.alloc(1 << 20))]);
    using second = await server.accept();
    second.say(peer.greeting);
    // Its handshake proceeds as far as possible without the id.
    await second.hearBytes(signature.length + (peer === versioned ? 4 : 0));
    second.pause();
    await delay(100);
    second.say(peer.id("B"), peer.message("of B"));
    expect(strings(await router.receive())).toEqual(["B", "of B"]);
    await router.send(["B", "for B"]);
    second.resume();
    await second.hear((heard) => heard.includes("for B"));
    expect(second.heard.toString("latin1")).toBe(peer.heard.toString("latin1"));
  });

  test.each(kinds)(
    "sends by %s the messages queued for a peer once it has sent the same id",
    async (_, peer) => {
      using server = await RawServer.listen();
      using router = new Router({ ...options, mandatory: true, reconnectInterval: 10 });
      await loseFirst(server, router, peer);
      await router.send(["A", "queued"]);
      using second = await server.accept();
      second.say(peer.greeting);
      await second.hearBytes(signature.length);
      await delay(50);
      second.say(peer.id("A"));
      expect(await second.hear((heard) => heard.includes("queued"))).toBe(true);
    },
  );
});

test("two Routers, one of them with ZMTP 2, do not wait for each other", async () => {
  using router = new Router({ ...options, mandatory: true });
  await router.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.connect(router.lastEndpoint as string);
  // Like libzmq 3.2, it sends its id after the greetings.
  peer.say(greetingOf2(6));
  expect(await peer.hear((heard) => heard.subarray(-2).equals(frame("")))).toBe(true);
  peer.say(frame("A"), frame("of A"));
  expect(strings(await router.receive())).toEqual(["A", "of A"]);
  await router.send(["A", "answer"]);
  expect(await peer.hear((heard) => heard.includes("answer"))).toBe(true);
});

test.runIf(capability.draft)(
  "a Router sends nothing over ws, by ZWS2.0, before the peer has sent its id",
  async () => {
    using server = await RawServer.listen();
    using router = new Router({ ...options, mandatory: true, reconnectInterval: 10 });
    router.connect(`ws://127.0.0.1:${server.port}`);
    const accept = async () => {
      const peer = await server.accept();
      await peer.hear((heard) => heard.includes("\r\n\r\n"));
      peer.say(accepted(peer.heard, "ZWS2.0"));
      return peer;
    };
    const message = (body: string) => webSocketFrame(`\0${body}`, { masked: false });
    {
      using first = await accept();
      first.say(message("A"), message("of A"));
      expect(strings(await router.receive())).toEqual(["A", "of A"]);
      const lost = next(router, "disconnect");
      first.finish();
      await lost;
    }
    await router.send(["A", "for A"]);
    using second = await accept();
    const request = second.heard.length;
    // The header, the mask and the flags of an empty routing id.
    const id = 2 + 4 + 1;
    await second.hearBytes(request + id);
    await delay(100);
    expect(second.heard.length).toBe(request + id);
    second.say(message("B"), message("of B"));
    expect(strings(await router.receive())).toEqual(["B", "of B"]);
    await router.send(["B", "answer"]);
    await second.hearBytes(request + id + id + "answer".length);
    await delay(50);
    expect(second.heard.length).toBe(request + id + id + "answer".length);
  },
);

describe("a routing id in use", () => {
  test("emits an event, and messages of the second peer arrive when the first has disconnected", async () => {
    using router = new Router({ ...options, mandatory: true });
    await router.bind("tcp://127.0.0.1:*");
    const reported = duplicate(router);
    const first = new Dealer({ ...options, routingId: "A" });
    first.connect(router.lastEndpoint as string);
    await first.send("first");
    expect(strings(await router.receive())).toEqual(["A", "first"]);
    using second = new Dealer({ ...options, routingId: "A" });
    second.connect(router.lastEndpoint as string);
    await second.send("second");
    const { error, remoteAddress } = await reported;
    expect(error.code).toBe("EADDRINUSE");
    expect(remoteAddress).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    await router.send(["A", "for the first"]);
    expect(strings(await first.receive())).toEqual(["for the first"]);
    expect(router.tryReceive()).toBeUndefined();
    first.close();
    expect(strings(await router.receive())).toEqual(["A", "second"]);
    await router.send(["A", "for the second"]);
    expect(strings(await second.receive())).toEqual(["for the second"]);
  });

  test("emits an event over inproc", async () => {
    using router = new Router(options);
    await router.bind("inproc://duplicate");
    const reported = duplicate(router);
    using first = new Dealer({ ...options, routingId: "A" });
    using second = new Dealer({ ...options, routingId: "A" });
    for (const dealer of [first, second]) dealer.connect("inproc://duplicate");
    await first.send("first");
    expect(strings(await router.receive())).toEqual(["A", "first"]);
    expect((await reported).error.code).toBe("EADDRINUSE");
  });

  test("emits an event on a Reply", async () => {
    using reply = new Reply(options);
    await reply.bind("tcp://127.0.0.1:*");
    const reported = duplicate(reply);
    const first = new Request({ ...options, routingId: "A" });
    first.connect(reply.lastEndpoint as string);
    await first.send("first");
    expect(strings(await reply.receive())).toEqual(["first"]);
    using second = new Request({ ...options, routingId: "A" });
    second.connect(reply.lastEndpoint as string);
    await second.send("second");
    expect((await reported).error.code).toBe("EADDRINUSE");
    await reply.send("answer to the first");
    expect(strings(await first.receive())).toEqual(["answer to the first"]);
    first.close();
    expect(strings(await reply.receive())).toEqual(["second"]);
    await reply.send("answer to the second");
    expect(strings(await second.receive())).toEqual(["answer to the second"]);
  });

  test("drops the messages of second peers that disconnect", async () => {
    using router = new Router(options);
    await router.bind("tcp://127.0.0.1:*");
    using first = new Dealer({ ...options, routingId: "A" });
    first.connect(router.lastEndpoint as string);
    await first.send("first");
    await router.receive();
    for (let i = 0; i < 20; i++) {
      const reported = duplicate(router);
      const gone = next(router, "disconnect");
      const second = new Dealer({ ...options, routingId: "A" });
      second.connect(router.lastEndpoint as string);
      await second.send("never heard");
      await reported;
      second.close();
      await gone;
    }
    await first.send("again");
    expect(strings(await router.receive())).toEqual(["A", "again"]);
    expect(router.tryReceive()).toBeUndefined();
  });

  test("passes to the new peer with `handover`", async () => {
    using router = new Router({ ...options, handover: true });
    await router.bind("tcp://127.0.0.1:*");
    let reports = 0;
    router.events.on("handshake:error:other", () => reports++);
    using first = new Dealer({ ...options, routingId: "A" });
    first.connect(router.lastEndpoint as string);
    await first.send("first");
    expect(strings(await router.receive())).toEqual(["A", "first"]);
    using second = new Dealer({ ...options, routingId: "A" });
    second.connect(router.lastEndpoint as string);
    await second.send("second");
    expect(strings(await router.receive())).toEqual(["A", "second"]);
    await router.send(["A", "for the second"]);
    expect(strings(await second.receive())).toEqual(["for the second"]);
    expect(reports).toBe(0);
  });

  test.each([false, true])(
    "stays with a peer that reconnects while its messages are unread, in order (handover: %s)",
    async (handover) => {
      using router = new Router({ ...options, mandatory: true, handover });
      await router.bind("tcp://127.0.0.1:*");
      let reports = 0;
      router.events.on("handshake:error:other", () => reports++);
      for (let i = 0; i < 5; i++) {
        const peer = new Dealer({ linger: -1, routingId: "A" });
        const gone = next(router, "disconnect");
        peer.connect(router.lastEndpoint as string);
        for (let j = 0; j < 10; j++) await peer.send(String(10 * i + j));
        peer.close();
        await gone;
      }
      using last = new Dealer({ ...options, routingId: "A" });
      last.connect(router.lastEndpoint as string);
      await last.send("50");
      for (let i = 0; i <= 50; i++) expect(strings(await router.receive())).toEqual(["A", String(i)]);
      await router.send(["A", "answer"]);
      expect(strings(await last.receive())).toEqual(["answer"]);
      expect(reports).toBe(0);
    },
  );

  test("is restored for a peer that reconnects to a Router that receives nothing", async () => {
    using router = new Router({ ...options, mandatory: true });
    await router.bind("tcp://127.0.0.1:*");
    for (let i = 0; i < 3; i++) {
      const handshake = next(router, "handshake");
      const gone = next(router, "disconnect");
      const peer = new Dealer({ ...options, routingId: "A" });
      peer.connect(router.lastEndpoint as string);
      await handshake;
      await peer.send("unread");
      for (;;) {
        try {
          await router.send(["A", String(i)]);
          break;
        } catch (error) {
          if ((error as { code?: string }).code !== "EHOSTUNREACH") throw error;
          await new Promise(setImmediate);
        }
      }
      expect(strings(await peer.receive())).toEqual([String(i)]);
      peer.close();
      await gone;
    }
  });
});

test("a routing id for a rejected connect does not apply to the next peer", async () => {
  const context = new Context({ ioThreads: 0 });
  using router = new Router({ ...options, context });
  expect(() => router.connect("tcp://127.0.0.1:5555", { routingId: "ghost" })).toThrow(
    expect.objectContaining({ code: "EMTHREAD" }),
  );
  using dealer = new Dealer({ ...options, context, routingId: "A" });
  await dealer.bind("inproc://refused");
  router.connect("inproc://refused");
  await dealer.send("hello");
  expect(strings(await router.receive())).toEqual(["A", "hello"]);
});

test("a routing id for a connect with `immediate` does not apply to the next peer", async () => {
  using router = new Router({ ...options, immediate: true });
  using first = new Dealer({ ...options, routingId: "A" });
  using second = new Dealer({ ...options, routingId: "B" });
  await first.bind("tcp://127.0.0.1:*");
  await second.bind("inproc://immediate");
  router.connect(first.lastEndpoint as string, { routingId: "ghost" });
  router.connect("inproc://immediate");
  await second.send("hello");
  expect(strings(await router.receive())).toEqual(["B", "hello"]);
});
