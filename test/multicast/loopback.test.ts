// epgm over the loopback interface, which needs no privilege and no network.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { execaSync } from "execa";
import { describe, expect, test } from "vitest";
import { capability, Publisher, Subscriber, XPublisher, XSubscriber } from "zmq-native";
import { expectAll, finishes, startKilledPublisher } from "../helpers/multicast.js";
import { freshGroup } from "../helpers/pgm.js";
import { startProgram } from "../helpers/program.js";

const missing = capability.pgm ? undefined : "this build of libzmq has no pgm";
if (missing) console.warn(`SKIPPED: ${missing}`);

// Megabits: a high rate, so that tests do not wait for the rate limit.
const fast = { rate: 400_000 };
// Eighteen packets in a second. At lower rates, requests for packets that are delayed cause repairs.
const slow = { rate: 200 };
const patient = { ...fast, receiveTimeout: 30_000 };

type Sender = Publisher | XPublisher;
type Receiver = Subscriber | XSubscriber;

/**
 * Sends until the receiver gets a message, since no event tells when it has joined the group. Then it reads them all.
 */
async function meet(sender: Sender, receiver: Receiver): Promise<void> {
  while (receiver.tryReceive() === undefined) {
    await sender.send("are you there?");
    await sleep(2);
  }
  await sender.send("meet");
  for await (const [frame] of receiver) if (frame!.toString() === "meet") break;
}

async function openPair<S extends Sender, R extends Receiver>(sender: S, receiver: R) {
  const group = await freshGroup();
  if (receiver instanceof Subscriber) receiver.subscribe();
  await receiver.bind(group.endpoint());
  sender.connect(group.endpoint());
  await meet(sender, receiver);
  return {
    sender,
    receiver,
    group,
    [Symbol.dispose]() {
      sender.close();
      receiver.close();
    },
  };
}

describe.skipIf(missing)("epgm over loopback", () => {
  test.each([0, 1, 253, 254, 255, 1_452, 1_453, 10_000, 1_000_000])(
    "a frame of %i bytes arrives",
    async (size) => {
      using pair = await openPair(new Publisher(fast), new Subscriber(patient));
      const body = randomBytes(size);
      await pair.sender.send([body, "end"]);
      const [received, end] = await pair.receiver.receive();
      expect(received!.equals(body)).toBe(true);
      expect(end!.toString()).toBe("end");
    },
  );

  test("messages come whole, once and in order", async () => {
    using pair = await openPair(new Publisher({ ...fast, sendHighWaterMark: 0 }), new Subscriber(patient));
    const count = 2000;
    const message = (i: number) => Array.from({ length: 1 + (i % 4) }, (_, part) => `${i}.${part}`);
    const sent = pair.sender.sendMany(Array.from({ length: count }, (_, i) => message(i)));
    for (let i = 0; i < count; i++) expect((await pair.receiver.receive()).map(String)).toEqual(message(i));
    await sent;
  });

  test("a subscriber receives the topics that it subscribed to", async () => {
    using pair = await openPair(new Publisher(fast), new Subscriber(patient));
    pair.receiver.unsubscribe();
    pair.receiver.subscribe("b", "end");
    await pair.sender.sendMany([["a"], ["b"], ["c"], ["bb"], ["end"]]);
    for (const text of ["b", "bb", "end"]) {
      expect((await pair.receiver.receive()).map(String)).toEqual([text]);
    }
  });

  test("an XSubscriber receives all messages of an XPublisher", async () => {
    using pair = await openPair(new XPublisher(fast), new XSubscriber(patient));
    await pair.sender.send(["a", "b"]);
    expect((await pair.receiver.receive()).map(String)).toEqual(["a", "b"]);
  });

  test("two subscribers receive the same messages", async () => {
    using pair = await openPair(new Publisher(fast), new Subscriber(patient));
    using second = new Subscriber(patient);
    second.subscribe();
    second.connect(pair.group.endpoint());
    await meet(pair.sender, second);
    await pair.sender.send("end");
    for (const receiver of [pair.receiver, second]) {
      for await (const [frame] of receiver) if (frame!.toString() === "end") break;
    }
  });

  test("an XPublisher without a slow peer is limited by the rate and loses nothing", async () => {
    const rate = 16_000; // two megabytes a second
    using pair = await openPair(
      new XPublisher({ rate, noDrop: true, sendHighWaterMark: 10, sendTimeout: 30_000 }),
      new Subscriber({ rate, receiveTimeout: 30_000 }),
    );
    const [count, size] = [300, 1000];
    const started = performance.now();
    const sending = (async () => {
      for (let i = 0; i < count; i++) await pair.sender.send([`${i}`, Buffer.alloc(size)]);
    })();
    for (let i = 0; i < count; i++) expect((await pair.receiver.receive())[0]!.toString()).toBe(`${i}`);
    await sending;
    expect(performance.now() - started).toBeGreaterThan(100);
  });

  test.each(finishes)("messages arrive although the process is killed after %s", async (finish) => {
    const group = await freshGroup();
    using subscriber = new Subscriber({ ...slow, receiveTimeout: 30_000 });
    subscriber.subscribe();
    await subscriber.bind(group.endpoint());
    await using publisher = startKilledPublisher(group.endpoint(), slow, finish);
    await expectAll(subscriber, publisher);
  });

  test("endpoints can be disconnected and connected again", async () => {
    const group = await freshGroup();
    using publisher = new Publisher(fast);
    using subscriber = new Subscriber(patient);
    subscriber.subscribe();
    for (let round = 0; round < 10; round++) {
      publisher.connect(group.endpoint());
      subscriber.connect(group.endpoint());
      await meet(publisher, subscriber);
      publisher.disconnect(group.endpoint());
      await subscriber.unbind(group.endpoint());
    }
  });

  test("sockets can open and close at any moment", async () => {
    const group = await freshGroup();
    for (let round = 0; round < 30; round++) {
      using publisher = new Publisher({ ...fast, linger: 0 });
      using subscriber = new Subscriber(patient);
      subscriber.subscribe();
      subscriber.connect(group.endpoint());
      publisher.connect(group.endpoint());
      for (let i = 0; i < round; i++) await publisher.send(Buffer.alloc(10_000));
      if (round % 3 === 0) await sleep(round / 10);
    }
  });

  // Without vendor/patches/openpgm/resources/close-on-exec.patch, it does.
  test("a child process inherits no descriptors", async () => {
    using pair = await openPair(new Publisher(fast), new Subscriber(patient));
    const list = () => execaSync("ls", ["-l", "/proc/self/fd"], { stdin: "ignore", stderr: "ignore" }).stdout;
    expect(list()).not.toMatch(/ (?:[3-9]|\d\d+) -> (?:socket|anon_inode)/);
    expect(pair.receiver.closed).toBe(false);
  });

  test("OpenPGM writes its log to stderr, and only on request", async () => {
    const group = await freshGroup();
    const body = `
      const socket = new zmq.Subscriber();
      await socket.bind(${JSON.stringify(group.endpoint())});
      socket.close();
    `;
    const quiet = await startProgram(body).outcome;
    expect(quiet).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const loud = await startProgram(body, { env: { NODE_DEBUG: "zmq-native" } }).outcome;
    expect(loud).toMatchObject({ code: 0, stdout: "" });
    expect(loud.stderr).toMatch(/^ZMQ-NATIVE \d+: Warn: Interface lo /m);
  });
});
