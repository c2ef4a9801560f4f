// Text of peers and of inspected programs: it must not be able to control a terminal.

/** Control characters, and those that change the direction of text or are invisible. */
const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Escapes a character: `\xNN`, or `\u{NNNN}` beyond Latin-1. */
function escape(character: string): string {
  const code = character.codePointAt(0)!;
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/**
 * Escapes the control characters of a message, and those that change the direction of text or end a line. Keeps line breaks and
 * tabs, which belong to its text, and invisible characters that join letters and emoji.
 */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escape);
}

/** Makes a value a text of one line: escapes all control characters, also line breaks. */
export function lineOf(value: unknown): string {
  return String(value).replace(control, escape);
}

/** JSON of one line, which means the same value. `JSON.stringify` does not escape those from U+007F on. */
export function jsonOf(value: unknown): string {
  const unit = (text: string) => `\\u${text.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(control, (character) => character.split("").map(unit).join(""));
}
