// epgm over the loopback interface, which needs no privilege and no network.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { execaSync } from "execa";
import { describe, expect, test } from "vitest";
import { capability, Publisher, Subscriber, XPublisher, XSubscriber } from "zmq-native";
import { freshGroup } from "../helpers/pgm.js";
import { startProgram } from "../helpers/program.js";

const missing = capability.pgm ? undefined : "this build of libzmq has no pgm";
if (missing) console.warn(`SKIPPED: ${missing}`);

// Megabits enough for the tests not to wait for the rate limit.
const fast = { rate: 400_000 };
const patient = { ...fast, receiveTimeout: 30_000 };

type Sender = Publisher | XPublisher;
type Receiver = Subscriber | XSubscriber;

/** Sends until the receiver hears it, since no event tells when it has joined the group; then it has heard all. */
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
  test.each([0, 1, 253, 254, 255, 1_452, 1_453, 10_000, 1_000_000])("a frame of %i bytes", async (size) => {
    using pair = await openPair(new Publisher(fast), new Subscriber(patient));
    const body = randomBytes(size);
    await pair.sender.send([body, "end"]);
    const [received, end] = await pair.receiver.receive();
    expect(received!.equals(body)).toBe(true);
    expect(end!.toString()).toBe("end");
  });

  test("messages come whole, once and in order", async () => {
    using pair = await openPair(new Publisher({ ...fast, sendHighWaterMark: 0 }), new Subscriber(patient));
    const count = 2000;
    const message = (i: number) => Array.from({ length: 1 + (i % 4) }, (_, part) => `${i}.${part}`);
    const sent = pair.sender.sendMany(Array.from({ length: count }, (_, i) => message(i)));
    for (let i = 0; i < count; i++) expect((await pair.receiver.receive()).map(String)).toEqual(message(i));
    await sent;
  });

  test("a subscriber gets what it has subscribed to", async () => {
    using pair = await openPair(new Publisher(fast), new Subscriber(patient));
    pair.receiver.unsubscribe();
    pair.receiver.subscribe("b", "end");
    await pair.sender.sendMany([["a"], ["b"], ["c"], ["bb"], ["end"]]);
    for (const text of ["b", "bb", "end"]) {
      expect((await pair.receiver.receive()).map(String)).toEqual([text]);
    }
  });

  test("XPublisher to XSubscriber, which gets all", async () => {
    using pair = await openPair(new XPublisher(fast), new XSubscriber(patient));
    await pair.sender.send(["a", "b"]);
    expect((await pair.receiver.receive()).map(String)).toEqual(["a", "b"]);
  });

  test("two subscribers get the same", async () => {
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

  test("XPublisher without a peer that is too slow: the rate holds a sender back, and nothing is lost", async () => {
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

  test("endpoints can be left, and joined again", async () => {
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

  test("sockets open and close at any moment", async () => {
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

  // Does without vendor/patches/openpgm/resources/close-on-exec.patch.
  test("a program that is started inherits nothing", async () => {
    using pair = await openPair(new Publisher(fast), new Subscriber(patient));
    const list = () => execaSync("ls", ["-l", "/proc/self/fd"], { stdin: "ignore", stderr: "ignore" }).stdout;
    expect(list()).not.toMatch(/ (?:[3-9]|\d\d+) -> (?:socket|anon_inode)/);
    expect(pair.receiver.closed).toBe(false);
  });

  test("OpenPGM's log goes to standard error, and only when it is asked for", async () => {
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
