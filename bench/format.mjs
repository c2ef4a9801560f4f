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
  // Rounded first: 999.9 is 1.00 k.
  const rounded = Number(value.toPrecision(3));
  const [factor, prefix] = units.find(([least]) => Math.abs(rounded) >= least) ?? units.at(-1);
  return `${(rounded / factor).toPrecision(3)} ${prefix}`.trim();
}

/** Three digits without a prefix, for figures whose unit is in the heading: 1234.5 is "1,230". */
function plain(value) {
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 100 ? rounded.toLocaleString("en-US") : rounded.toPrecision(3);
}

/** With its unit: 0.00002 is "20.0 µs", 512 is "512 B". */
const withUnit = (unit) => (value) => {
  const text = short(value);
  return /\d$/.test(text) ? `${text} ${unit}` : `${text}${unit}`;
};
const seconds = withUnit("s");
const bytes = withUnit("B");
const percent = (value) => `${plain(100 * value)} %`;

/** The formats of figures, by the name of the figure. Those of rates and counts are short. */
const formats = {
  ...{ secondsEach: seconds, cpuPerMessage: seconds, senderCpuPerMessage: seconds },
  ...{ seconds, cpuSeconds: seconds, require: seconds, connect: seconds },
  ...{ bytesEach: bytes, bytes, peak: bytes, buffers: plain, heap: plain, resident: plain },
  ...{ share: percent, delivered: percent },
  ...{ mean: plain, p50: plain, p99: plain, p999: plain, max: plain },
};
export const formatOf = (figure) => formats[figure] ?? short;

/** The name of a contender for readers. */
export const nameOf = (contender) => contender.replace(/\bours\b/g, "zmq-native");

/** A summary as its median and its spread. */
export function spread(summary, format) {
  if (summary === undefined) return "–";
  if (summary.min === summary.max) return format(summary.median);
  return `${format(summary.median)} (${format(summary.min)} to ${format(summary.max)})`;
}

export const ratio = (value) => value.toFixed(value < 10 ? 2 : 1);
