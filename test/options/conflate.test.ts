// `conflate`: the newest message of a peer, whole messages only.

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

describe("a message of several frames that comes to a socket that conflates is dropped", () => {
  const runs = receivers.flatMap(([name, peer, open]) =>
    (["tcp", "ipc"] as const).map((transport) => [name, transport, peer, open] as const),
  );
  test.each(runs)(
    "%s over %s, from a peer that speaks byte by byte",
    async (_, transport, peerType, open) => {
      using receiver = open();
      await receiver.bind(freshEndpoint(transport));
      for (let round = 0; round < 20; round++) {
        using peer = await RawPeer.enter(receiver.lastEndpoint as string, peerType);
        // The first frame alone, which is 01 01 41, was enough to abort the process.
        peer.say(frame("A", { flags: more }));
        await turn();
        expect(receiver.tryReceive()).toBeUndefined();
        peer.say(frame("B", { flags: more }), frame("C"), frame(`${round}`));
        expect(text(await receiver.receive())).toBe(`${round}`);
        expect(receiver.readable).toBe(false);
        // A connection that ends in the middle of such a message has no effect on the next one.
        peer.say(frame("D", { flags: more }));
      }
    },
  );

  test("and the monitor says why", async () => {
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
  ])("%s over inproc", async (_, open, openPeer) => {
    // Over inproc the socket that connects decides whether the connection conflates.
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

  test("Subscriber over inproc", async () => {
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

describe("a socket that conflates sends no message of several frames", () => {
  const einval = expect.objectContaining({ code: "EINVAL" });
  test.each([
    ["Push", () => new Push({ conflate: true, linger: 0 }), () => new Pull({ receiveTimeout: 10_000 })],
    ["Dealer", () => new Dealer({ conflate: true, linger: 0 }), () => new Dealer({ receiveTimeout: 10_000 })],
  ])("%s: EINVAL, and nothing is sent", async (_, open, openPeer) => {
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

  test("Publisher: EINVAL, and nothing is sent", async () => {
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

test("the newest message is received although readable was read before it came", async () => {
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
  // The end of a connection takes the place of the message that the reader is looking at, or is about to drop.
  test.each([
    ["wanted", ""],
    ["not wanted", "other topic"],
  ])("messages that are %s", async (_, topic) => {
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
            // What is not wanted is dropped at once, so the end has to follow it closely.
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
