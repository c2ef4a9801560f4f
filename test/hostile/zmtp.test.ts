// Peers that violate ZMTP: they are disconnected or ignored. Others are not affected, and the process continues.

import { describe, expect, test } from "vitest";
import { capability, Reply, Request } from "zmq-native";
import { draftPath } from "../helpers/program.js";
import { expectSurvival } from "../helpers/victim.js";
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
} from "../helpers/zmtp.js";

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const draft = `const draft = require(${JSON.stringify(draftPath)});`;

/** Binds a socket of a class and reports its endpoint. */
const bound = (type: string, options = "{}") => `
  const socket = new zmq.${type}(${options});
  await socket.bind("tcp://127.0.0.1:*");
  say(socket.lastEndpoint);
`;

const pull = 7;
const push = 8;

describe("a protocol violation closes the connection:", () => {
  test.each<[string, Buffer]>([
    ["a message of another kind than a command in the handshake", join(greeting(), frame("READY"))],
    ["an empty command", join(greeting(), frame("", { flags: 4 }))],
    ["an unknown command", join(greeting(), command("HOWDY"))],
    ["a property that ends in its name", join(greeting(), command("READY", "\x40Socket-Type"))],
    ["a property that ends in its length", join(greeting(), command("READY", "\x0bSocket-Type\0\0"))],
    [
      "a property of 4 GiB",
      join(greeting(), command("READY", "\x0bSocket-Type", Buffer.alloc(4, 0xff), "PUSH")),
    ],
    ["a socket that does not fit", hello("SUB")],
    ["a socket of no known type", hello("X".repeat(200))],
    ["another mechanism", greeting("CURVE")],
    ["a mechanism that begins like NULL", greeting("NULLISH")],
    ["an ERROR whose reason is longer than it", join(greeting(), command("ERROR", "\xff300"))],
    ["a length with the sign bit", join(hello("PUSH"), Buffer.from([2, 0xff]), Buffer.alloc(7, 0xff))],
    ["a length above maxMessageSize", join(hello("PUSH"), frame("", { length: 100_000 }))],
    ["ZMTP 2: a length of 2⁶³", join(greetingOf2(push), Buffer.from([2, 0x80]), Buffer.alloc(7))],
    ["ZMTP 1: reserved flags", join("\x01\0", "\x02\x02a")],
    ["ZMTP 1: a length of 0", join("\x01\0", Buffer.from([0]))],
    ["ZMTP 1: a length of 2⁶⁴ - 1", join("\x01\0", Buffer.alloc(9, 0xff))],
  ])("%s", async (_, said) => {
    await expectSurvival(bound("Pull", "{ maxMessageSize: 65_536 }"), async (endpoint) => {
      using peer = await RawPeer.connect(endpoint);
      peer.say(said);
      await peer.ended;
    });
  });

  test.each(["NULL", "PLAIN", "CURVE"])(
    "%s handshakes that are truncated at any byte do not abort the process",
    async (mechanism) => {
      const whole = join(
        greeting(mechanism),
        mechanism === "NULL"
          ? ready("PUSH")
          : mechanism === "PLAIN"
            ? command("HELLO", "\x01u\x01p")
            : command("HELLO", Buffer.alloc(194)),
      );
      const options = {
        NULL: "{}",
        PLAIN: "{ plainServer: true, zapDomain: 'global' }",
        CURVE: "{ curveServer: true, curveSecretKey: zmq.curveKeyPair().secretKey }",
      }[mechanism];
      await expectSurvival(bound("Pull", options), async (endpoint) => {
        for (let length = 1; length < whole.length; length++) {
          using peer = await RawPeer.connect(endpoint);
          peer.say(whole.subarray(0, length));
          if (length % 2) peer.finish();
          else peer.reset();
          await peer.ended;
        }
      });
    },
  );
});

