// The columns that texts take on a terminal. Characters of East Asia and emoji take two, and several code points can be one character.

import truncated from "fast-string-truncated-width";

/** The columns of a text. A tab takes eight. */
export const widthOf = (text: string): number => truncated(text).width;

/** An escape of harmless.ts or pieces.ts. */
const escape = /^\\(?:x[\da-f]{2}|u\{[\da-f]+\}|u[\da-f]{4}|[^xu])/;
const longestEscape = "\\u{10ffff}".length;

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The most code units of a column: a character can have any number of them. */
export const mostOfColumn = 16;

/**
 * The start of a text that fits into so many columns. Splits no character and no escape. The library could cut texts as well, but 3.0.3
 * cuts too late in Cyrillic and other scripts that it does not look for.
 */
export function fitting(text: string, width: number): string {
  // The segmenter takes time for all of its text, also if only the first segments are read: a second for 4 MiB.
  const head = text.slice(0, Math.max(0, width + 1) * mostOfColumn);
  let [index, columns] = [0, 0];
  for (const { segment } of characters.segment(head)) {
    columns += widthOf(segment);
    const end = index + segment.length;
    // The last character of the head may go on behind it.
    if (columns > width || (end === head.length && end < text.length)) break;
    index = end;
  }
  const start = text.lastIndexOf("\\", index - 1);
  const [found = ""] = start < 0 ? [] : (escape.exec(text.slice(start, start + longestEscape)) ?? []);
  return text.slice(0, start + found.length > index ? start : index);
}

/** A text of so many columns at most, with an ellipsis if it was longer. */
export const cut = (text: string, width: number): string =>
  widthOf(text) <= width ? text : `${fitting(text, width - 1)}…`;
