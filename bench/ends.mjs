// The two ends of a stream of messages, whichever library serves them, and how a measurement joins them.

import { root } from "./paths.mjs";
import { freePort } from "./stage.mjs";

/** The libraries in Node, by what their peers are told to load. */
export const libraries = { ours: root, zeromq: "zeromq" };

/** Messages in about a second for C, by size. */
const atFullSpeed = {
  ...{ 1: 5e6, 64: 4e6, 256: 2e6, 1024: 1e6, 4096: 3e5, 16384: 1e5, 65536: 3e4, 262144: 8000 },
  ...{ 1048576: 1500, 4194304: 400, 16777216: 100 },
};
export const sizes = [1, 64, 256, 1024, 4096, 65536, 1048576];
export const largeSizes = Object.keys(atFullSpeed)
  .map(Number)
  .filter((size) => size > 4096);

export function sizeName(bytes) {
  if (bytes >= 2 ** 20) return `${bytes / 2 ** 20} MiB`;
  return bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} B`;
}

/** How many messages to measure: `slowness` times fewer for what is slower than C. */
export function countFor(size, scale, slowness = 1) {
  const full = atFullSpeed[size] * scale;
  // Libraries that are slow with small messages are not with large ones: the wire limits all of them.
  const slow = size >= 4096 ? 1 : size >= 1024 ? Math.min(slowness, 3) : slowness;
  return Math.max(size > 2 ** 20 ? 40 : 200, Math.round(full / slow / 100) * 100);
}

/** Ends in Node: `receive(stage, flow)` and `send(stage, flow, endpoint)`; a flow is `{ count, size, frames?, curve? }`. */
export function nodeEnds(library, by, more = {}) {
  return {
    receive(stage, flow) {
      const warmup = Math.floor(flow.count / 4);
      return stage.node("receive.mjs", { library, by, warmup, ...flow, count: flow.count - warmup, ...more });
    },
    send: (stage, flow, endpoint) => stage.node("send.mjs", { library, by, ...flow, endpoint, ...more }),
  };
}

export const pythonEnds = {
  receive: (stage, { count, size }) => stage.python({ role: "receive", count: count - 1, size }),
  send: (stage, flow, endpoint) => stage.python({ role: "send", ...flow, endpoint }),
};

export function netEnds(coalesce) {
  return {
    receive(stage, flow) {
      const warmup = Math.floor(flow.count / 4);
      return stage.node("net.mjs", { role: "receive", warmup, ...flow, count: flow.count - warmup });
    },
    send: (stage, flow, endpoint) => stage.node("net.mjs", { role: "send", coalesce, ...flow, endpoint }),
  };
}

async function bindAtFreePort(start) {
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  return { endpoint, peer: start(endpoint) };
}

/** libzmq's own tools, started by a method of the stage. With CURVE they have keys of their own. */
const endsByTools = (start) => ({
  receive(stage, { count, size, curve }) {
    const started = bindAtFreePort((endpoint) =>
      stage[start]("local_thr", endpoint, size, count, curve ? 1 : 0),
    );
    return {
      endpoint: started.then(({ endpoint }) => endpoint),
      result: started
        .then(({ peer }) => peer.ended)
        .then(({ output, cpuSeconds }) => ({
          rate: Number(/(\d+) \[msg\/s\]/.exec(output)[1]),
          cpuPerMessage: cpuSeconds / count,
        })),
    };
  },
  send(stage, { count, size, curve }, endpoint) {
    const { ended } = stage[start]("remote_thr", endpoint, size, count, curve ? 1 : 0);
    return { result: ended.then(({ cpuSeconds }) => ({ cpuPerMessage: cpuSeconds / count })) };
  },
});

/** C programs, built like the addon: the same patched sources, with link-time optimization across the tool and the library. */
export const toolEnds = endsByTools("tool");
/** With the system's libzmq, as its distribution builds it and a C program gets it. */
export const stockEnds = endsByTools("stockTool");
/** The name of contenders that need the system's libzmq. */
export const stock = "C, stock";

/** Multipart messages in C. */
export const patternEnds = {
  receive(stage, { count, size, frames }) {
    const started = bindAtFreePort((endpoint) => stage.patterns("receive", endpoint, frames, size, count));
    return {
      endpoint: started.then(({ endpoint }) => endpoint),
      result: started.then(({ peer }) => peer.ended).then(({ output }) => ({ rate: Number(output) })),
    };
  },
  send(stage, { count, size, frames }, endpoint) {
    return { result: stage.patterns("send", endpoint, frames, size, count).ended };
  },
};

/** Streams in C without libzmq: writev, nng or nanomsg. */
export const streamEnds = (name) => ({
  receive(stage, { count, size }) {
    const started = bindAtFreePort((endpoint) => stage.stream(name, "receive", endpoint, size, count));
    return {
      endpoint: started.then(({ endpoint }) => endpoint),
      result: started
        .then(({ peer }) => peer.ended)
        .then(({ output, cpuSeconds }) => ({ rate: Number(output), cpuPerMessage: cpuSeconds / count })),
    };
  },
  send(stage, { count, size }, endpoint) {
    stage.stream(name, "send", endpoint, size, count);
    // Some must be ended from outside.
    return { result: Promise.resolve() };
  },
});

/** A contender that streams from one end to another; `slowness` is how many times fewer messages it gets than C. */
export function stream(name, receiver, sender, flow, slowness = 1) {
  return {
    name,
    async measure(stage, scale) {
      const whole = { ...flow, count: countFor(flow.size, scale, slowness * (flow.frames ?? 1)) };
      const receiving = receiver.receive(stage, whole);
      const endpoint = await receiving.endpoint;
      const sending = sender.send(stage, whole, endpoint);
      const received = await receiving.result;
      // The sender has done all by now; libzmq's tools end only then.
      const sent = await Promise.race([sending.result, new Promise((end) => setTimeout(end, 2000))]);
      return {
        ...received,
        senderCpuPerMessage: sent?.cpuPerMessage,
        senderFaultsPerMessage: sent?.faultsPerMessage,
      };
    },
  };
}
