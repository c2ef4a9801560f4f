// Prints lines of commands. Messages are printed by output.ts, and screens by screen.ts. Each line is escaped here, so no name, endpoint, error
// or property of a peer can control the terminal or pretend to be a line of its own. test/command/print.test.ts checks that no
// other module writes to standard output or standard error.

import { jsonOf, lineOf } from "./harmless.js";

/** Prints lines on standard output. A line break inside a line is escaped. */
export function print(...lines: readonly string[]): void {
  console.log(lines.map(lineOf).join("\n"));
}

/** Prints a value as a line of JSON on standard output. */
export function printJson(value: unknown): void {
  console.log(jsonOf(value));
}

/** The bytes that may wait for a slow reader of standard output. Beyond them, lines about events are skipped. */
const mostWaiting = 1 << 20;

let skipped = 0;

/** Reports how many lines `mayPrint` has refused. */
export function reportSkipped(): void {
  if (skipped === 0) return;
  report(`the reader of standard output is slow: ${skipped} lines were not printed`);
  skipped = 0;
}

/**
 * Whether the line of an event may be printed. Not if its reader is too slow, since events do not wait, and their lines would fill the
 * memory. The number of those lines is reported when the reader has caught up.
 */
export function mayPrint(): boolean {
  const { stdout } = process;
  if (stdout.writableLength < mostWaiting) return true;
  if (skipped++ === 0) stdout.once("drain", reportSkipped);
  return false;
}

/** Prints a document that its maker has escaped, such as a drawing. */
export function printDocument(text: string): void {
  process.stdout.write(text);
}

/** Prints a line about the command itself on standard error. */
export function report(text: string): void {
  console.error(`zmq: ${lineOf(text)}`);
}

/** A number and a noun, such as `1 message` and `1,200 messages`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Returns a number with its noun, and "was" or "were". */
export function countedWere(count: number, noun: string): string {
  return `${counted(count, noun)} ${count === 1 ? "was" : "were"}`;
}

const tallies = new Set<Tally>();

/**
 * Lines about events that a peer can cause any number of times. Writing to standard error can block, so only the first lines are
 * reported. `reportTallies` reports the number of events at the end.
 */
export class Tally {
  #count = 0;
  readonly #most: number;
  readonly #total: (count: number) => string;

  /**
   * @param total The line for the number of all events.
   * @param most The number of events that are reported one by one.
   */
  constructor(total: (count: number) => string, most = 1) {
    this.#total = total;
    this.#most = most;
  }

  /** Counts an event, and reports it if it is one of the first. */
  add(text: string): void {
    tallies.add(this);
    if (++this.#count <= this.#most) report(text);
  }

  /** Reports the number of all events if not every one has been reported. */
  end(): void {
    if (this.#count > this.#most) report(this.#total(this.#count));
    this.#count = 0;
  }
}

/** Reports the numbers of all tallies. `run` calls this at the end of a command. */
export function reportTallies(): void {
  for (const tally of tallies) tally.end();
}

/** Replaces the last line of standard error, which has to be a terminal. */
export function printStatus(text: string): void {
  process.stderr.write(`\r\x1b[K${lineOf(text)}`);
}

/** Ends the line of `printStatus`. */
export function endStatus(): void {
  process.stderr.write("\n");
}
