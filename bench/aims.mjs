// The aims, each a ratio within the same round: ours against zeromq, and against libzmq in C.

import { largeSizes, sizeName, stock } from "./ends.mjs";
import { figureOf, ratioOf } from "./statistics.mjs";

/**
 * A row: which scenario and case, which contender is ours, what it is measured against, and the ratio to reach.
 * `atMost`: the ratio must not exceed the aim.
 */
const row = (work, scenario, cases, ours, against, aim, more = {}) => ({
  ...{ work, scenario, ours, against, aim, ...more },
  cases: [cases].flat(),
});

const aims = [
  row("both ends, by message", "both", "64 B", "ours, by message", "zeromq", 9),
  row("both ends, by message", "both", "64 B", "ours, by message", "C", 0.6),
  row("for await", "receive", ["1 B", "64 B"], "ours, for await", "zeromq, for await", 8),
  row("for await", "receive", ["1 B", "64 B"], "ours, for await", "C", 0.7),
  row("await send", "send", "1 B", "ours, await send", "zeromq, await send", 7),
  row("await send", "send", "64 B", "ours, await send", "zeromq, await send", 5),
  row("await send", "send", ["1 B", "64 B"], "ours, await send", "C", 0.7),
  row("for await", "receive", "256 B", "ours, for await", "zeromq, for await", 2.5),
  row("for await", "receive", "1 KiB", "ours, for await", "zeromq, for await", 2.5),
  row("for await", "receive", ["256 B", "1 KiB"], "ours, for await", "C", 0.95),
  row("await send", "send", ["256 B", "1 KiB"], "ours, await send", "zeromq, await send", 2),
  row("await send", "send", ["256 B", "1 KiB"], "ours, await send", "C", 0.95),
  row("for await", "receive", ["4 KiB", "64 KiB", "1 MiB"], "ours, for await", "zeromq, for await", 1.2),
  row("for await", "receive", ["4 KiB", "64 KiB", "1 MiB"], "ours, for await", "C", 0.95),
  row("await send", "send", ["4 KiB", "64 KiB", "1 MiB"], "ours, await send", "zeromq, await send", 1.2),
  row("await send", "send", ["4 KiB", "64 KiB", "1 MiB"], "ours, await send", "C", 0.95),
  row("both ends, large messages", "large", "16 KiB", "ours to ours", "zeromq to zeromq", 2.5),
  row("both ends, large messages", "large", "64 KiB", "ours to ours", "zeromq to zeromq", 1.5),
  ...["ours to ours/zeromq to zeromq", "ours to C/zeromq to C", "C to ours/C to zeromq"].map((pair) => {
    const [ours, theirs] = pair.split("/");
    return row("large messages", "large", largeSizes.map(sizeName), ours, theirs, 1);
  }),
  row("batches()", "receive", ["1 B", "64 B"], "ours, batches", "zeromq, for await", 11),
  row("batches()", "receive", ["1 B", "64 B"], "ours, batches", "C", 0.95),
  row("sendMany", "send", "1 B", "ours, sendMany", "zeromq, await send", 10),
  row("sendMany", "send", "64 B", "ours, sendMany", "zeromq, await send", 7),
  row("sendMany", "send", ["1 B", "64 B"], "ours, sendMany", "C", 0.95),
  row("batches()", "receive", "256 B", "ours, batches", "zeromq, for await", 3),
  row("batches()", "receive", "1 KiB", "ours, batches", "zeromq, for await", 2.2),
  row("batches()", "receive", ["256 B", "1 KiB", "4 KiB", "64 KiB", "1 MiB"], "ours, batches", "C", 1),
  row("sendMany", "send", "256 B", "ours, sendMany", "zeromq, await send", 3),
  row("sendMany", "send", "1 KiB", "ours, sendMany", "zeromq, await send", 2.2),
  row("sendMany", "send", ["256 B", "1 KiB", "4 KiB", "64 KiB", "1 MiB"], "ours, sendMany", "C", 1),
  row("REQ/REP latency", "latency", "REQ/REP", "ours", "zeromq", 0.85, { figure: "mean", atMost: true }),
  row("REQ/REP latency", "latency", "REQ/REP", "ours", "C", 1.1, { figure: "mean", atMost: true }),
  row("inproc, by message", "inproc", "64 B", "ours, by message", "zeromq", 5),
  row("inproc, by batch", "inproc", "64 B", "ours, by batch", "zeromq", 8),
  row("inproc, by message", "inproc", "64 B", "ours, by message", "MessagePort", 3),
  row("inproc, by batch", "inproc", "64 B", "ours, by batch", "C", 0.5),
  row("raw net, a write each", "both", "64 B", "ours, by message", "net, a write each", 4),
  row("raw net, a write each", "both", "1 KiB", "ours, by message", "net, a write each", 1.5),
  row("CPU, receiver", "receive", "64 B", "ours, for await", "zeromq, for await", 0.25, {
    ...{ figure: "cpuPerMessage", atMost: true },
  }),
  row("CPU, receiver", "receive", "64 B", "ours, for await", "C", 1.6, {
    figure: "cpuPerMessage",
    atMost: true,
  }),
  row("CPU, sender", "send", "64 B", "ours, await send", "zeromq, await send", 0.25, {
    ...{ figure: "senderCpuPerMessage", atMost: true },
  }),
  row("CPU, sender", "send", "64 B", "ours, await send", "C", 1.6, {
    ...{ figure: "senderCpuPerMessage", atMost: true },
  }),
  row("three frames", "multipart", "3 × 64 B", "ours, by message", "zeromq", 6),
  row("three frames", "multipart", "3 × 64 B", "ours, by message", "C", 0.5),
  row("PUB to 50 SUBs", "fanout", "PUB to 50 SUB", "ours, by message", "zeromq", 3),
  row("PUB to 50 SUBs", "fanout", "PUB to 50 SUB", "ours, by batch", "C", 0.8),
  row("CURVE, by batch", "curve", ["64 B", "1 KiB", "64 KiB"], "ours, by batch", stock, 0.9),
  row("a socket's life", "churn", "create, connect, close", "ours", "zeromq", 0.6, {
    ...{ figure: "secondsEach", atMost: true },
  }),
  row("require, first connect", "start", "require, connect", "ours", "zeromq", 1, {
    ...{ figure: "seconds", atMost: true },
  }),
  row("REQ/REP, spinning", "latency", "REQ/REP", "ours, ioThreadSpin 100", "C", 1, {
    ...{ figure: "mean", atMost: true },
  }),
  row("an idle socket", "idle", "idle", "ours", "zeromq", 0.5, { figure: "bytesEach", atMost: true }),
];

/**
 * Each aim and case that was measured, with the ratio that was reached; for those against C, which is built as ours is,
 * also the ratio to C with the libzmq that the system has.
 */
export function judge(results) {
  const find = (scenario, name, contender) =>
    results.find((one) => one.scenario === scenario && one.case === name && one.contender === contender);
  return aims.flatMap(({ cases, ...aim }) =>
    cases.flatMap((name) => {
      const ours = find(aim.scenario, name, aim.ours);
      if (ours === undefined) return [];
      const figure = aim.figure ?? "rate";
      const ratio = ratioOf(ours, find(aim.scenario, name, aim.against), figure);
      if (ratio === undefined) return [];
      const reached = aim.atMost ? ratio.median <= aim.aim : ratio.median >= aim.aim;
      const ofStock =
        aim.against === "C" ? ratioOf(ours, find(aim.scenario, name, stock), figure) : undefined;
      return [
        { ...aim, case: name, ratio, reached, ofStock, figureName: figure, figure: figureOf(ours, figure) },
      ];
    }),
  );
}
