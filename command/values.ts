// Parsers for the values of options. They throw commander's error, which names the option and the value.

import { InvalidArgumentError } from "commander";
import type { Setting } from "./settings.js";

/** A whole number from `least` to `most`. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Give a whole number ${range}.`);
  };
}

/** The mode of a file, such as 660. */
export function fileMode(text: string): number {
  if (/^[0-7]{3}$/.test(text)) return Number.parseInt(text, 8);
  throw new InvalidArgumentError("Give three octal digits, such as 660.");
}

/** A number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("Give a number above 0.");
}

/** Collects the values of an option that can be repeated. */
export function repeated(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

const named: Record<string, number> = { n: 10, r: 13, t: 9, "0": 0, "\\": 92 };

/** Bytes with the escapes `\n`, `\r`, `\t`, `\0`, `\\` and `\xNN`. */
export function escaped(text: string): Buffer {
  if (text === "") throw new InvalidArgumentError("Give at least one character.");
  if (/^(?:[^\\]|\\[^x]|\\x[\da-f]{2})*\\x(?![\da-f]{2})/iu.test(text)) {
    throw new InvalidArgumentError("Two hexadecimal digits must follow \\x, as in \\x1f.");
  }
  const parts: Buffer[] = [];
  for (const [part] of text.matchAll(/\\x[\da-f]{2}|\\[nrt0\\]|[^\\]+|\\/giu)) {
    const byte =
      part.length === 4 && part[1] === "x" ? Number.parseInt(part.slice(2), 16) : named[part[1] ?? ""];
    parts.push(part[0] === "\\" && byte !== undefined ? Buffer.of(byte) : Buffer.from(part));
  }
  return Buffer.concat(parts);
}

/** `NAME=VALUE`. */
export function assignment(
  text: string,
  previous: Record<string, Setting> | undefined,
): Record<string, Setting> {
  const split = text.indexOf("=");
  if (split < 1) throw new InvalidArgumentError("Give NAME=VALUE, such as sendHighWaterMark=10.");
  const value = text.slice(split + 1);
  let setting: Setting = { text: value };
  try {
    setting = { text: value, json: JSON.parse(value) };
  } catch {
    // Text without quotes, such as an interface name.
  }
  return { ...previous, [text.slice(0, split)]: setting };
}