// Vendor patch libzmq/peers/heartbeats.
describe("heartbeats", () => {
  test("a ping that is too short is not answered and reveals no memory", async () => {
    await expectSurvival(bound("Pull"), async (endpoint) => {
      using peer = await RawPeer.enter(endpoint, "PUSH");
      peer.say(command("PING"), command("PING", "\0"), command("PING", "\0\0context"));
      expect(await peer.hear((heard) => heard.includes("PONGcontext"))).toBe(true);
      expect(peer.heard.toString("latin1").match(/PONG/g)).toHaveLength(1);
    });
  });

  test("a pong returns at most 16 bytes of the ping's context", async () => {
    await expectSurvival(bound("Pull"), async (endpoint) => {
      using peer = await RawPeer.enter(endpoint, "PUSH");
      peer.say(command("PING", "\0\0", "0123456789abcdefghij"), command("PING", "\0\0end"));
      expect(await peer.hear((heard) => heard.includes("PONGend"))).toBe(true);
      expect(peer.heard.includes("PONG0123456789abcdef")).toBe(true);
      expect(peer.heard.includes("abcdefg")).toBe(false);
    });
  });

  // libzmq turned 65.6 seconds into 64 milliseconds.
  test("a time to live above 65 seconds keeps its value", async () => {
    await expectSurvival(bound("Pull"), async (endpoint) => {
      using peer = await RawPeer.enter(endpoint, "PUSH");
      peer.say(command("PING", Buffer.from([656 >> 8, 656 & 255])));
      await peer.hear((heard) => heard.includes("PONG"));
      await Promise.race([wait(500), peer.ended]);
      expect(peer.isOpen).toBe(true);
    });
  });

  // Vendor patch libzmq/speed/poll-for-output. The system takes part of a pong, and no message follows that would write
  // the rest of it.
  test("a pong to a peer that stopped reading arrives once the peer reads again", async () => {
    const pings = 60_000;
    const body = `${bound("Dealer", "{ sendBufferSize: 4096 }")} say(String(await socket.receive()));`;
    await expectSurvival(body, async (endpoint, victim) => {
      using peer = await RawPeer.enter(endpoint, "DEALER");
      peer.pause();
      for (let i = 1; i <= pings; i++) peer.say(command("PING", "\0\0", `number ${i}.`));
      peer.say(frame("after the pings"));
      expect(await victim.hear()).toBe("after the pings");
      peer.resume();
      expect(await peer.hear((heard) => heard.includes(`PONGnumber ${pings}.`))).toBe(true);
    });
  });
});

