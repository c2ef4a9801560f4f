import { libraries } from "../ends.mjs";
import { freePort } from "../stage.mjs";

const size = 64;
/** Longer than a round trip. */
const spin = 100;
const countAt = (scale) => Math.max(2000, Math.round(20_000 * scale));

const node = (name, library, more = {}) => ({
  name,
  async measure(stage, scale) {
    const answering = stage.node("latency.mjs", { library, role: "answer", ...more });
    const endpoint = await answering.endpoint;
    const asked = { library, role: "ask", endpoint, size, count: countAt(scale), ...more };
    return stage.node("latency.mjs", asked).result;
  },
});

const c = {
  name: "C",
  async measure(stage, scale) {
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    const count = countAt(scale);
    stage.tool("local_lat", endpoint, size, count);
    const { output } = await stage.tool("remote_lat", endpoint, size, count).ended;
    return { mean: Number(/latency: ([\d.]+)/.exec(output)[1]) };
  },
};

const python = {
  name: "pyzmq",
  async measure(stage, scale) {
    const answering = stage.python({ role: "answer", count: 0, size });
    const endpoint = await answering.endpoint;
    return stage.python({ role: "ask", endpoint, size, count: countAt(scale) }).result;
  },
};

export default {
  name: "latency",
  title: "Request and reply",
  figure: "mean",
  also: ["p50", "p99", "p999"],
  unit: "µs one way",
  lowerIsBetter: true,
  about:
    "Half of a round trip of 64 bytes between REQ and REP over tcp. Lower is better. The C tool reports only the mean.",
  cases: [
    {
      name: "REQ/REP",
      contenders: [
        c,
        node("ours", libraries.ours),
        node(`ours, ioThreadSpin ${spin}`, libraries.ours, { context: { ioThreadSpin: spin } }),
        node("zeromq", libraries.zeromq),
        python,
      ],
    },
  ],
};
