// How names and amounts are written for people.

const mostNames = 8;

/** Control characters in a file's name must not steer the terminal. */
export function printable(name: string): string {
  return name.replace(/\p{Cc}/gu, "?");
}

/** "a, b, c": the first few of the names, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).map(printable).join(", ");
  return names.length > mostNames ? `${shown} and ${names.length - mostNames} more` : shown;
}

/** "1 file", "2 files". */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Millions of bytes a second, to one decimal. */
export function megabytesPerSecond(bytes: number, seconds: number): string {
  return seconds > 0 ? (bytes / 1e6 / seconds).toFixed(1) : "0.0";
}
