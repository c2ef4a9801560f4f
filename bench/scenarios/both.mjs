import {
  libraries,
  netEnds,
  nodeEnds,
  sizeName,
  sizes,
  stock,
  stockEnds,
  stream,
  toolEnds,
} from "../ends.mjs";

function same(name, ends, size, slowness) {
  return stream(name, ends, ends, { size }, slowness);
}

export default {
  name: "both",
  title: "Both ends with the same library",
  figure: "rate",
  unit: "messages/s",
  about:
    "Sender and receiver in two processes over tcp. Raw net adds a length prefix to each message, but has no patterns, reconnection or queues. Higher is better.",
  cases: sizes.map((size) => ({
    name: sizeName(size),
    x: size,
    contenders: [
      same("C", toolEnds, size),
      same(stock, stockEnds, size),
      same("ours, by message", nodeEnds(libraries.ours, "message"), size),
      same("ours, by batch", nodeEnds(libraries.ours, "batch"), size),
      same("zeromq", nodeEnds(libraries.zeromq, "message"), size, 8),
      same("net, a write each", netEnds(false), size, 6),
      same("net, coalesced", netEnds(true), size),
    ],
  })),
};
