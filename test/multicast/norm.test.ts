// norm over the loopback interface, and its limits.

import { randomBytes, randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { capability, Publisher, Subscriber, XSubscriber } from "zmq-native";
import { survive } from "../helpers/attack.js";
import { Lan } from "../helpers/lan.js";
import { expectAll, finishes, startKilledPublisher } from "../helpers/multicast.js";
import { coding, command, data, nack, norm, request, segment } from "../helpers/norm.js";
import { freshGroup, openSender, sendDatagram } from "../helpers/pgm.js";
import { startProgram } from "../helpers/program.js";

const missing = capability.norm ? undefined : "this build of libzmq has no norm";
if (missing) console.warn(`SKIPPED: ${missing}`);

/** Sends until the subscriber receives a message, and then drains the queue. */
async function meet(publisher: Publisher, subscriber: Subscriber): Promise<void> {
  while (subscriber.tryReceive() === undefined) {
    await publisher.send("are you there?");
    await sleep(5);
  }
  await publisher.send("meet");
  for await (const [frame] of subscriber) if (frame!.toString() === "meet") break;
}

describe.skipIf(missing)("norm over loopback", () => {
  // Without vendor/patches/libzmq/multicast/norm-messages.patch, frames of more than 2046 bytes never arrive.
  test("messages of one and more frames arrive, short and long ones", async () => {
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

  // The options of libzmq 4.3.5.
  test.each([
    { normMode: "fixed", rate: 50_000 },
    { normMode: "ccl" },
    { normMode: "cce" },
    { normMode: "cceEcnOnly" },
    { normUnicastNack: true },
    { normBufferSize: 64 },
    { normSegmentSize: 100 },
    { normSegmentSize: 8000, normBufferSize: 8192 },
    { normBlockSize: 1, normNumParity: 0 },
    { normBlockSize: 200, normNumParity: 55, normNumAutoparity: 2 },
    { normPush: true },
  ] as const)("messages arrive with %o", async (options) => {
    const group = await freshGroup();
    using subscriber = new Subscriber({ receiveTimeout: 20_000, ...options });
    using publisher = new Publisher(options);
    subscriber.subscribe();
    await subscriber.bind(group.endpoint("norm"));
    publisher.connect(group.endpoint("norm"));
    await meet(publisher, subscriber);
    for (const size of [0, 1, 1400, 5000]) {
      await publisher.send(["head", Buffer.alloc(size, size % 251)]);
      const [head, received] = await subscriber.receive();
      expect([String(head), received!.equals(Buffer.alloc(size, size % 251))]).toEqual(["head", true]);
    }
  });

  test("the smallest and largest values of the options do not abort the process", async () => {
    const groups = await Promise.all(Array.from({ length: 8 }, () => freshGroup()));
    await using running = startProgram(
      `
      const endpoints = ${JSON.stringify(groups.map((group) => group.endpoint("norm")))};
      const extremes = [
        { normBufferSize: 1 },
        { normSegmentSize: 1 },
        { normSegmentSize: 65_000 },
        { normSegmentSize: 65_000, normBufferSize: 1 },
        { normBlockSize: 255, normNumParity: 0 },
        { normBlockSize: 1, normNumParity: 254, normNumAutoparity: 254 },
        { normBlockSize: 1, normNumParity: 0, normSegmentSize: 1, normBufferSize: 1 },
        { normPush: true, normBufferSize: 1, normSegmentSize: 1400 },
      ];
      for (const [i, options] of extremes.entries()) {
        const publisher = new zmq.Publisher({ linger: 0, ...options });
        const subscriber = new zmq.Subscriber({ linger: 0, receiveTimeout: 100, ...options });
        subscriber.subscribe();
        subscriber.connect(endpoints[i]);
        publisher.connect(endpoints[i]);
        for (let n = 0; n < 50; n++) {
          await publisher.send(["x", Buffer.alloc(3000, n)]);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        await subscriber.receive().catch(() => {});
        // NORM takes seconds to free a buffer of segments of one byte.
        await publisher.close({ linger: 0 });
        subscriber.close();
      }
      say("survived");
    `,
      { limit: 60_000 },
    );
    expect(await running.hear()).toBe("survived");
    expect(await running.outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
  });

  // Without vendor/patches/libzmq/multicast/norm-subscriptions.patch, they are never read.
  test("a subscriber closes although its subscriptions cannot be sent", async () => {
    const group = await freshGroup();
    using subscriber = new Subscriber();
    subscriber.connect(group.endpoint("norm"));
    subscriber.subscribe("a", "b");
    await subscriber.flush();
    const xsubscriber = new XSubscriber({ linger: -1 });
    xsubscriber.connect(group.endpoint("norm"));
    await xsubscriber.send(Buffer.from([1, 65]));
    await xsubscriber.close({ linger: -1 });
  });

  test.each(finishes)("messages arrive although the process is killed after %s", async (finish) => {
    const group = await freshGroup();
    using subscriber = new Subscriber({ receiveTimeout: 20_000 });
    subscriber.subscribe();
    await subscriber.bind(group.endpoint("norm"));
    await using publisher = startKilledPublisher(
      group.endpoint("norm"),
      { normMode: "fixed", rate: 1000 },
      finish,
    );
    await expectAll(subscriber, publisher);
  });

  // Without vendor/patches/libzmq/multicast/norm-messages.patch, some runs abort or deliver garbage.
  test("subscribers can join and leave while more is sent than they can read", async () => {
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
          // NORM sends slowly while it waits for disconnected subscribers.
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

const hello = segment(Buffer.from([0, 5, 0, ...Buffer.from("hello")]));

// Without vendor/patches/norm/peers/malformed-packets.patch, nine of them abort the process or stop the receiver.
const attacks: Record<string, () => Buffer[]> = {
  "what fuzzing kept": kept,
  "random datagrams": () => Array.from({ length: 300 }, (_, size) => randomBytes(size)),
  "random messages": () =>
    Array.from({ length: 600 }, (_, i) => {
      const message = Buffer.concat([randomBytes(8), randomBytes(randomInt(80))]);
      message[0] = 0x10 | (1 + (i % 6));
      message[1] = randomInt(12);
      return message;
    }),
  "an object that is no stream": () => [data(Buffer.from("hello"), { flags: 0 })],
  "a file": () => [data(Buffer.from("hello"), { flags: 0x10 })],
  "segments of no byte": () => [data(hello, { extensions: coding({ segmentSize: 0 }) })],
  "blocks of no segment": () => [data(hello, { extensions: coding({ blockLength: 0 }) })],
  "more symbols than a code has": () => [
    data(hello, { extensions: coding({ blockLength: 250, parity: 250 }) }),
  ],
  "a stream of 256 TB": () => [data(hello, { extensions: coding({ objectSize: 2 ** 48 - 1 }) })],
  "a stream of 4 GB in segments of a byte": () => [
    data(segment(Buffer.from([0])), {
      extensions: coding({ objectSize: 2 ** 32 - 1, segmentSize: 1, blockLength: 1, parity: 0 }),
    }),
  ],
  "a stream of nothing": () => [data(hello, { extensions: coding({ objectSize: 0 }) })],
  "an extension of no length": () => [data(hello, { extensions: Buffer.from([7, 0, 0, 0]) })],
  "an extension that goes on beyond the header": () => [
    data(hello, { extensions: Buffer.from([64, 200, 0, 0]) }),
  ],
  "an extension without contents": () => [data(hello, { extensions: Buffer.from([64, 1, 0, 0]) })],
  "a header longer than the message, and one of nothing": () => [
    data(hello, { words: 200 }),
    data(hello, { words: 0 }),
    data(hello, { words: 2 }),
  ],
  "a segment that says to be longer than it is": () => [
    data(segment(Buffer.from("short"), { length: 1400 })),
    data(segment(Buffer.from("short"), { length: 65_535 }), { symbol: 1 }),
    data(segment(Buffer.from("short"), { length: 30_000 }), { block: 1 }),
  ],
  "parity that decodes to segments of any length": () =>
    Array.from({ length: 20 }, (_, symbol) => data(randomBytes(1408), { symbol, block: 2 })).slice(1),
  "a message that begins beyond its segment, and one that does not begin": () => [
    data(segment(Buffer.from("x"), { begin: 1000 })),
    data(segment(Buffer.from("xyz"), { begin: 2 }), { symbol: 1 }),
  ],
  "a block far away": () => [data(hello), data(hello, { block: 0x7fffff }), data(hello, { block: 0xffffff })],
  "information only": () => [data(Buffer.alloc(2000, "x"), { type: norm.info, flags: norm.stream | 4 })],
  "commands of each flavour, cut short": () =>
    Array.from({ length: 9 }, (_, flavour) => [
      command(flavour, Buffer.alloc(3), 4),
      command(flavour, Buffer.alloc(40, 0xff), 6),
      command(flavour, Buffer.alloc(40, 3), 5),
    ]).flat(),
  "repairs of no form, of unknown codes, and of ranges that go backwards": () => {
    const advertised = (requests: Buffer) => command(5, Buffer.concat([Buffer.alloc(3), requests]), 4);
    return [
      advertised(request(99, 1, [[0, 0, 0]])),
      advertised(request(1, 1, [[0, 0, 0]], 77)),
      advertised(
        request(2, 1, [
          [0, 5, 3],
          [0, 0, 0],
        ]),
      ),
      advertised(
        request(2, 8, [
          [9, 0, 0],
          [3, 0, 0],
        ]),
      ),
      nack(
        0x7f000001,
        1,
        request(2, 2, [
          [0, 9, 0],
          [0, 1, 0],
        ]),
      ),
    ].flatMap((message) => [data(hello), message]);
  },
};

/** The datagrams of test/fuzz/corpus, in the format that norm.cc reads. */
function kept(): Buffer[] {
  return ["norm-receiver", "norm-sender"].flatMap((target) => {
    const folder = join(__dirname, "../fuzz/corpus", target);
    return readdirSync(folder)
      .sort()
      .flatMap((name) => {
        const datagrams: Buffer[] = [];
        for (let rest = readFileSync(join(folder, name)); rest.length >= 2; ) {
          const end = 2 + rest.readUInt16BE();
          const datagram = Buffer.from(rest.subarray(2, end));
          rest = rest.subarray(end);
          // A second passes.
          if (datagram.length === 0) continue;
          // Changes the node ids to ones outside of the group, since a packet in a sender's name or a congestion report
          // would slow it down.
          if (datagram.length >= 8) datagram.writeUInt32BE(0x0a0b0c0d, 4);
          if (datagram.length >= 12 && (datagram[0]! & 15) >= norm.nack)
            datagram.writeUInt32BE(0x0a0b0c0e, 8);
          datagrams.push(datagram);
        }
        return datagrams;
      });
  });
}

describe.skipIf(missing)("norm survives raw peers that send", () => {
  test.for(Object.entries(attacks))("%s", async ([, attack]) => {
    const group = await freshGroup();
    const send = async () => {
      const sender = await openSender();
      for (const datagram of attack()) await sendDatagram(sender, datagram, group.port, group.address);
      sender.close();
    };
    await survive(group.endpoint("norm"), send, 10_000);
  });
});

const noNetwork = missing ?? Lan.missing();
if (noNetwork && !missing) console.warn(`SKIPPED: ${noNetwork}`);

describe.skipIf(noNetwork)("norm in a network of machines", () => {
  let network: Lan;
  beforeAll(async () => {
    network = await Lan.open(2);
  });
  afterAll(() => network?.[Symbol.dispose]());

  // Without vendor/patches/libzmq/multicast/norm-hops.patch, all datagrams have a TTL of 255.
  test("datagrams have the TTL of multicastHops, 1 by default", async () => {
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
