import { largeSizes, libraries, nodeEnds, sizeName, stream, toolEnds } from "../ends.mjs";

const ends = { ours: nodeEnds(libraries.ours, "message"), zeromq: nodeEnds(libraries.zeromq, "message") };

export default {
  name: "large",
  title: "Large messages",
  figure: "rate",
  unit: "messages/s",
  about:
    "From 16 KiB to 16 MiB over tcp, by `await send` and `for await`: both ends by the same library, and each end with C at the other. Higher is better.",
  cases: largeSizes.map((size) => ({
    name: sizeName(size),
    x: size,
    // The larger ones take longer, and have no aim.
    rounds: size > 65_536 ? 2 : undefined,
    contenders: [
      stream("ours to ours", ends.ours, ends.ours, { size }),
      stream("zeromq to zeromq", ends.zeromq, ends.zeromq, { size }),
      stream("ours to C", toolEnds, ends.ours, { size }),
      stream("zeromq to C", toolEnds, ends.zeromq, { size }),
      stream("C to ours", ends.ours, toolEnds, { size }),
      stream("C to zeromq", ends.zeromq, toolEnds, { size }),
      stream("C to C", toolEnds, toolEnds, { size }),
    ],
  })),
};
