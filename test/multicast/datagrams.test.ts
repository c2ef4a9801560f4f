// Any machine can send datagrams to a multicast port. None may abort the process or stop messages from others. Without
// vendor/patches/libzmq/multicast/pgm-reads.patch, most of the first attacks abort programs, and without
// vendor/patches/openpgm/peers/malformed-packets.patch, so do most from the malformed packets on.

import { randomBytes, randomInt } from "node:crypto";
import { test } from "vitest";
import { capability } from "zmq-native";
import { survive } from "../helpers/attack.js";
import { fragmentOption, frame, freshGroup, noBeginning, PgmSource, payload, pgm } from "../helpers/pgm.js";

const missing = capability.pgm ? undefined : "this build of libzmq has no pgm";
if (missing) console.warn(`SKIPPED: ${missing}`);

const one: Buffer = Buffer.from([1]);

/** The packets and how they are sent: by a source with its own sequence numbers, or raw. */
const attacks: Record<string, (source: PgmSource) => Promise<void>> = {
  "an empty datagram": (source) => source.sendRaw(Buffer.alloc(0)),
  "a datagram of one byte": (source) => source.sendRaw(one),
  "random datagrams": async (source) => {
    for (let size = 1; size < 200; size++) await source.sendRaw(randomBytes(size));
  },
  "data of no byte": (source) => source.send(0, Buffer.alloc(0)),
  "data of one byte": (source) => source.send(0, one),
  "data with an offset beyond its end": (source) => source.send(0, payload(frame("x"), 100)),
  "data of a publisher that has joined, then less than an offset": async (source) => {
    await source.send(0, payload(frame("x")));
    await source.send(1, one);
    await source.send(2, payload(frame("y")));
  },
  "data in fragments": async (source) => {
    await source.send(0, payload(frame("x")), { options: fragmentOption(0, 0, 10) });
    await source.send(1, payload(frame("x")), { options: fragmentOption(0, 5, 10) });
  },
  "frames without a length, and with one that no memory suffices for": async (source) => {
    await source.send(0, payload(Buffer.from([0, 0, 0, 0])));
    await source.send(1, payload(Buffer.alloc(20, 0xff)));
    await source.send(2, payload(Buffer.alloc(20, 0xff), noBeginning));
  },
  "a data packet that ends too early": async (source) => {
    for (let size = 0; size < 8; size++) await source.sendPacket(pgm.data, 0, Buffer.alloc(size));
  },
  "options of length 0": (source) =>
    source.send(0, payload(frame("x")), { options: Buffer.from([0, 4, 0, 8, 3, 0, 0, 0]) }),
  "options that go on beyond the packet": (source) =>
    source.send(0, Buffer.alloc(0), { options: Buffer.from([0, 4, 255, 255, 3, 255, 0, 0]) }),
  "options without an end": (source) =>
    source.send(0, payload(frame("x")), { options: Buffer.from([0, 4, 0, 8, 3, 4, 0, 0]) }),
  "options that do not begin with their length": (source) =>
    source.send(0, payload(frame("x")), { options: Buffer.from([0x83, 4, 0, 8, 0x83, 4, 0, 0]) }),
  parity: async (source) => {
    await source.send(0, payload(frame("x")));
    const numbers = Buffer.alloc(8);
    for (const number of [0, 1, 1000]) {
      numbers.writeUInt32BE(number);
      await source.sendPacket(pgm.data, pgm.parity, Buffer.concat([numbers, frame("x")]), 3);
    }
  },
  "packets of all types with random contents": async (source) => {
    await source.send(0, payload(frame("x")));
    for (let type = 0; type < 16; type++) {
      for (let i = 0; i < 120; i++) {
        // Random addresses would hide the effect of the fields that follow.
        const body = Buffer.concat([randomBytes(4), Buffer.from([0, 1]), randomBytes(randomInt(40))]);
        if (body.length > 14) body.writeUInt16BE(1, 12);
        if (i % 3 === 0) Buffer.from([0, 4, 0, 20]).copy(body, i % 2 === 0 ? 8 : 20);
        await source.sendPacket(
          type,
          [0, pgm.optionsPresent, randomInt(256)][i % 3] as number,
          body,
          randomInt(9),
        );
      }
    }
  },
};

test.skipIf(missing).for(Object.entries(attacks))("%s", async ([, attack]) => {
  const group = await freshGroup();
  await survive(group.endpoint(), async () => {
    using source = await PgmSource.open(group);
    await attack(source);
  });
});
