// Does anything grow? Millions of messages, and thousands of lives of sockets, workers, observers and proxies, each kind in
// a process of its own, with memory, descriptors and threads looked at on the way. Exit code 1 when something grows.
//
//   npm run leakcheck              about a quarter of an hour
//   npm run leakcheck -- --quick   under a minute

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { init } from "echarts";
import { execa } from "execa";
import { command, Option } from "../../scripts/command_line.mjs";
import { fail } from "../../scripts/terminal.mjs";
import { progress } from "../helpers/progress.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const kinds = {
  messages: { title: "messages", lives: 10_000_000, quick: 500_000 },
  sockets: { title: "sockets", lives: 100_000, quick: 6000 },
  workers: { title: "workers", lives: 1000, quick: 60 },
  attendants: { title: "observers and proxies", lives: 10_000, quick: 600 },
  // Lives that leak on purpose, to be asked for by --only: who looks at this tool sees it find them.
  leaking: { title: "leaking lives", lives: 600, quick: 600, only: true },
};
const flags = command(
  "npm run leakcheck --",
  "Looks for what grows over millions of messages and thousands of lives.",
)
  .option("--quick", "a twentieth of it, in under a minute")
  .addOption(new Option("--only <kind>", "one kind").choices(Object.keys(kinds)))
  .option("--out <folder>", "where the chart and the figures go", join(root, "out/leakcheck"))
  .parse()
  .opts();
if (process.platform !== "linux") fail("Descriptors and threads are counted in /proc, which only Linux has.");
const samples = flags.quick ? 24 : 60;
const MiB = 1024 * 1024;

/**
 * What is looked at, how much of it may come to be over the second half, and whether that is judged by the trend, or by
 * what is there at the end. Memory of a process is noisy: the trend is the median of all slopes.
 */
const figures = {
  rss: { title: "RSS", unit: "MiB", scale: MiB, allowed: 8 * MiB, most: 0.08 },
  external: { title: "external", unit: "MiB", scale: MiB, allowed: 2 * MiB },
  heapUsed: { title: "heap", unit: "MiB", scale: MiB, allowed: 2 * MiB },
  descriptors: { title: "descriptors", unit: "", scale: 1, allowed: 4 },
  threads: { title: "threads", unit: "", scale: 1, allowed: 2 },
};

async function live(kind, lives, onSample) {
  const program = join(root, "test/leaks/program.cjs");
  const args = ["--expose-gc", program, kind, String(lives), String(samples)];
  const child = execa(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], reject: false });
  const rows = [];
  for await (const line of child) {
    rows.push(JSON.parse(line));
    onSample(rows.at(-1));
  }
  const { failed, exitCode, signal } = await child;
  if (failed)
    fail(`The process of ${kind} ended with ${signal ?? exitCode}, after ${rows.at(-1)?.done ?? 0} lives.`);
  return rows;
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** Theil and Sen's: what a figure gains from the first to the last of `rows`, by the median of the slopes of all pairs. */
function gain(rows, figure) {
  const slopes = rows.flatMap((from, i) =>
    rows.slice(i + 1).map((to) => (to[figure] - from[figure]) / (to.done - from.done)),
  );
  return median(slopes) * (rows.at(-1).done - rows[0].done);
}

/** The second half: by then caches are filled, and code is compiled. */
function judge(rows) {
  const settled = rows.slice(rows.length >> 1);
  return Object.entries(figures).map(([name, { allowed, most = 0 }]) => {
    const grown = gain(settled, name);
    const limit = Math.max(allowed, most * settled[0][name]);
    return {
      name,
      first: rows[0][name],
      middle: settled[0][name],
      last: rows.at(-1)[name],
      grown,
      grows: grown > limit,
    };
  });
}

function draw(results) {
  const width = 900;
  const height = 260;
  const drawing = init(null, null, { renderer: "svg", ssr: true, width, height: height * results.length });
  const text = { color: "#59636e" };
  const line = { lineStyle: { color: "#d1d9e0" } };
  const axis = { axisLabel: text, nameTextStyle: text, axisLine: line, splitLine: line };
  const shown = [
    { name: "rss", color: "#1a7fd4", right: false },
    { name: "external", color: "#2ea043", right: false },
    { name: "descriptors", color: "#d1573b", right: true },
    { name: "threads", color: "#a371f7", right: true },
  ];
  drawing.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: "system-ui, sans-serif" },
    legend: { top: 6, data: shown.map(({ name }) => figures[name].title) },
    title: results.map(({ title, lives }, i) => ({
      text: `${lives.toLocaleString("en")} ${title}`,
      textStyle: { fontSize: 14 },
      left: 60,
      top: i * height + 28,
    })),
    grid: results.map((_, i) => ({ left: 60, right: 60, top: i * height + 70, height: height - 110 })),
    xAxis: results.map((_, i) => ({ ...axis, type: "value", gridIndex: i, max: "dataMax" })),
    yAxis: results.flatMap((_, i) => [
      { ...axis, type: "value", gridIndex: i, name: "MiB", min: 0 },
      { ...axis, type: "value", gridIndex: i, name: "number", min: 0, splitLine: { show: false } },
    ]),
    series: results.flatMap(({ rows }, i) =>
      shown.map(({ name, color, right }) => ({
        name: figures[name].title,
        type: "line",
        symbol: "none",
        color,
        xAxisIndex: i,
        yAxisIndex: i * 2 + (right ? 1 : 0),
        data: rows.map((row) => [row.done, row[name] / figures[name].scale]),
      })),
    ),
  });
  const svg = drawing.renderToSVGString();
  drawing.dispose();
  return svg;
}

const chosen = Object.entries(kinds).filter(([kind, { only }]) =>
  flags.only === undefined ? !only : kind === flags.only,
);
const total = chosen.length * samples;
const bar = progress(total, "{percentage}%, {kind}: {done}", { kind: chosen[0][0], done: 0 });
const results = [];
for (const [kind, { title, lives: all, quick }] of chosen) {
  const lives = flags.quick ? quick : all;
  let seen = 0;
  const rows = await live(kind, lives, ({ done }) =>
    bar.update(results.length * samples + ++seen, { kind, done }),
  );
  results.push({ kind, title, lives, rows, judged: judge(rows) });
}
bar.end();

const table = new Table({
  head: ["", "", "first", "half-way", "last", "grown since", ""],
  colAligns: ["left", "left", "right", "right", "right", "right", "left"],
  style: { head: [], border: [], compact: true },
});
for (const { title, lives, judged } of results) {
  for (const [index, { name, first, middle, last, grown, grows }] of judged.entries()) {
    const { title: figure, unit, scale } = figures[name];
    const say = (value) =>
      scale === 1 ? String(Math.round(value)) : `${(value / scale).toFixed(1)} ${unit}`;
    table.push([
      index === 0 ? `${lives.toLocaleString("en")} ${title}` : "",
      ...[figure, say(first), say(middle), say(last), say(grown), grows ? "grows" : "flat"],
    ]);
  }
}
console.log(String(table));

const { out } = flags;
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "leakcheck.svg"), draw(results));
writeFileSync(join(out, "leakcheck.json"), `${JSON.stringify(results, null, 1)}\n`);
console.log(`Chart and figures are in ${out}.`);
const growing = results.flatMap(({ title, judged }) =>
  judged.filter(({ grows }) => grows).map(({ name }) => `${figures[name].title} with ${title}`),
);
if (growing.length > 0) fail(`What grows: ${growing.join(", ")}.`);
