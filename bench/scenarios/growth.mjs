// How throughput changes as the work grows: more sockets, more peers, more threads.

import { countFor, libraries, nodeEnds } from "../ends.mjs";

const size = 64;

/** `receivers` PULL sockets in one process are connected to a PUSH in another. */
const manySockets = (sockets) => ({
  name: "ours",
  async measure(stage, scale) {
    const count = Math.ceil(countFor(size, scale, 2) / sockets) * sockets;
    const sender = stage.node("send.mjs", {
      library: libraries.ours,
      by: "message",
      count,
      size,
      bind: true,
    });
    const connect = await sender.endpoint;
    const warmup = Math.floor(count / 4);
    const options = {
      library: libraries.ours,
      by: "message",
      warmup,
      count: count - warmup,
      size,
      connect,
      sockets,
    };
    return stage.node("receive.mjs", options).result;
  },
});

/** `senders` PUSH sockets in one process are connected to a PULL in another. */
const manyPeers = (senders) => ({
  name: "ours",
  async measure(stage, scale) {
    const count = Math.ceil(countFor(size, scale, 2) / senders) * senders;
    const ends = nodeEnds(libraries.ours, "message");
    const receiving = ends.receive(stage, { size, count });
    const options = { library: libraries.ours, by: "message", size, count, sockets: senders };
    stage.node("send.mjs", { ...options, endpoint: await receiving.endpoint });
    return receiving.result;
  },
});

const manyThreads = (pairs) => ({
  name: "ours",
  measure: (stage, scale) => {
    const count = Math.round((2e6 * scale) / pairs);
    return stage.node("inproc.mjs", { library: libraries.ours, by: "message", size, count, pairs }).result;
  },
});

const scenario = (name, title, about, numbers, contender) => ({
  name,
  title,
  rounds: 2,
  figure: "rate",
  unit: "messages/s",
  about: `${about} The figure is the sum of all. Higher is better.`,
  cases: numbers.map((number) => ({ name: `${number}`, x: number, contenders: [contender(number)] })),
});

const thousands = [1, 10, 100, 1000];

export const sockets = scenario(
  "sockets",
  "Sockets in one process",
  "PULL sockets in one process share the messages of one PUSH in another process, 64 bytes over tcp.",
  thousands,
  manySockets,
);
export const peers = scenario(
  "peers",
  "Peers of one socket",
  "PUSH sockets in another process send to one PULL, 64 bytes over tcp.",
  thousands,
  manyPeers,
);
export const threads = scenario(
  "threads",
  "Pairs of worker threads",
  "Pairs of worker threads, 64 bytes over inproc.",
  [1, 2, 4, 8],
  manyThreads,
);
