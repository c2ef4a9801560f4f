// Progress of what runs for minutes: a bar on a terminal, a line every ten seconds elsewhere.

import { SingleBar } from "cli-progress";

/** A bar up to `total`; `format` names, in braces, what `update(value, fields)` tells besides. */
export function progress(total, format, fields) {
  const bar = new SingleBar({
    format: `[{bar}] ${format}`,
    barsize: 24,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    stream: process.stderr,
  });
  bar.start(total, 0, fields);
  return {
    update: (value, more) => bar.update(Math.min(value, total), more),
    end: () => bar.stop(),
  };
}
