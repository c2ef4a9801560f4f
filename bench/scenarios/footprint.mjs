import { connections } from "../descriptors.mjs";
import { libraries, sizeName } from "../ends.mjs";

const node = (name, library, options) => ({
  name,
  measure: (stage) => stage.node("footprint.mjs", { library, ...options }).result,
});
const both = (options) => [node("ours", libraries.ours, options), node("zeromq", libraries.zeromq, options)];

/** Memory and processor time at rest vary little. */
const rounds = 2;

const scenario = (name, title, figure, unit, about, cases) => ({
  name,
  rounds,
  title,
  figure,
  unit,
  about,
  lowerIsBetter: true,
  cases,
});

export const churn = {
  ...scenario(
    "churn",
    "Creating, connecting and closing a socket",
    "secondsEach",
    "time",
    "Time for one socket. Lower is better.",
    [{ name: "create, connect, close", contenders: both({ what: "churn", count: 3000 }) }],
  ),
  rounds: undefined,
};

export const idle = scenario(
  "idle",
  "Memory of an idle socket",
  "bytesEach",
  "memory",
  "Resident memory of each of 5,000 idle sockets, including libzmq's. Lower is better.",
  [{ name: "idle", contenders: both({ what: "idle", count: 5000 }) }],
);

export const connected = {
  ...scenario(
    "connections",
    "Memory of a connection",
    "bytesEach",
    "bytes",
    "Resident memory of a Pull socket for each of 10,000 idle connections over tcp, including libzmq's. Lower is better.",
    [{ name: "idle connection", contenders: both({ what: "connections", count: connections }) }],
  ),
  needs: "descriptors",
};

export const burst = {
  ...scenario(
    "burst",
    "Memory after a burst",
    "bytes",
    "bytes",
    "Resident memory that a process holds three seconds after a burst: it sent 1 GB to itself over tcp without a high-water mark, then received all of it. `peak` is what it held in between. Lower is better.",
    [1024, 65536].map((size) => ({
      name: `1 GB in messages of ${sizeName(size)}`,
      contenders: both({ what: "burst", size, count: 2 ** 30 / size, seconds: 3 }),
    })),
  ),
  // zeromq may take longer than a measurement may.
  rounds: 1,
  also: ["peak"],
};

export const retained = {
  ...scenario(
    "retained",
    "Memory of retained messages",
    "buffers",
    "bytes for each byte",
    "Memory of array buffers for each byte of the messages that a program keeps; `heap` is the memory of JavaScript objects, `resident` all of the process. Lower is better.",
    [1000, 10_000, 100_000].map((count) => ({
      name: `${count.toLocaleString("en-US")} × 100 B`,
      x: count,
      contenders: both({ what: "retained", count, size: 100 }),
    })),
  ),
  also: ["heap", "resident"],
};

export const stalled = scenario(
  "stalled",
  "Memory with a stalled receiver",
  "bytes",
  "memory",
  "Memory at both ends of a connection when the receiver reads nothing and the sender of 1 KiB messages must wait. Lower is better.",
  [100, 1000, 10_000].map((mark) => ({
    name: `high-water mark ${mark.toLocaleString("en-US")}`,
    x: mark,
    contenders: both({ what: "stalled", size: 1024, mark }),
  })),
);

export const rest = scenario(
  "rest",
  "CPU time of idle sockets",
  "share",
  "of a core",
  "Processor time that sockets of every type take once their traffic is over, waiting receives included, beside that of a Node process that has none. Lower is better.",
  [
    { name: "stable sockets", options: {} },
    { name: "drafts, too", options: { drafts: true } },
  ].map(({ name, options }) => ({
    name,
    contenders: [
      node("Node alone", libraries.ours, { what: "rest", seconds: 5, alone: true }),
      ...both({ what: "rest", seconds: 5, ...options }),
    ],
  })),
);
