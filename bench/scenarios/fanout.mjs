import { libraries } from "../ends.mjs";
import { freePort } from "../stage.mjs";

const size = 64;
/** Two million deliveries, or fewer for what is slower. */
const countAt = (subscribers, scale, slowness = 1) => Math.round((2e6 * scale) / slowness / subscribers);

const node = (subscribers, name, library, by, slowness) => ({
  name,
  async measure(stage, scale) {
    const options = { library, by, size, subscribers, count: countAt(subscribers, scale, slowness) };
    const publishing = stage.node("fanout.mjs", { role: "publish", ...options });
    const endpoint = await publishing.endpoint;
    return stage.node("fanout.mjs", { role: "subscribe", ...options, endpoint }).result;
  },
});

const c = (subscribers) => ({
  name: "C",
  async measure(stage, scale) {
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    const parameters = [endpoint, subscribers, size, countAt(subscribers, scale)];
    stage.patterns("publish", ...parameters);
    const { output } = await stage.patterns("subscribe", ...parameters).ended;
    return { rate: Number(output) };
  },
});

export default {
  name: "fanout",
  title: "One publisher, many subscribers",
  figure: "rate",
  unit: "deliveries/s",
  about:
    "64 bytes from a publisher in one process to 50 or 1,000 subscribers in another, over tcp. C waits with `zmq_poll`. Higher is better.",
  cases: [50, 1000].map((subscribers) => ({
    name: `PUB to ${subscribers} SUB`,
    contenders: [
      c(subscribers),
      node(subscribers, "ours, by message", libraries.ours, "message"),
      node(subscribers, "ours, by batch", libraries.ours, "batch"),
      node(subscribers, "zeromq", libraries.zeromq, "message", 3),
    ],
  })),
};
