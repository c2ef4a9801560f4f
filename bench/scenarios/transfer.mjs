import { libraries, nodeEnds, sizeName, stream, toolEnds } from "../ends.mjs";

const passes = (name, options, size) => ({
  name,
  measure: (stage, scale) =>
    stage.node("transfer.mjs", { size, count: Math.max(50, Math.round((2e9 * scale) / size)), ...options })
      .result,
});

const threads = (size) => ({
  name: `inproc, ${sizeName(size)}`,
  contenders: [
    passes("ours, transfer", { library: libraries.ours, by: "transfer" }, size),
    passes("ours, copy", { library: libraries.ours, by: "copy" }, size),
    passes("zeromq", { library: libraries.zeromq, by: "copy" }, size),
    passes("MessagePort, transfer", { by: "port" }, size),
  ],
});

const network = (size) => ({
  name: `tcp, ${sizeName(size)}`,
  contenders: [
    stream("ours, transfer", toolEnds, nodeEnds(libraries.ours, "transfer"), { size }),
    stream("ours, copy", toolEnds, nodeEnds(libraries.ours, "filled"), { size }),
    stream("zeromq", toolEnds, nodeEnds(libraries.zeromq, "filled"), { size }),
  ],
});

const sizes = [2 ** 16, 2 ** 20, 2 ** 24];

export default {
  name: "transfer",
  title: "Large messages without a copy",
  figure: "rate",
  unit: "messages/s",
  about:
    "Over inproc, two worker threads pass one message back and forth. Over tcp, a sender fills a new Buffer for each message, and C receives. Higher is better.",
  cases: [...sizes.map(threads), ...sizes.map(network)],
};
