// Multicast between two machines: how fast, and what is left of it when packets are lost.

import { setTimeout as sleep } from "node:timers/promises";
import { Lan } from "../../test/multicast/lan.mjs";
import { libraries, sizeName, stock } from "../ends.mjs";

/** Numbers of the machines. */
const sender = 1;
const receiver = 2;
const port = 5555;
const endpointOf = (address) => `epgm://${address};239.192.77.1:${port}`;

/** How each end is started. Each has its own address for the same group. */
const ends = {
  ours: (stage, role, flow, within) =>
    stage.node(
      "multicast.mjs",
      { library: libraries.ours, role, ...flow, endpoint: endpointOf(flow.address) },
      within,
    ).result,
  C: (stage, role, flow, within) => inC(stage.multicast, stage, role, flow, within),
  [stock]: (stage, role, flow, within) => inC(stage.stockMulticast, stage, role, flow, within),
};

function inC(start, stage, role, { address, rate, recoveryInterval, size, count }, within) {
  const { ended } = start.call(
    stage,
    [role, endpointOf(address), rate, recoveryInterval, size, count],
    within,
  );
  return ended.then(({ output }) => JSON.parse(output));
}

/** A stream with the same hand at both ends. `disturb(lan)` does something to the network once it flows. */
function flowing(name, flow, disturb) {
  return {
    name,
    async measure(stage) {
      const { count } = flow;
      const lan = await Lan.open(2);
      try {
        const start = (role, machine) =>
          ends[name](
            stage,
            role,
            { ...{ recoveryInterval: 10_000, ...flow }, address: lan.address(machine) },
            lan.within(machine),
          );
        const result = start("subscribe", receiver);
        await sleep(500);
        start("publish", sender)?.catch(() => {});
        await disturb?.(lan);
        const { received, faults, seconds } = await result;
        return {
          megabits: (received * flow.size * 8) / seconds / 1e6,
          delivered: received / count,
          faults,
        };
      } finally {
        lan.close();
      }
    },
  };
}

/** About a second at the rate, in kilobits a second. */
const countAt = (rate, size) => Math.ceil((rate * 1000) / 8 / size);

const speed = (rate, size) => ({
  name: `${rate / 1000} Mbit/s, ${sizeName(size)}`,
  contenders: ["C", stock, "ours"].map((name) =>
    flowing(name, { rate, size, count: Math.min(500_000, countAt(rate, size)) }),
  ),
});

export const multicast = {
  name: "multicast",
  rounds: 1,
  title: "Multicast by epgm",
  needs: "lan",
  figure: "megabits",
  also: ["delivered", "faults"],
  unit: "Mbit/s of payload",
  about:
    "One publisher and one subscriber, each on a machine of its own (network namespaces with a bridge between them), at the rate that the publisher may send. Delivered is the part of the messages that came, faults those out of order or spoilt. Higher is better.",
  cases: [
    ...[10_000, 100_000, 400_000, 1_000_000].map((rate) => speed(rate, 1024)),
    ...[100, 4096, 65536].map((size) => speed(400_000, size)),
  ],
};

const disturbed = (name, recoveryInterval, disturb) => ({
  name: `${name}, recovery for ${recoveryInterval / 1000} s`,
  contenders: [stock, "ours"].map((hand) =>
    flowing(hand, { rate: 40_000, recoveryInterval, size: 1000, count: 20_000 }, disturb),
  ),
});

const lossy = (part, recoveryInterval = 10_000) =>
  disturbed(`${part * 100} % lost`, recoveryInterval, (lan) => lan.lose(receiver, part, { port }));

const outage = (recoveryInterval) =>
  disturbed("1.5 s of outage", recoveryInterval, async (lan) => {
    await sleep(1500);
    lan.lose(receiver, 1, { port });
    await sleep(1500);
    lan.lose(receiver, 0, { port });
  });

export const loss = {
  name: "loss",
  rounds: 1,
  title: "Multicast with losses",
  needs: "lan",
  figure: "delivered",
  also: ["faults", "megabits"],
  unit: "of the messages",
  about:
    "The part of 20,000 messages of 1,000 bytes that came, at 40 Mbit/s, when the subscriber loses a part of the packets; faults are messages out of order or spoilt. Higher is better.",
  cases: [
    ...[0, 0.01, 0.05, 0.1, 0.2].map((part) => lossy(part)),
    lossy(0.05, 20),
    outage(200),
    outage(10_000),
  ],
};
