// How far a contender is from the limits of its scenario: from contenders that do less work, or do it without Node.

import { figureOf, ratioOf } from "./statistics.mjs";

/**
 * The nearest limit of a row: the slowest of the limits that is faster, or the fastest limit if none is. Returns its name
 * and the ratio of the row to it; undefined for a limit itself, and where nothing was measured. `rows` are those of the
 * same case.
 */
export function nearestLimit({ limits = [], figure }, rows, row) {
  if (limits.includes(row.contender)) return undefined;
  const distances = rows
    .filter(({ contender }) => limits.includes(contender))
    .map((limit) => ({
      name: limit.contender,
      rate: figureOf(limit, figure)?.median,
      ratio: ratioOf(row, limit, figure),
    }))
    .filter(({ ratio }) => ratio !== undefined)
    .sort((a, b) => a.rate - b.rate);
  return distances.find(({ ratio }) => ratio.median < 1) ?? distances.at(-1);
}
