// The report: one page that needs no other file. It has a chart for each scenario, then the figures, then the aims.

import { chart } from "./chart.mjs";
import { formatOf, nameOf, ratio, spread } from "./format.mjs";
import { nearestLimit } from "./limits.mjs";
import { figureOf, ratioOf } from "./statistics.mjs";
import { limitText } from "./table.mjs";

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const text = (value) => String(value).replace(/[&<>"]/g, (character) => escapes[character]);

/** Widths of a chart in CSS pixels: of the page's column, and of a phone's. */
const widths = { wide: 900, narrow: 358 };

const style = `
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e6edf3); --soft: light-dark(#59636e, #9198a1);
  --paper: light-dark(#ffffff, #0d1117); --line: light-dark(#d1d9e0, #3d444d); --good: light-dark(#1a7f37, #3fb950);
  --bad: light-dark(#9a6700, #d29922); --link: light-dark(#0969da, #4493f8); --shade: light-dark(#0003, #fff4); }
:root.light { color-scheme: light; }
:root.dark { color-scheme: dark; }
body { color: var(--ink); background: var(--paper); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto;
  max-width: 60rem; padding: 1rem; overflow-wrap: break-word; }
a { color: var(--link); }
h1 { margin-bottom: 0; }
h2 { border-bottom: 1px solid var(--line); margin-top: 3rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
p.machine, td.spread, th { color: var(--soft); }
/* A shade at an edge beyond which there is more. The covers in the paper's color scroll with the table. */
.scroll { overflow-x: auto; background:
  linear-gradient(to right, var(--paper) 50%, transparent) left / 2rem 100% no-repeat local,
  linear-gradient(to left, var(--paper) 50%, transparent) right / 2rem 100% no-repeat local,
  linear-gradient(to right, var(--shade), transparent) left / .75rem 100% no-repeat,
  linear-gradient(to left, var(--shade), transparent) right / .75rem 100% no-repeat; }
summary { cursor: pointer; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .75rem .25rem 0; text-align: left; white-space: nowrap; }
td.number { text-align: right; }
.headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; margin: 2rem 0; }
.headline div { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; }
.headline strong { display: block; font-size: 2rem; line-height: 1.2; }
.reached { color: var(--good); }
.missed { color: var(--bad); }
svg { display: block; height: auto; max-width: 100%; }
.narrow { display: none; }
@media (max-width: 40rem) { .wide { display: none; } .narrow { display: block; } }
`;

/** The figures that a reader looks for first. */
function headline(judged) {
  const find = (work, name, against) =>
    judged.find((one) => one.work === work && one.case === name && one.against === against);
  const cards = [
    [
      find("for await", "64 B", "zeromq, for await"),
      "zeromq's rate, receiving 64 B by <code>for await</code>",
    ],
    [find("batches()", "64 B", "C"), "C's rate, receiving 64 B by <code>batches()</code>"],
    [find("sendMany", "64 B", "C"), "C's rate, sending 64 B by <code>sendMany</code>"],
    [find("inproc, by message", "64 B", "MessagePort"), "a MessagePort's rate between worker threads"],
  ];
  const known = cards.filter(([judgement]) => judgement !== undefined);
  return known
    .map(([judgement, what]) => `<div><strong>${ratio(judgement.ratio.median)} ×</strong>${what}</div>`)
    .join("");
}

function aimRows(judged) {
  return judged
    .map((one) => {
      const mark = one.reached
        ? '<span class="reached">reached</span>'
        : '<span class="missed">not reached</span>';
      return `<tr><td>${text(one.work)}</td><td>${text(one.case)}</td><td class="number">${formatOf(one.figureName)(one.figure.median)}</td>
<td>${text(nameOf(one.against))}</td><td>${one.atMost ? "≤" : "≥"} ${one.aim}</td>
<td class="number">${ratio(one.ratio.median)}</td>
<td class="spread">${ratio(one.ratio.min)} to ${ratio(one.ratio.max)}</td><td>${mark}</td>
<td class="number">${one.ofStock ? ratio(one.ofStock.median) : ""}</td></tr>`;
    })
    .join("\n");
}

function figureTable(scenario, results) {
  const also = scenario.also ?? [];
  const limit = scenario.limits ? ["of the nearest limit's"] : [];
  const rows = scenario.cases.flatMap((one) => {
    const mine = results.filter((row) => row.scenario === scenario.name && row.case === one.name);
    return mine.map((row, index) => {
      const figure = figureOf(row, scenario.figure);
      const to = index > 0 && ratioOf(row, mine[0], scenario.figure);
      return `<tr><td>${index === 0 ? text(one.name) : ""}</td><td>${text(nameOf(row.contender))}</td>
<td>${figure ? spread(figure, formatOf(scenario.figure)) : `failed: ${text(row.failures[0] ?? "")}`}</td><td>${to ? spread(to, ratio) : ""}</td>
${also.map((name) => `<td>${spread(figureOf(row, name), formatOf(name))}</td>`).join("")}${limit.map(() => `<td>${text(limitText(nearestLimit(scenario, mine, row)))}</td>`).join("")}</tr>`;
    });
  });
  const first = text(nameOf(scenario.cases[0].contenders[0].name));
  return `<details><summary>Figures</summary><div class="scroll"><table>
<tr><th></th><th>contender</th><th>${text(scenario.unit)}</th><th>ratio to ${first}</th>
${[...also, ...limit].map((name) => `<th>${name}</th>`).join("")}</tr>${rows.join("\n")}</table></div></details>`;
}

/** The page as HTML. `found` is what main.mjs measured, `judged` what aims.mjs says of it. */
export function writeReport(scenarios, found, judged) {
  const { machine, rounds, results } = found;
  const idOf = (scenario) => scenario.name;
  const sections = scenarios.map((scenario) => {
    const drawn = Object.entries(widths).map(
      ([name, width]) => `<div class="${name}">${chart(scenario, results, width)}</div>`,
    );
    return `<section id="${idOf(scenario)}"><h2>${text(scenario.title)}</h2><p>${text(scenario.about)}</p>${drawn.join("")}
${figureTable(scenario, results)}</section>`;
  });
  const contents = scenarios.map((scenario) => `<a href="#${idOf(scenario)}">${text(scenario.title)}</a>`);
  const reached = judged.filter((one) => one.reached).length;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><title>zmq-native: benchmarks</title><style>${style}</style></head><body>
<h1>Benchmarks</h1>
<p class="machine">${text(machine.processor)}, ${text(machine.memory)}, ${text(machine.system)}, Node ${text(machine.node)}.
Each of ${rounds} rounds measures every contender once, one after the other. Ratios are taken within a round. Figures are the
median over the rounds; parentheses show the least and the greatest.</p>
<div class="headline">${headline(judged)}</div>
<nav>${contents.join("")}<a href="#aims">Aims</a></nav>
${sections.join("\n")}
<section id="aims"><h2>Aims</h2><p>${reached} of ${judged.length} reached. The ratio is to the contender in the column "against".</p>
<details><summary>All aims</summary><div class="scroll"><table><tr><th>work</th><th>case</th><th>zmq-native</th><th>against</th><th>aim</th><th>ratio</th><th></th><th></th><th>of stock C's</th></tr>
${aimRows(judged)}</table></div></details></section>
</body></html>
`;
}
