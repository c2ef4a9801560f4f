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
  name: "receive",
  title: "Receiving from a sender in C",
  figure: "rate",
  unit: "messages/s",
  about: "libzmq's own remote_thr sends over tcp; each contender receives. Higher is better.",
  cases: sizes.map((size) => ({
    name: sizeName(size),
    x: size,
    contenders: [
      stream("C", toolEnds, toolEnds, { size }),
      stream(stock, stockEnds, toolEnds, { size }),
      stream("ours, for await", nodeEnds(libraries.ours, "message"), toolEnds, { size }),
      stream("ours, batches", nodeEnds(libraries.ours, "batch"), toolEnds, { size }),
      stream("ours, receive()", nodeEnds(libraries.ours, "receive"), toolEnds, { size }, 2),
      stream("zeromq, for await", nodeEnds(libraries.zeromq, "message"), toolEnds, { size }, 8),
      stream("pyzmq", pythonEnds, toolEnds, { size }, 5),
    ],
  })),
};
