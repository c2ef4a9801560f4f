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

/** Prints a document that its maker has escaped, such as a drawing. */
export function printDocument(text: string): void {
  process.stdout.write(text);
}

/** Prints a line about the command itself on standard error. */
export function report(text: string): void {
  console.error(`zmq: ${lineOf(text)}`);
}

/** Replaces the last line of standard error, which has to be a terminal. */
export function printStatus(text: string): void {
  process.stderr.write(`\r\x1b[K${lineOf(text)}`);
}

/** Ends the line of `printStatus`. */
export function endStatus(): void {
  process.stderr.write("\n");
}
