// `conflate`: a socket keeps the newest message of a peer, and whole messages only.

import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Dealer, Publisher, Pull, Push, type Socket, Subscriber } from "zmq-native";
import { runProgram } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";
import { frame, hello, more, RawPeer } from "../helpers/zmtp.js";

const text = (message: unknown) => (message as Buffer[] | undefined)?.map(String).join();

interface Receiver extends Socket {
  readonly readable: boolean;
  tryReceive(): unknown;
  receive(): Promise<unknown>;
}

const options = { conflate: true, receiveTimeout: 10_000 };
const receivers: [string, string, () => Receiver][] = [
  ["Pull", "PUSH", () => new Pull(options)],
  ["Dealer", "DEALER", () => new Dealer(options)],
  [
    "Subscriber",
    "PUB",
    () => {
      const socket = new Subscriber(options);
      socket.subscribe();
      return socket;
    },
  ],
];

describe("a conflating socket drops a message of several frames", () => {
  const runs = receivers.flatMap(([name, peer, open]) =>
    (["tcp", "ipc"] as const).map((transport) => [name, transport, peer, open] as const),
  );
  test.each(runs)("from a raw peer: %s over %s", async (_, transport, peerType, open) => {
    using receiver = open();
    await receiver.bind(freshEndpoint(transport));
    for (let round = 0; round < 20; round++) {
      using peer = await RawPeer.enter(receiver.lastEndpoint as string, peerType);
      // The first frame alone, 01 01 41, was enough to abort the process.
      peer.say(frame("A", { flags: more }));
      await turn();
      expect(receiver.tryReceive()).toBeUndefined();
      peer.say(frame("B", { flags: more }), frame("C"), frame(`${round}`));
      expect(text(await receiver.receive())).toBe(`${round}`);
      expect(receiver.readable).toBe(false);
      // A connection that ends in the middle of such a message does not affect the next one.
      peer.say(frame("D", { flags: more }));
    }
  });

  test("and the monitor reports the reason", async () => {
    using pull = new Pull(options);
    const rejected = new Promise((resolve) => pull.events.on("message:rejected", resolve));
    await pull.bind("tcp://127.0.0.1:*");
    using peer = await RawPeer.enter(pull.lastEndpoint as string, "PUSH");
    peer.say(frame("A", { flags: more }), frame("B"));
    expect(await rejected).toMatchObject({ type: "message:rejected", reason: "conflate" });
    peer.say(frame("after"));
    expect(text(await pull.receive())).toBe("after");
  });

  test.each([
    ["Pull", () => new Pull(options), () => new Push({ linger: 0 })],
    ["Dealer", () => new Dealer(options), () => new Dealer({ linger: 0 })],
  ])("from a library socket: %s over inproc", async (_, open, openPeer) => {
    // Over inproc the connecting socket decides whether the connection conflates.
    using sender = openPeer();
    await sender.bind(freshEndpoint("inproc"));
    using receiver: Receiver = open();
    receiver.connect(sender.lastEndpoint as string);
    await sender.send(["A", "B", "C"]);
    expect(receiver.readable).toBe(false);
    expect(receiver.tryReceive()).toBeUndefined();
    await sender.send("whole");
    await sender.send(["D", "E"]);
    expect(text(await receiver.receive())).toBe("whole");
  });

  test("from a publisher: Subscriber over inproc", async () => {
    using publisher = new Publisher();
    await publisher.bind(freshEndpoint("inproc"));
    using subscriber = new Subscriber(options);
    subscriber.connect(publisher.lastEndpoint as string);
    subscriber.subscribe();
    await publisher.waitForSubscribers(1);
    await publisher.send(["A", "B"]);
    expect(subscriber.readable).toBe(false);
    await publisher.send(["C", Buffer.alloc(1000, "c")]);
    await publisher.send("whole");
    expect(text(await subscriber.receive())).toBe("whole");
  });
});

describe("a conflating socket rejects a message of several frames", () => {
  const einval = expect.objectContaining({ code: "EINVAL" });
  test.each([
    ["Push", () => new Push({ conflate: true, linger: 0 }), () => new Pull({ receiveTimeout: 10_000 })],
    ["Dealer", () => new Dealer({ conflate: true, linger: 0 }), () => new Dealer({ receiveTimeout: 10_000 })],
  ])("with EINVAL and sends nothing: %s", async (_, open, openPeer) => {
    using sender = open();
    using receiver: Receiver = openPeer();
    await receiver.bind(freshEndpoint("tcp"));
    sender.connect(receiver.lastEndpoint as string);
    await expect(sender.send(["a", "b"])).rejects.toEqual(einval);
    expect(() => sender.trySend(["a", "b"])).toThrow(einval);
    await expect(sender.sendMany([["a", "b"]])).rejects.toEqual(einval);
    await sender.send("one");
    expect(text(await receiver.receive())).toBe("one");
    await expect(sender.send(["a", "b", "c"])).rejects.toEqual(einval);
    await sender.send(["two"]);
    expect(text(await receiver.receive())).toBe("two");
  });

  test("with EINVAL and sends nothing: Publisher", async () => {
    using publisher = new Publisher({ conflate: true });
    await publisher.bind(freshEndpoint("tcp"));
    using subscriber = new Subscriber({ receiveTimeout: 10_000 });
    subscriber.connect(publisher.lastEndpoint as string);
    subscriber.subscribe();
    await publisher.waitForSubscribers(1);
    await expect(publisher.send(["a", "b"])).rejects.toEqual(einval);
    await publisher.send("one");
    expect(text(await subscriber.receive())).toBe("one");
  });
});

