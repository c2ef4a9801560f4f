// A chart of one scenario as SVG: lines where the cases are sizes or numbers, bars where there is but one case.

import { init } from "echarts";
import { short } from "./format.mjs";
import { figureOf } from "./statistics.mjs";

const themes = {
  light: { ink: "#1b1f24", line: "#d1d9e0" },
  dark: { ink: "#e6edf3", line: "#3d444d" },
};

/** A colour for each hand, legible on light and dark alike: ours stands out, C is neutral. */
function colourOf(contender) {
  if (contender.startsWith("ours, batches") || /^ours.*(batch|sendMany)/.test(contender)) return "#1a7fd4";
  if (contender === "ours, receive()") return "#7cc4f5";
  if (contender.startsWith("ours")) return "#2ea043";
  if (contender === "C") return "#8b949e";
  if (contender.startsWith("zeromq")) return "#d1573b";
  if (contender === "pyzmq") return "#c69026";
  return contender.endsWith("coalesced") ? "#a371f7" : "#d16ba5";
}

function axis(theme, more) {
  return {
    axisLabel: { color: theme.ink },
    nameTextStyle: { color: theme.ink },
    axisLine: { lineStyle: { color: theme.line } },
    splitLine: { lineStyle: { color: theme.line } },
    ...more,
  };
}

function lines(scenario, results, theme) {
  const contenders = scenario.cases[0].contenders.map(({ name }) => name);
  const point = (one, contender) => {
    const row = results.find(
      (row) => row.scenario === scenario.name && row.case === one.name && row.contender === contender,
    );
    return figureOf(row, scenario.figure)?.median ?? null;
  };
  return {
    xAxis: axis(theme, { type: "category", data: scenario.cases.map(({ name }) => name) }),
    yAxis: axis(theme, {
      type: "log",
      name: scenario.unit,
      nameTextStyle: { color: theme.ink, align: "left" },
      axisLabel: { color: theme.ink, formatter: short },
    }),
    series: contenders.map((contender) => ({
      name: contender,
      type: "line",
      symbol: "circle",
      symbolSize: 7,
      color: colourOf(contender),
      data: scenario.cases.map((one) => point(one, contender)),
    })),
  };
}

function bars(scenario, results, theme) {
  const rows = results
    .filter((row) => row.scenario === scenario.name)
    .map((row) => [row.contender, figureOf(row, scenario.figure)?.median])
    .filter(([, figure]) => figure !== undefined)
    .reverse();
  return {
    legend: { show: false },
    xAxis: axis(theme, {
      type: "value",
      name: scenario.unit,
      nameLocation: "middle",
      nameGap: 28,
      axisLabel: { color: theme.ink, formatter: short },
    }),
    yAxis: axis(theme, { type: "category", data: rows.map(([name]) => name) }),
    series: [
      {
        type: "bar",
        barMaxWidth: 28,
        label: { show: true, position: "right", color: theme.ink, formatter: ({ value }) => short(value) },
        data: rows.map(([name, value]) => ({ value, itemStyle: { color: colourOf(name) } })),
      },
    ],
  };
}

/** `theme` is "light" or "dark". */
export function chart(scenario, results, theme) {
  const many = scenario.cases.length > 1;
  const colours = themes[theme];
  const count = scenario.cases[0].contenders.length;
  const drawing = init(null, null, {
    renderer: "svg",
    ssr: true,
    width: 900,
    height: many ? 420 : 90 + 44 * count,
  });
  drawing.setOption({
    animation: false,
    textStyle: { color: colours.ink, fontFamily: "system-ui, sans-serif" },
    legend: { bottom: 0, itemGap: 24, textStyle: { color: colours.ink } },
    grid: { left: 10, right: 70, top: many ? 40 : 10, bottom: 50, containLabel: true },
    ...(many ? lines : bars)(scenario, results, colours),
  });
  const svg = drawing.renderToSVGString();
  // Otherwise its timers keep the process alive.
  drawing.dispose();
  // The picture's own viewBox lets it shrink with the page.
  return svg.replace(/<svg width="\d+" height="\d+"/, `<svg role="img" aria-label="${scenario.title}"`);
}
