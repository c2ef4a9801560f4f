// Templates in arguments: `{{count}}`, `{{time}}`, `{{uuid}}`, and random bytes by `{{random N}}`.

import { randomBytes, randomUUID } from "node:crypto";
import { exitCodes, Failure } from "./exit.js";

/** The most bytes that one `{{random N}}` produces. */
const mostRandom = 2 ** 30;

const fields: Record<string, (count: number) => string> = {
  count: String,
  time: () => new Date().toISOString(),
  uuid: () => randomUUID(),
};

type Part = Buffer | ((count: number) => Buffer);

/** The number of bytes of `{{random N}}`. */
function randomSize(template: string, text: string): number {
  const size = Number(text);
  if (size >= 0 && size <= mostRandom) return size;
  throw new Failure(`${template}: give a number of bytes from 0 to ${mostRandom}`, exitCodes.usage);
}

/** The field between two braces. */
function fieldOf([template, name, size]: RegExpMatchArray): Part {
  if (size !== undefined) {
    const bytes = randomSize(template, size);
    return () => randomBytes(bytes);
  }
  const field = fields[name!]!;
  return (count) => Buffer.from(field(count));
}

/**
 * Compiles a template. The function returned takes the number of the message, from 1, and returns its frames.
 *
 * @param split Splits the text into frames: that of the template, not the bytes that replace its fields.
 * @throws Failure: the number of random bytes is out of range.
 */
export function compile(
  text: string,
  split: (bytes: Buffer) => Buffer[] = (bytes) => [bytes],
): (count: number) => Buffer[] {
  const frames: Part[][] = [[]];
  const addText = (piece: string) => {
    const [first, ...others] = split(Buffer.from(piece));
    frames.at(-1)!.push(first!);
    for (const bytes of others) frames.push([bytes]);
  };
  let end = 0;
  for (const match of text.matchAll(/\{\{(count|time|uuid|random (-?\d+))\}\}/g)) {
    addText(text.slice(end, match.index));
    frames.at(-1)!.push(fieldOf(match));
    end = match.index + match[0].length;
  }
  addText(text.slice(end));
  const make = (parts: Part[], count: number) => {
    if (parts.length === 1 && Buffer.isBuffer(parts[0])) return parts[0];
    return Buffer.concat(parts.map((part) => (typeof part === "function" ? part(count) : part)));
  };
  return (count) => frames.map((parts) => make(parts, count));
}
