import { countFor, libraries, nodeEnds, toolEnds } from "../ends.mjs";

const flooded = (name, library, slowness) => ({
  name,
  async measure(stage, scale) {
    const count = countFor(64, scale, slowness);
    const receiving = nodeEnds(library, "message", { tick: true }).receive(stage, { size: 64, count });
    toolEnds.send(stage, { size: 64, count }, await receiving.endpoint);
    const { delay } = await receiving.result;
    return delay;
  },
});

export default {
  name: "neighbour",
  title: "Timer delay under load",
  figure: "p99",
  also: ["p50", "max"],
  unit: "ms",
  lowerIsBetter: true,
  about:
    "Time between the ticks of a 5 ms timer while a loop receives 64-byte messages as fast as C sends them: the 99th percentile. Lower is better.",
  cases: [
    {
      name: "5 ms timer",
      contenders: [flooded("ours", libraries.ours, 1), flooded("zeromq", libraries.zeromq, 8)],
    },
  ],
};
