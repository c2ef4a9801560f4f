import { libraries } from "../ends.mjs";

const node = (name, library, options) => ({
  name,
  measure: (stage) => stage.node("footprint.mjs", { library, ...options }).result,
});
const both = (options) => [node("ours", libraries.ours, options), node("zeromq", libraries.zeromq, options)];

const scenario = (name, title, figure, unit, about, cases) => ({
  name,
  title,
  figure,
  unit,
  about,
  lowerIsBetter: true,
  cases,
});

export const churn = scenario(
  "churn",
  "Creating, connecting and closing a socket",
  "secondsEach",
  "time",
  "Time for one socket. Lower is better.",
  [{ name: "create, connect, close", contenders: both({ what: "churn", count: 3000 }) }],
);

export const idle = scenario(
  "idle",
  "Memory of an idle socket",
  "bytesEach",
  "memory",
  "Resident memory of each of 5,000 idle sockets, including libzmq's. Lower is better.",
  [{ name: "idle", contenders: both({ what: "idle", count: 5000 }) }],
);

export const retained = scenario(
  "retained",
  "Memory of retained messages",
  "buffers",
  "bytes for each byte",
  "Memory of array buffers for each byte of the messages that a program keeps. Lower is better.",
  [1000, 10_000, 100_000].map((count) => ({
    name: `${count.toLocaleString("en-US")} × 100 B`,
    x: count,
    contenders: both({ what: "retained", count, size: 100 }),
  })),
);

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
      node("Node alone", libraries.ours, { what: "rest", seconds: 10, alone: true }),
      ...both({ what: "rest", seconds: 10, ...options }),
    ],
  })),
);
