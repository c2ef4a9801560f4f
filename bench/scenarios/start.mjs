import { libraries } from "../ends.mjs";

/** A start takes milliseconds, so that one would measure the state of the disk cache: the median of many. */
const starts = 15;
const figures = ["seconds", "cpuSeconds", "require", "connect"];

const node = (name, path) => ({
  name,
  async measure(stage) {
    const results = [];
    for (let i = 0; i < starts; i++) results.push(await stage.node("start.mjs", { path }).result);
    const median = (figure) =>
      results.map((result) => result[figure]).sort((a, b) => a - b)[Math.floor(starts / 2)];
    return Object.fromEntries(figures.map((figure) => [figure, median(figure)]));
  },
});

export default {
  name: "start",
  title: "Loading the library and the first connect",
  figure: "seconds",
  also: figures.slice(1),
  unit: "time",
  lowerIsBetter: true,
  about:
    "Time of `require`, `new Push()` and its first `connect` in a new process, which has loaded nothing else of the library. Lower is better.",
  cases: [
    {
      name: "require, connect",
      contenders: [node("ours", libraries.ours), node("zeromq", libraries.zeromq)],
    },
  ],
};