// Without vendor patches libzmq/peers/heartbeats and libzmq/peers/unread-bytes, each of these aborts or loses its
// connection.
describe("a connection whose messages the program does not receive", () => {
  test("can break while heartbeats are due", async () => {
    const body = `
      const socket = new zmq.Pull({ receiveHighWaterMark: 1, heartbeatInterval: 20, heartbeatTimeout: 60_000 });
      await socket.bind("tcp://127.0.0.1:*");
      say(socket.lastEndpoint);
      await hear();
      await wait(300);
      for (let i = 0; i < 2; i++) await socket.receive();
    `;
    await expectSurvival(body, async (endpoint, victim) => {
      using peer = await RawPeer.enter(endpoint, "PUSH");
      await peer.hear((heard) => heard.includes("PING"));
      for (let i = 0; i < 20; i++) peer.say(frame(`message ${i}`));
      await wait(100);
      peer.reset();
      victim.say("broken");
    });
  });

  test("can break with a ping in the queue", async () => {
    const body = `
      const socket = new zmq.Pull({ receiveHighWaterMark: 1 });
      await socket.bind("tcp://127.0.0.1:*");
      say(socket.lastEndpoint);
      await hear();
      await wait(200);
      for (let i = 0; i < 5; i++) await socket.receive();
    `;
    await expectSurvival(body, async (endpoint, victim) => {
      using peer = await RawPeer.enter(endpoint, "PUSH");
      peer.say(...[1, 2, 3].map((i) => frame(`${i}`)), command("PING", "\0\0"), frame("4"), frame("5"));
      await wait(100);
      // A reset discards unsent data. A PONG to a closed peer turns its end into a reset.
      peer.reset();
      victim.say("broken");
    });
  });

  test("with heartbeats stays open for a slow receiver, which gets every message", async () => {
    const body = `
      const options = { heartbeatInterval: 100, heartbeatTimeout: 1000, heartbeatTimeToLive: 2000 };
      const pull = new zmq.Pull({ ...options, receiveHighWaterMark: 2, receiveBufferSize: 4096 });
      const push = new zmq.Push({ ...options, sendHighWaterMark: 2, sendBufferSize: 4096, linger: 0 });
      const events = [];
      pull.events.on("disconnect", () => events.push("disconnect"));
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint);
      (async () => { for (let i = 0; i < 200; i++) await push.send([String(i), Buffer.alloc(2000)]); })();
      say("begun");
      const received = [];
      for (let i = 0; i < 200; i++) {
        // Longer than heartbeatTimeToLive.
        if (i % 100 === 0) await wait(2500);
        received.push(String((await pull.receive())[0]));
      }
      say({ received, events });
    `;
    await expectSurvival(body, async (_, victim) => {
      const { received, events } = await victim.hear<{ received: string[]; events: string[] }>();
      expect(received).toEqual(Array.from({ length: 200 }, (_, i) => `${i}`));
      expect(events).toEqual([]);
    });
  });

  test.each([
    ["ZMTP 2", join(greetingOf2(push), frame("")), frame("message")],
    ["ZMTP 1", "\x01\0", "\x08\0message"],
    ["ZMTP 1 as libzmq 2.1 speaks it", "\x01\x7e", "\x08\x7emessage"],
  ])("to a peer of %s stays open after handshakeInterval", async (_, said, message) => {
    const body = `
      const socket = new zmq.Pull({ handshakeInterval: 1000 });
      await socket.bind("tcp://127.0.0.1:*");
      say(socket.lastEndpoint);
      say(String(await socket.receive()));
    `;
    await expectSurvival(body, async (endpoint, victim) => {
      using peer = await RawPeer.connect(endpoint);
      peer.say(said);
      await wait(2000);
      expect(peer.isOpen).toBe(true);
      peer.say(message);
      expect(await victim.hear()).toBe("message");
    });
  });

  test.each([
    ["no routing id", "\x05"],
    ["half a routing id", "\x05\0ab"],
    ["half a greeting", "\xff\0\0"],
  ])("to a peer that sends %s is closed after handshakeInterval", async (_, said) => {
    await expectSurvival(bound("Pull", "{ handshakeInterval: 100 }"), async (endpoint) => {
      using peer = await RawPeer.connect(endpoint);
      peer.say(said);
      await peer.ended;
    });
  });

  test.each([
    ["HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["SSH", "SSH-2.0-OpenSSH_9.7\r\n"],
    ["TLS", "\x16\x03\x01\x02\0\x01"],
    ["SMTP", "EHLO a\r\n"],
  ])("to a client of %s is closed at once", async (_, said) => {
    await expectSurvival(bound("Pull", "{ handshakeInterval: 0 }"), async (endpoint) => {
      using peer = await RawPeer.connect(endpoint);
      peer.say(said);
      await peer.ended;
    });
  });

  test("to a silent peer is closed after handshakeInterval", async () => {
    await expectSurvival(bound("Pull", "{ handshakeInterval: 100 }"), async (endpoint) => {
      using silent = await RawPeer.connect(endpoint);
      using half = await RawPeer.connect(endpoint);
      half.say(greeting());
      await Promise.all([silent.ended, half.ended]);
    });
  });
});

test("sockets can close while peers of every version send their routing ids", async () => {
  const body = `
    let socket;
    const open = async () => {
      socket = new zmq.Router({ linger: 0 });
      await socket.bind("tcp://127.0.0.1:*");
      say(socket.lastEndpoint);
    };
    await open();
    for (let i = 0; i < 60; i++) {
      await hear();
      await wait(i % 4);
      socket.close();
      await open();
    }
  `;
  await expectSurvival(body, async (first, victim) => {
    let endpoint = first;
    for (let i = 0; i < 60; i++) {
      const peers = await Promise.all(Array.from({ length: 6 }, () => RawPeer.connect(endpoint)));
      victim.say("close");
      for (const [j, peer] of peers.entries()) {
        if (j % 3 === 0) peer.say(join(greetingOf2(5), frame(`id ${i} ${j}`), frame("x")));
        else if (j % 3 === 1) peer.say(hello("DEALER", property("Identity", `id ${i} ${j}`)), frame("x"));
        else peer.say("\x05\0name", "\x02\0x");
      }
      endpoint = await victim.hear<string>();
      for (const peer of peers) peer[Symbol.dispose]();
    }
  });
});

// Vendor patch libzmq/peers/routing-id-collisions.
describe("routing ids", () => {
  test("an id that equals a generated one of a Router is not given to another peer", async () => {
    const body = `
      const socket = new zmq.Router({ linger: 0 });
      await socket.bind("tcp://127.0.0.1:*");
      say(socket.lastEndpoint);
      (async () => { for await (const [id] of socket) say(id.toString("latin1")); })();
    `;
    await expectSurvival(body, async (endpoint, victim) => {
      using first = await RawPeer.enter(endpoint, "DEALER", property("Identity", ""));
      first.say(frame("hello"));
      const id = Buffer.from(await victim.hear<string>(), "latin1");
      // The ids that the Router would give to the next peers.
      const next = Array.from({ length: 3 }, (_, i) => {
        const buffer = Buffer.from(id);
        buffer.writeUInt32BE((id.readUInt32BE(1) + 1 + i) >>> 0, 1);
        return buffer;
      });
      using thief = await RawPeer.enter(endpoint, "DEALER", property("Identity", next[0]!));
      thief.say(frame("hello"));
      expect(await victim.hear()).toBe(next[0]!.toString("latin1"));
      using other = await RawPeer.enter(endpoint, "DEALER", property("Identity", ""));
      other.say(frame("hello"));
      expect(await victim.hear()).toBe(next[1]!.toString("latin1"));
    });
  });

  test("an id of a megabyte works, also with handover", async () => {
    const body = `
      const socket = new zmq.Router({ linger: 0, handover: true });
      await socket.bind("tcp://127.0.0.1:*");
      say(socket.lastEndpoint);
      (async () => { for await (const [id, frame] of socket) say(id.length + " " + frame); })();
    `;
    await expectSurvival(body, async (endpoint, victim) => {
      for (let i = 0; i < 20; i++) {
        using peer = await RawPeer.enter(
          endpoint,
          "DEALER",
          property("Identity", Buffer.alloc(1_000_000, 1)),
        );
        peer.say(frame(`${i}`));
        expect(await victim.hear()).toBe(`1000000 ${i}`);
      }
    });
  });
});

describe("a message that is invalid for the socket does not abort the process:", () => {
  test.each<[type: string, peer: string, said: (string | Buffer)[]]>([
    [
      "Reply",
      "REQ",
      [frame("no delimiter"), frame("", { flags: more }), frame("end", { flags: more }), frame("")],
    ],
    ["Reply", "DEALER", [frame("", { flags: more }), frame("request")]],
    ["Request", "REP", [frame("unasked"), frame("", { flags: more }), frame("unasked")]],
    ["Router", "REQ", Array.from({ length: 50 }, () => frame("", { flags: more }))],
    [
      "Publisher",
      "SUB",
      [
        frame(""),
        frame("\x02x"),
        frame("\x01", { flags: more }),
        frame("\0never"),
        frame("\0", { flags: more }),
        frame("x"),
      ],
    ],
    [
      "XPublisher",
      "SUB",
      [
        command("SUBSCRIBE"),
        command("CANCEL", "never"),
        command("SUBSCRIBE", Buffer.alloc(100_000)),
        command("CANCEL", Buffer.alloc(100_000)),
      ],
    ],
    [
      "Pull",
      "PUSH",
      [
        command("SUBSCRIBE", "x"),
        command("JOIN", "x"),
        command(""),
        frame("\xff", { flags: 4 }),
        frame("", { flags: 5 }),
      ],
    ],
    ["Dealer", "ROUTER", [command("SUBSCRIBE", "x"), frame("x", { flags: more })]],
  ])("%s and %s", async (type, peerType, said) => {
    const body = `${bound(type)}
      (async () => { try { for await (const message of socket) if (socket instanceof zmq.Reply) await socket.send(message); } catch {} })();
      socket.send?.("x")?.catch(() => {});`;
    await expectSurvival(body, async (endpoint) => {
      for (const part of [said, ...said.map((one) => [one])]) {
        using peer = await RawPeer.enter(endpoint, peerType);
        peer.say(...part);
        await wait(20);
        peer.finish();
        await peer.ended;
      }
    });
  });

  // Vendor patch libzmq/pubsub/groups.
  test.skipIf(!capability.draft)(
    "a Radio disconnects a peer that joins a group above 255 bytes",
    async () => {
      const body = `${draft}
      const socket = new draft.Radio();
      await socket.bind("tcp://127.0.0.1:*");
      say(socket.lastEndpoint);`;
      await expectSurvival(body, async (endpoint) => {
        for (const length of [0, 255, 256, 300, 70_000]) {
          for (const name of ["JOIN", "LEAVE"]) {
            using peer = await RawPeer.enter(endpoint, "DISH");
            peer.say(command(name, Buffer.alloc(length, "g")));
            if (length > 255) await peer.ended;
          }
        }
      });
    },
  );

  test.skipIf(!capability.draft)("a Dish keeps its connection through heartbeats", async () => {
    const body = `${draft}
      const options = { heartbeatInterval: 20, heartbeatTimeout: 1500 };
      const radio = new draft.Radio(options), dish = new draft.Dish(options);
      const events = [];
      dish.events.on("disconnect", () => events.push("disconnect"));
      await radio.bind("tcp://127.0.0.1:*");
      dish.join("group");
      dish.connect(radio.lastEndpoint);
      say("begun");
      await wait(3000);
      (async () => { for (;;) { await radio.send("message", { group: "group" }); await wait(5); } })();
      say({ message: String((await dish.receive())[0]), events });`;
    await expectSurvival(body, async (_, victim) => {
      expect(await victim.hear()).toEqual({ message: "message", events: [] });
    });
  });
});

// Without vendor/patches/libzmq/peers/malformed-request.patch, the answer is dropped.
test("a malformed request of a disconnected peer does not drop the answer to another peer", async () => {
  using reply = new Reply();
  await reply.bind("tcp://127.0.0.1:*");
  const endpoint = reply.lastEndpoint as string;
  const gone = new Promise((resolve) => reply.events.on("disconnect", resolve));
  {
    using peer = await RawPeer.enter(endpoint, "REQ");
    peer.say(frame("no delimiter"));
    peer.finish();
    await gone;
  }
  using request = new Request({ receiveTimeout: 10_000 });
  request.connect(endpoint);
  await request.send("question");
  expect(String(await reply.receive())).toBe("question");
  await reply.send("answer");
  expect(String(await request.receive())).toBe("answer");
});

test("clients survive any answer of a server", { timeout: 60_000 }, async () => {
  const said: (string | Buffer)[] = [
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    Buffer.alloc(1000),
    Buffer.alloc(1000, 0xff),
    greeting("CURVE", { asServer: true }),
    join(greeting(), command("ERROR", "\x03400")),
    join(greeting(), command("ERROR", "\xff")),
    join(greeting(), command("WELCOME", Buffer.alloc(160))),
    join(greeting(), ready("PULL"), frame("unasked")),
    join(greetingOf2(pull), frame(Buffer.alloc(300))),
  ];
  const body = `
    say("begun");
    const port = await hear();
    const keys = zmq.curveKeyPair();
    const options = [
      {}, { plainUsername: "u", plainPassword: "p" },
      { curvePublicKey: keys.publicKey, curveSecretKey: keys.secretKey, curveServerKey: keys.publicKey },
    ];
    const sockets = options.map((option) => new zmq.Dealer({ ...option, linger: 0, reconnectInterval: 1 }));
    for (const socket of sockets) {
      socket.connect("tcp://127.0.0.1:" + port);
      socket.send("x").catch(() => {});
      socket.receive().catch(() => {});
    }
  `;
  using server = await RawServer.listen();
  await expectSurvival(body, async (_, victim) => {
    victim.say(server.port);
    // A client that received garbage does not reconnect. Other clients do when they are disconnected.
    for (let i = 0; i < 3; i++) {
      using peer = await server.accept();
      peer.finish();
    }
    for (const words of said) {
      const first = await Promise.race([server.accept(), wait(500)]);
      if (!first) break;
      using peer = first as RawPeer;
      peer.say(words);
      await wait(20);
      peer.reset();
    }
  });
});
