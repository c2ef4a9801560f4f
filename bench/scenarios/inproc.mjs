import { libraries } from "../ends.mjs";

const size = 64;

const threads = (name, options, slowness = 1) => ({
  name,
  measure: (stage, scale) =>
    stage.node("inproc.mjs", { size, count: Math.round((2e6 * scale) / slowness), ...options }).result,
});

const c = {
  name: "C",
  async measure(stage, scale) {
    const { output } = await stage.tool("inproc_thr", size, Math.round(5e6 * scale)).ended;
    return { rate: Number(/(\d+) \[msg\/s\]/.exec(output)[1]) };
  },
};

export default {
  name: "inproc",
  title: "Between two worker threads",
  figure: "rate",
  unit: "messages/s",
  about:
    "64 bytes from one worker thread to another: over inproc, or through a MessagePort. Higher is better.",
  cases: [
    {
      name: "64 B",
      contenders: [
        c,
        threads("ours, by message", { library: libraries.ours, by: "message" }),
        threads("ours, by batch", { library: libraries.ours, by: "batch" }),
        threads("zeromq", { library: libraries.zeromq, by: "message" }, 5),
        threads("MessagePort", { by: "port" }, 4),
      ],
    },
  ],
};
