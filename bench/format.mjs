// Numbers as people read them.

const units = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
  [1e-3, "m"],
  [1e-6, "µ"],
  [1e-9, "n"],
];

/** Three digits and a prefix: 1234567 is "1.23 M". */
export function short(value) {
  if (value === 0) return "0";
  const [factor, prefix] = units.find(([least]) => Math.abs(value) >= least) ?? units.at(-1);
  return `${(value / factor).toPrecision(3)} ${prefix}`.trim();
}

/** A summary as its median and its spread. */
export function spread(summary, format = short) {
  if (summary === undefined) return "–";
  if (summary.min === summary.max) return format(summary.median);
  return `${format(summary.median)} (${format(summary.min)} to ${format(summary.max)})`;
}

export const ratio = (value) => value.toFixed(value < 10 ? 2 : 1);
