// The results as tables for the terminal.

import Table from "cli-table3";
import { formatOf, nameOf, ratio, spread } from "./format.mjs";
import { nearestLimit } from "./limits.mjs";
import { figureOf, ratioOf } from "./statistics.mjs";

const plain = { head: [], border: [], compact: true };

/** A table for each scenario: what each contender reached, and its ratio to the first. */
export function scenarioTables(scenarios, results) {
  return scenarios.map((scenario) => {
    const rows = results.filter((row) => row.scenario === scenario.name);
    const also = scenario.also ?? [];
    const limit = scenario.limits ? ["of the nearest limit's"] : [];
    const table = new Table({
      head: [
        "",
        "contender",
        scenario.unit,
        `ratio to ${nameOf(scenario.cases[0].contenders[0].name)}`,
        ...also,
        ...limit,
      ],
      colAligns: ["left", "left", "right", "right", ...also.map(() => "right")],
      style: plain,
    });
    for (const one of scenario.cases) {
      const mine = rows.filter((row) => row.case === one.name);
      for (const [index, row] of mine.entries()) {
        const figure = figureOf(row, scenario.figure);
        const failure = row.failures[0] && `failed: ${row.failures[0].slice(0, 60)}`;
        table.push([
          index === 0 ? one.name : "",
          nameOf(row.contender),
          figure ? spread(figure, formatOf(scenario.figure)) : (failure ?? "–"),
          index === 0 ? "" : spread(ratioOf(row, mine[0], scenario.figure), ratio),
          ...also.map((figure) => spread(figureOf(row, figure), formatOf(figure))),
          ...limit.map(() => limitText(nearestLimit(scenario, mine, row))),
        ]);
      }
    }
    return `${scenario.title}\n${table}`;
  });
}

/** "0.62 (C)". */
export function limitText(limit) {
  return limit ? `${ratio(limit.ratio.median)} (${limit.name})` : "";
}

/** The aims, and which were reached. */
export function aimsTable(judged) {
  const table = new Table({
    head: ["work", "case", "zmq-native", "against", "aim", "ratio", "", "of stock C's"],
    colAligns: ["left", "left", "right", "left", "right", "right", "left", "right"],
    style: plain,
  });
  for (const one of judged) {
    table.push([
      ...[one.work, one.case, formatOf(one.figureName)(one.figure.median), nameOf(one.against)],
      `${one.atMost ? "≤" : "≥"} ${one.aim}`,
      spread(one.ratio, ratio),
      one.reached ? "reached" : "not reached",
      one.ofStock ? ratio(one.ofStock.median) : "",
    ]);
  }
  const reached = judged.filter((one) => one.reached).length;
  return `Aims: ${reached} of ${judged.length} reached\n${table}`;
}
