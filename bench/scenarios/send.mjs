import {
  libraries,
  nodeEnds,
  pythonEnds,
  sizeName,
  sizes,
  stock,
  stockEnds,
  stream,
  toolEnds,
} from "../ends.mjs";

export default {
  name: "send",
  title: "Sending to a receiver in C",
  figure: "rate",
  unit: "messages/s",
  about: "Each contender sends over tcp; libzmq's own local_thr receives and measures. Higher is better.",
  cases: sizes.map((size) => ({
    name: sizeName(size),
    x: size,
    contenders: [
      stream("C", toolEnds, toolEnds, { size }),
      stream(stock, toolEnds, stockEnds, { size }),
      stream("ours, await send", toolEnds, nodeEnds(libraries.ours, "message"), { size }),
      stream("ours, sendMany", toolEnds, nodeEnds(libraries.ours, "batch"), { size }),
      stream("zeromq, await send", toolEnds, nodeEnds(libraries.zeromq, "message"), { size }, 8),
      stream("pyzmq", toolEnds, pythonEnds, { size }, 4),
    ],
  })),
};
