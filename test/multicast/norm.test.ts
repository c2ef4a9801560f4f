// norm over the loopback interface, and how far it goes.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { capability, Publisher, Subscriber } from "zmq-native";
import { Lan } from "../helpers/lan.js";
import { freshGroup } from "../helpers/pgm.js";
import { startProgram } from "../helpers/program.js";

const missing = capability.norm ? undefined : "this build of libzmq has no norm";
if (missing) console.warn(`SKIPPED: ${missing}`);

/** Sends until the subscriber hears it, and leaves nothing of that. */
async function meet(publisher: Publisher, subscriber: Subscriber): Promise<void> {
  while (subscriber.tryReceive() === undefined) {
    await publisher.send("are you there?");
    await sleep(5);
  }
  await publisher.send("meet");
  for await (const [frame] of subscriber) if (frame!.toString() === "meet") break;
}

describe.skipIf(missing)("norm over loopback", () => {
  // Frames of more than 2046 bytes never arrive without vendor/patches/libzmq-0016-norm-streams.patch.
  test("messages of one and more frames, short and long ones", async () => {
    const group = await freshGroup();
    using subscriber = new Subscriber({ receiveTimeout: 20_000 });
    using publisher = new Publisher();
    subscriber.subscribe();
    await subscriber.bind(group.endpoint("norm"));
    publisher.connect(group.endpoint("norm"));
    await meet(publisher, subscriber);
    for (const size of [0, 1, 255, 256, 1400, 2046, 2047, 5000, 30_000]) {
      const body = Buffer.alloc(size, size % 251);
      await publisher.send(["head", body, "end"]);
      const [head, received, end] = await subscriber.receive();
      expect([String(head), received!.equals(body), String(end)]).toEqual(["head", true, "end"]);
    }
  });

  // Aborts, or delivers garbage, in some runs without the same patch.
  test("subscribers join and leave while more is sent than they can take", async () => {
    const group = await freshGroup();
    await using running = startProgram(`
      const endpoint = ${JSON.stringify(group.endpoint("norm"))};
      const publisher = new zmq.Publisher({ sendHighWaterMark: 0, linger: 0 });
      publisher.connect(endpoint);
      const body = Buffer.alloc(500, 7);
      let i = 0;
      const timer = setInterval(() => {
        for (let n = 0; n < 50; n++) publisher.send([String(i++), body]);
      }, 5);
      let received = 0;
      const end = performance.now() + 5000;
      while (performance.now() < end) {
        const subscriber = new zmq.Subscriber({ linger: 0, receiveTimeout: 3000 });
        subscriber.subscribe();
        subscriber.connect(endpoint);
        try {
          for (let n = 0; n < 20; n++, received++) {
            const [number, frame, ...more] = await subscriber.receive();
            if (!/^\\d+$/.test(number) || !frame?.equals(body) || more.length > 0) throw new Error("garbage");
          }
        } catch (error) {
          // NORM sends slowly as long as it waits for subscribers that are gone.
          if (error.code !== "EAGAIN") throw error;
        }
        subscriber.close();
      }
      clearInterval(timer);
      publisher.close();
      say(received);
    `);
    expect(await running.hear()).toBeGreaterThan(0);
    expect(await running.outcome).toMatchObject({ code: 0, signal: null, stdout: "", stderr: "" });
  });
});

const noNetwork = missing ?? Lan.missing();
if (noNetwork && !missing) console.warn(`SKIPPED: ${noNetwork}`);

describe.skipIf(noNetwork)("norm in a network", () => {
  let network: Lan;
  beforeAll(async () => {
    network = await Lan.open(2);
  });
  afterAll(() => network?.[Symbol.dispose]());

  // All datagrams have 255 without vendor/patches/libzmq-0017-norm-hops.patch.
  test("datagrams go as many hops as the option says, 1 unless told otherwise", async () => {
    const group = await freshGroup();
    const endpoint = (machine: number) => JSON.stringify(group.endpoint("norm", network.address(machine)));
    const receiver = `
      const socket = new zmq.Subscriber({ receiveTimeout: 20_000 });
      socket.subscribe();
      socket.connect(${endpoint(2)});
      for await (const [frame] of socket) say(String(frame));
    `;
    const sender = `
      const hops = await hear();
      const socket = new zmq.Publisher({ linger: 0, ...(hops ? { multicastHops: hops } : {}) });
      socket.connect(${endpoint(1)});
      setInterval(() => socket.send("hops " + hops), 10);
    `;
    await using sink = network.start(2, receiver, 30_000);
    for (const [hops, dropped] of [
      [0, "ip ttl != 1"],
      [7, "ip ttl != 7"],
    ] as const) {
      network.lose(2, 1, { match: `udp dport ${group.port} ${dropped}` });
      await using source = network.start(1, sender, 30_000);
      source.say(hops);
      while ((await sink.hear()) !== `hops ${hops}`);
    }
  });
});
