// Medians, spreads, and ratios within rounds.

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median, least and greatest; undefined for no values. */
function summary(values) {
  const known = values.filter((value) => Number.isFinite(value));
  if (known.length === 0) return undefined;
  return { median: median(known), min: Math.min(...known), max: Math.max(...known) };
}

/** The summary of `figure` over a row's rounds. */
export function figureOf(row, figure) {
  return row && summary(row.rounds.map((round) => round?.[figure]));
}

/** The summary of one row's figure over another's, round by round. */
export function ratioOf(row, other, figure) {
  if (!row || !other) return undefined;
  return summary(row.rounds.map((round, index) => round?.[figure] / other.rounds[index]?.[figure]));
}
