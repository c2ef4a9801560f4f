// Draws the chart of README and of the site from bench/report/speed.json, and writes the table of figures into README and
// docs/performance.md.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command } from "../scripts/command_line.mjs";
import { colours, contenderColours, draw } from "./chart.mjs";
import { root } from "./paths.mjs";

const flags = command(
  "npm run speed --",
  "Writes the chart and the table of speed from bench/report/speed.json.",
)
  .option("--check", "write nothing, and fail if a file differs from what would be written")
  .parse()
  .opts();

const { rows } = JSON.parse(readFileSync(join(root, "bench/report/speed.json"), "utf8"));
const drawn = rows.filter(({ bar }) => bar);

const digits = (value) => (value < 2 ? value.toFixed(2) : value.toFixed(1));

/** "5.9 to 16.3": the lowest and the highest; undefined if no run measured it. */
function range(values) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return undefined;
  const ends = [Math.min(...known), Math.max(...known)].map(digits);
  return [...new Set(ends)].join(" to ");
}

function chart(theme) {
  const { ink, line } = colours[theme];
  const bars = drawn.map(({ zeromq, c }) => {
    const least = zeromq.indexOf(Math.min(...zeromq));
    // C relative to zeromq on the machine of our lowest ratio: both ratios are of one run there.
    return { least: zeromq[least], more: Math.max(...zeromq) - zeromq[least], c: zeromq[least] / c[least] };
  });
  const label = { color: ink, fontSize: 14, show: true, position: "right" };
  const ours = { name: "zmq-native", stack: "ours", color: contenderColours.ours };
  const series = [
    { name: "zeromq 6.8", color: contenderColours.zeromq, data: drawn.map(() => 1) },
    { ...ours, data: bars.map(({ least }) => least) },
    {
      ...ours,
      // The lighter part of the bar ends at the ratio of the best run.
      name: "the other runs",
      color: `${contenderColours.ours}73`,
      label: {
        ...label,
        fontWeight: "bold",
        formatter: ({ dataIndex }) => `${range(drawn[dataIndex].zeromq).replace(" to ", "–")} ×`,
      },
      data: bars.map(({ more }) => more),
    },
    {
      name: "libzmq in C",
      color: contenderColours.c,
      label: { ...label, formatter: ({ value }) => `${value.toFixed(0)} ×` },
      data: bars.map(({ c }) => c),
    },
  ];
  const options = {
    legend: {
      ...{ top: 0, left: 0, itemGap: 24, textStyle: { color: ink, fontSize: 15 } },
      data: ["zeromq 6.8", "zmq-native", "libzmq in C"],
    },
    grid: { left: 128, right: 44, top: 60, bottom: 8 },
    xAxis: {
      type: "value",
      position: "top",
      splitLine: { lineStyle: { color: line } },
      axisLabel: { color: ink, fontSize: 13, formatter: "{value} ×" },
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: drawn.map(({ bar }) => bar),
      axisLabel: { color: ink, fontSize: 15 },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: line } },
    },
    series: series.map((one) => ({ type: "bar", barWidth: 13, barGap: "15%", ...one })),
  };
  const ratios = drawn.map(({ bar, zeromq }) => `${bar} ${range(zeromq)}`).join(", ");
  return draw(
    {
      width: 560,
      height: 72 + 58 * drawn.length,
      label: `Messages per second, zeromq 6.8 = 1: ${ratios}`,
      theme,
    },
    options,
  );
}

/** Bold where zeromq, or C, is at least as good. */
function cell(values, lower) {
  const known = values.filter((value) => value !== null);
  const behind = known.some((value) => (lower ? value >= 1 : value <= 1));
  return behind ? `**${range(values)}**` : (range(values) ?? "–");
}

function table() {
  const lines = rows.map(
    ({ work, zeromq, c, lower }) =>
      `| ${work}${lower ? " ↓" : ""} | ${cell(zeromq, lower)} | ${range(c) ?? "–"} |`,
  );
  return ["| | relative to zeromq 6.8 | relative to C |", "|---|---|---|", ...lines].join("\n");
}

/** The file with the lines between its two markers replaced. */
function withTable(text) {
  return text.replace(/(<!-- speed -->\n\n)[\s\S]*?(\n\n<!-- end of speed -->)/, `$1${table()}$2`);
}

const pages = ["README.md", "docs/performance.md"].map((page) => join(root, page));
const files = {
  [join(root, "bench/report/speed-light.svg")]: chart("light"),
  [join(root, "bench/report/speed-dark.svg")]: chart("dark"),
  ...Object.fromEntries(pages.map((page) => [page, withTable(readFileSync(page, "utf8"))])),
};
let stale = false;
for (const [file, content] of Object.entries(files)) {
  if (!flags.check) writeFileSync(file, content);
  else if (readFileSync(file, "utf8") !== content) stale = true;
}
if (stale) {
  console.error("The table or the chart of speed is stale: run `npm run speed`.");
  process.exit(1);
}
