// A subscriber's handling of packets that are lost, late, or from several publishers: packet by packet, so that each
// case is the same in every run. test/multicast/lan.test.ts has real publishers and real loss.

import { expect, test } from "vitest";
import { capability, Subscriber } from "zmq-native";
import { frame, freshGroup, type Group, noBeginning, PgmSource, payload } from "../helpers/pgm.js";

const missing = capability.pgm ? undefined : "this build of libzmq has no pgm";
if (missing) console.warn(`SKIPPED: ${missing}`);

const windowSize = 50; // packets: rate / 8 * recoveryInterval / multicastMaxTransportDataUnit

async function openSubscriber(group: Group): Promise<Subscriber> {
  const subscriber = new Subscriber({ rate: 10_000, recoveryInterval: 60, receiveTimeout: 30_000 });
  subscriber.subscribe();
  await subscriber.bind(group.endpoint());
  return subscriber;
}

/** A publisher whose first packet, number 0, has been received. Its next one is number `next`. */
async function join(group: Group, subscriber: Subscriber): Promise<PgmSource & { next: number }> {
  const source = Object.assign(await PgmSource.open(group), { next: 0 });
  // No event tells whether a subscriber has joined its group.
  while (subscriber.tryReceive() === undefined) {
    await source.send(source.next, payload(frame("hello")), { trail: source.next++ });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  // More of them may be in flight. This message follows them.
  await source.send(source.next, payload(frame("joined")), { trail: source.next++ });
  while (String((await subscriber.receive())[0]) !== "joined");
  return source;
}

const texts = (message: Buffer[]) => message.map(String);

test.skipIf(missing)("a late packet and a duplicate are delivered once, in order", async () => {
  const group = await freshGroup();
  using subscriber = await openSubscriber(group);
  using source = await join(group, subscriber);
  const first = source.next;
  for (const i of [0, 2, 2, 1, 4, 0, 3]) {
    await source.send(first + i, payload(frame(`message ${i}`)), { trail: first });
  }
  for (let i = 0; i < 5; i++) expect(texts(await subscriber.receive())).toEqual([`message ${i}`]);
});

// Without vendor/patches/libzmq/multicast/pgm-reads.patch, the subscriber receives nothing more.
test.skipIf(missing)("messages arrive after more packets were lost than the window holds", async () => {
  const group = await freshGroup();
  using subscriber = await openSubscriber(group);
  using source = await join(group, subscriber);
  for (let round = 0; round < 4; round++) {
    const [first, count] = [source.next, 20];
    const trail = Math.max(0, first - windowSize);
    for (let i = 0; i < count; i++) {
      // The last packet says that those before the first are no longer available. Until then the subscriber waits for
      // them.
      const from = i < count - 1 ? trail : first;
      await source.send(source.next++, payload(frame(`message ${round}.${i}`)), { trail: from });
    }
    for (let i = 0; i < count; i++) {
      expect(texts(await subscriber.receive())).toEqual([`message ${round}.${i}`]);
    }
    source.next += windowSize * 10;
  }
});

// Without vendor/patches/openpgm/peers/long-gaps.patch, this takes a minute or more, in which nothing else is sent or
// received.
test.skipIf(missing)("messages arrive soon after a sequence number far ahead", async () => {
  const group = await freshGroup();
  using subscriber = await openSubscriber(group);
  using source = await join(group, subscriber);
  // Packets in between may still be available, so the subscriber must wait for those in the window.
  source.next += 2_000_000_000;
  await source.send(source.next++, payload(frame("far")), { trail: 0 });
  await source.send(source.next, payload(frame("end")), { trail: source.next });
  expect(texts(await subscriber.receive())).toEqual(["far"]);
  expect(texts(await subscriber.receive())).toEqual(["end"]);
});

// Without vendor/patches/libzmq/multicast/pgm-messages.patch, data after the gap is delivered as the continuation of
// data before it.
test.skipIf(missing)("a message whose middle is lost is dropped", async () => {
  const group = await freshGroup();
  using subscriber = await openSubscriber(group);
  using source = await join(group, subscriber);
  const first = source.next;
  await source.send(first, payload(Buffer.concat([frame("before"), frame("head", true)])));
  // Number first + 1, with another frame, is lost and no longer available.
  await source.send(first + 2, payload(frame("tail"), noBeginning), { trail: first + 2 });
  const rest = frame("tail of another message");
  await source.send(first + 3, payload(Buffer.concat([rest, frame("after")]), rest.length), {
    trail: first + 2,
  });
  expect(texts(await subscriber.receive())).toEqual(["before"]);
  expect(texts(await subscriber.receive())).toEqual(["after"]);
});

test.skipIf(missing)("a message with a frame whose middle is lost is dropped", async () => {
  const group = await freshGroup();
  using subscriber = await openSubscriber(group);
  using source = await join(group, subscriber);
  const first = source.next;
  const long = frame("a".repeat(100));
  await source.send(first, payload(Buffer.concat([frame("before"), long.subarray(0, 50)])));
  await source.send(first + 2, payload(Buffer.concat([long.subarray(60), frame("after")]), 42), {
    trail: first + 2,
  });
  expect(texts(await subscriber.receive())).toEqual(["before"]);
  expect(texts(await subscriber.receive())).toEqual(["after"]);
});

test.skipIf(missing)("a message whose beginning is lost is dropped", async () => {
  const group = await freshGroup();
  using subscriber = await openSubscriber(group);
  using source = await join(group, subscriber);
  const first = source.next;
  await source.send(first + 1, payload(frame("the last frame"), noBeginning), { trail: first + 1 });
  await source.send(first + 2, payload(frame("whole")), { trail: first + 1 });
  expect(texts(await subscriber.receive())).toEqual(["whole"]);
});

// Without vendor/patches/libzmq/multicast/pgm-messages.patch, frames arrive in the order of the packets.
test.skipIf(missing)("interleaved messages of two publishers are delivered whole", async () => {
  const group = await freshGroup();
  using subscriber = await openSubscriber(group);
  using a = await join(group, subscriber);
  using b = await join(group, subscriber);
  const count = 10;
  for (let i = 0; i < count; i++) {
    for (const part of ["first", "second", "third"]) {
      const offset = part === "first" ? 0 : noBeginning;
      for (const [name, source] of Object.entries({ a, b })) {
        await source.send(source.next++, payload(frame(`${name}${i} ${part}`, part !== "third"), offset));
      }
    }
  }
  const received = [];
  for (let i = 0; i < 2 * count; i++) received.push(texts(await subscriber.receive()));
  for (const name of ["a", "b"]) {
    expect(received.filter(([part]) => part!.startsWith(name))).toEqual(
      Array.from({ length: count }, (_, i) => [
        `${name}${i} first`,
        `${name}${i} second`,
        `${name}${i} third`,
      ]),
    );
  }
});

// A publisher that disappears in the middle of a message must not delay or corrupt those of another one.
test.skipIf(missing)(
  "a publisher that disappears in the middle of a message affects no other publisher",
  async () => {
    const group = await freshGroup();
    using subscriber = await openSubscriber(group);
    using leaving = await join(group, subscriber);
    using staying = await join(group, subscriber);
    await leaving.send(leaving.next, payload(frame("never complete", true)));
    for (let i = 0; i < 5; i++) {
      await staying.send(staying.next++, payload(Buffer.concat([frame(`${i}`, true), frame("end")])));
      expect(texts(await subscriber.receive())).toEqual([`${i}`, "end"]);
    }
  },
);

test.skipIf(missing)("a slow subscriber receives all messages that fit into its queue", async () => {
  const group = await freshGroup();
  using subscriber = new Subscriber({ rate: 10_000, receiveTimeout: 30_000, receiveHighWaterMark: 10 });
  subscriber.subscribe();
  await subscriber.bind(group.endpoint());
  using source = await join(group, subscriber);
  const count = 100;
  const message = (i: number) => [`${i}`, "end"];
  for (let i = 0; i < count; i++) {
    const [head, end] = message(i) as [string, string];
    await source.send(source.next++, payload(Buffer.concat([frame(head, true), frame(end)])));
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let i = 0; i < count; i++) expect(texts(await subscriber.receive())).toEqual(message(i));
});