test("the newest message is received although readable was read before it arrived", async () => {
  using publisher = new Publisher();
  await publisher.bind(freshEndpoint("inproc"));
  using subscriber = new Subscriber(options);
  subscriber.connect(publisher.lastEndpoint as string);
  subscriber.subscribe("value");
  await publisher.waitForSubscribers(1);
  for (let round = 0; round < 20; round++) {
    await publisher.send(`value ${round} old`);
    while (!subscriber.readable) await turn();
    for (let i = 0; i < 25; i++) await publisher.send(`value ${round} ${i}`);
    expect(text(subscriber.tryReceive())).toBe(`value ${round} 24`);
    expect(subscriber.readable).toBe(false);
  }
});

describe("peers that send and reset at once do not abort the process while readable is read", () => {
  // The end of a connection replaces the message that the reader is reading or is about to drop.
  test.each([
    ["wanted", ""],
    ["not wanted", "other topic"],
  ])("when messages are %s", async (_, topic) => {
    const { code, signal, stderr } = await runProgram(`
      const net = require("node:net");
      const wanted = ${topic === ""};
      const stop = new Int32Array(new SharedArrayBuffer(4));
      const worker = startWorker(\`
        const { topic, stop } = workerData;
        const socket = new zmq.Subscriber({ conflate: true, linger: 0 });
        socket.subscribe(topic);
        await socket.bind("tcp://127.0.0.1:*");
        parentPort.postMessage(socket.lastEndpoint);
        while (!Atomics.load(stop, 0)) socket.readable;
        socket.close();
      \`, { topic: ${JSON.stringify(topic)}, stop });
      const port = Number((await firstMessage(worker)).split(":").pop());
      const hello = Buffer.from("${hello("PUB").toString("base64")}", "base64");
      const message = Buffer.from("${frame("abc").toString("base64")}", "base64");
      const visit = () =>
        new Promise((resolve) => {
          const peer = net.connect(port, "127.0.0.1", () => peer.setNoDelay().write(hello));
          let heard = "";
          peer.on("data", (data) => {
            const before = heard;
            heard += data.toString("latin1");
            if (before.includes("READY") || !heard.includes("READY")) return;
            // Unwanted messages are dropped immediately, so the end must follow closely.
            if (wanted) {
              peer.write(message);
              setTimeout(() => peer.resetAndDestroy(), 1);
            } else peer.end(Buffer.concat(Array(200).fill(message)));
          });
          peer.on("error", () => {});
          peer.on("close", resolve);
        });
      const end = performance.now() + 3000;
      let visits = 0;
      const visitor = async () => {
        for (; performance.now() < end; visits++) await visit();
      };
      await Promise.all(Array.from({ length: 8 }, visitor));
      console.error("visits", visits);
      Atomics.store(stop, 0, 1);
      worker.on("exit", () => process.exit(visits > 10 ? 0 : 1));
    `);
    expect({ code, signal, stderr }).toMatchObject({ code: 0, signal: null });
  });
});

// A conflating pipe has room for one message, and its end took that place.
test.each(
  (["tcp", "ipc", "inproc"] as const).flatMap((transport) =>
    (["before it is connected", "while it is connected"] as const).map((when) => [transport, when] as const),
  ),
)("the last message before a close arrives over %s, sent %s", async (transport, when) => {
  for (let round = 0; round < 10; round++) {
    using pull = new Pull({ receiveTimeout: 10_000 });
    const push = new Push({ conflate: true });
    await pull.bind(freshEndpoint(transport));
    const connected = new Promise((resolve) => push.events.on("handshake", resolve));
    push.connect(pull.lastEndpoint as string);
    if (when === "while it is connected" && transport !== "inproc") await connected;
    for (let i = 0; i < 5; i++) await push.send(`${round} ${i}`);
    push.close();
    let last = "";
    while (last !== `${round} 4`) last = String(await pull.receive());
  }
});

test.each(receivers.filter(([name]) => name !== "Subscriber"))(
  "a message that has arrived stays readable when its sender has gone: %s",
  async (_, __, open) => {
    for (const transport of ["tcp", "inproc"] as const) {
      using receiver = open();
      const dealer = new Dealer();
      const push = new Push();
      const sender = receiver instanceof Dealer ? dealer : push;
      await receiver.bind(freshEndpoint(transport));
      sender.connect(receiver.lastEndpoint as string);
      await sender.send("last");
      for (const socket of [dealer, push]) await socket.close({ linger: transport === "tcp" ? -1 : 0 });
      expect(text(await receiver.receive())).toBe("last");
    }
  },
);
