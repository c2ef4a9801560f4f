// Charts as SVG. Of a scenario: lines where its cases are sizes or numbers, bars where it has one case.

import { init } from "echarts";
import { stock } from "./ends.mjs";
import { formatOf, nameOf } from "./format.mjs";
import { figureOf } from "./statistics.mjs";

export const colours = {
  light: { ink: "#1b1f24", line: "#d1d9e0" },
  dark: { ink: "#e6edf3", line: "#3d444d" },
};

/** Legible on light and on dark backgrounds. */
export const contenderColours = { ours: "#2ea043", c: "#8b949e", zeromq: "#d1573b" };

/** Our contenders stand out, and C is neutral. */
function colourOf(contender) {
  if (/^ours.*(batch|sendMany)/.test(contender)) return "#1a7fd4";
  if (contender === "ours, receive()") return "#7cc4f5";
  if (contender.startsWith("ours")) return contenderColours.ours;
  if (contender === "C" || contender === stock) return contenderColours.c;
  if (contender.startsWith("zeromq")) return contenderColours.zeromq;
  if (contender === "pyzmq") return "#c69026";
  return contender.endsWith("coalesced") ? "#a371f7" : "#d16ba5";
}

/** An SVG that scales with its container and has a name for screen readers. */
export function draw({ width, height, label, theme }, options) {
  const drawing = init(null, null, { renderer: "svg", ssr: true, width, height });
  const textStyle = { color: colours[theme].ink, fontFamily: "system-ui, sans-serif" };
  drawing.setOption({ animation: false, textStyle, ...options });
  const svg = drawing.renderToSVGString();
  // Its timers would keep the process alive.
  drawing.dispose();
  return svg.replace(/<svg width="\d+" height="\d+"/, `<svg role="img" aria-label="${label}"`);
}

const theme = colours.light;

function axis(more) {
  return {
    axisLabel: { color: theme.ink },
    nameTextStyle: { color: theme.ink },
    axisLine: { lineStyle: { color: theme.line } },
    splitLine: { lineStyle: { color: theme.line } },
    ...more,
  };
}

function lines(scenario, results) {
  const contenders = scenario.cases[0].contenders.map(({ name }) => name);
  const point = (one, contender) => {
    const row = results.find(
      (row) => row.scenario === scenario.name && row.case === one.name && row.contender === contender,
    );
    return figureOf(row, scenario.figure)?.median ?? null;
  };
  return {
    xAxis: axis({ type: "category", data: scenario.cases.map(({ name }) => name) }),
    yAxis: axis({
      type: "log",
      name: scenario.unit,
      nameTextStyle: { color: theme.ink, align: "left" },
      axisLabel: { color: theme.ink, formatter: formatOf(scenario.figure) },
    }),
    series: contenders.map((contender) => ({
      name: nameOf(contender),
      type: "line",
      lineStyle: { type: contender === stock ? "dashed" : "solid" },
      symbol: "circle",
      symbolSize: 7,
      color: colourOf(contender),
      data: scenario.cases.map((one) => point(one, contender)),
    })),
  };
}

function bars(scenario, results) {
  const format = formatOf(scenario.figure);
  const rows = results
    .filter((row) => row.scenario === scenario.name)
    .map((row) => [row.contender, figureOf(row, scenario.figure)?.median])
    .filter(([, figure]) => figure !== undefined)
    .reverse();
  return {
    legend: { show: false },
    xAxis: axis({
      type: "value",
      name: scenario.unit,
      nameLocation: "middle",
      nameGap: 28,
      axisLabel: { color: theme.ink, formatter: format, hideOverlap: true },
    }),
    yAxis: axis({ type: "category", data: rows.map(([name]) => nameOf(name)) }),
    series: [
      {
        type: "bar",
        barMaxWidth: 28,
        label: { show: true, position: "right", color: theme.ink, formatter: ({ value }) => format(value) },
        data: rows.map(([name, value]) => ({ value, itemStyle: { color: colourOf(name) } })),
      },
    ],
  };
}

const legendRow = 38;

/** How many rows a legend takes, by the width of a letter and of a symbol with its gaps. */
function legendRows(names, width) {
  let rows = 1;
  let used = 0;
  for (const name of names) {
    const item = 7 * name.length + 54;
    if (used > 0 && used + item > width) {
      rows++;
      used = 0;
    }
    used += item;
  }
  return rows;
}

/** A chart of `width` CSS pixels for a page that defines the colors `--ink` and `--line`. */
export function chart(scenario, results, width) {
  const many = scenario.cases.length > 1;
  const names = scenario.cases[0].contenders.map(({ name }) => nameOf(name));
  // The reader's font may be wider than the one that the layout assumes: the legend and the bars' names need more room.
  const legendWidth = 0.85 * width;
  const bottom = many ? legendRows(names, legendWidth) * legendRow + 10 : 50;
  const height = many ? 340 + bottom : 90 + 44 * names.length;
  const svg = draw(
    { width, height, label: scenario.title, theme: "light" },
    {
      legend: { bottom: 0, width: legendWidth, itemGap: 24, textStyle: { color: theme.ink } },
      grid: { left: many ? 10 : 30, right: many ? 20 : 70, top: many ? 40 : 10, bottom, containLabel: true },
      ...(many ? lines : bars)(scenario, results),
    },
  );
  return svg.replaceAll(theme.ink, "var(--ink)").replaceAll(theme.line, "var(--line)");
}
