import { libraries } from "../ends.mjs";
import { freePort } from "../stage.mjs";

const subscribers = 50;
const size = 64;
const countAt = (scale, slowness = 1) => Math.round((40_000 * scale) / slowness);

const node = (name, library, by, slowness) => ({
  name,
  async measure(stage, scale) {
    const options = { library, by, size, subscribers, count: countAt(scale, slowness) };
    const publishing = stage.node("fanout.mjs", { role: "publish", ...options });
    const endpoint = await publishing.endpoint;
    return stage.node("fanout.mjs", { role: "subscribe", ...options, endpoint }).result;
  },
});

const c = {
  name: "C",
  async measure(stage, scale) {
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    const parameters = [endpoint, subscribers, size, countAt(scale)];
    stage.patterns("publish", ...parameters);
    const { output } = await stage.patterns("subscribe", ...parameters).ended;
    return { rate: Number(output) };
  },
};

export default {
  name: "fanout",
  title: "One publisher, fifty subscribers",
  figure: "rate",
  unit: "deliveries/s",
  about: "64 bytes from a publisher in one process to 50 subscribers in another, over tcp. Higher is better.",
  cases: [
    {
      name: "PUB to 50 SUB",
      contenders: [
        c,
        node("ours, by message", libraries.ours, "message"),
        node("ours, by batch", libraries.ours, "batch"),
        node("zeromq", libraries.zeromq, "message", 3),
      ],
    },
  ],
};
