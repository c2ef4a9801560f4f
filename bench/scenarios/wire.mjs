import { libraries, netEnds, nodeEnds, sizeName, stream, streamEnds, toolEnds } from "../ends.mjs";

/** Each end, and how many times fewer messages than C it gets. */
const limits = {
  "writev in C": [streamEnds("writev"), 1],
  "net, coalesced": [netEnds(true), 1],
  C: [toolEnds, 1],
  nng: [streamEnds("nng"), 50],
  nanomsg: [streamEnds("nanomsg"), 12],
};
const ours = {
  "ours, by batch": [nodeEnds(libraries.ours, "batch"), 1],
  "ours, by message": [nodeEnds(libraries.ours, "message"), 1],
};

export default {
  name: "wire",
  rounds: 3,
  title: "Distance to the limits",
  figure: "rate",
  unit: "messages/s",
  limits: Object.keys(limits),
  about:
    "Both ends with the same library, over tcp, beside what limits them: C that only adds a length prefix and writes up to 64 KiB by one `writev`, Node's net with writes of 64 KiB, libzmq in C, nng and nanomsg. The nearest limit of a row is the slowest of them that is faster. Higher is better.",
  cases: [64, 1024, 16384, 65536].map((size) => ({
    name: sizeName(size),
    x: size,
    contenders: Object.entries({ ...limits, ...ours }).map(([name, [ends, slowness]]) =>
      stream(name, ends, ends, { size }, slowness),
    ),
  })),
};
