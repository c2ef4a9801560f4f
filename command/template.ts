// Templates in arguments: `{{count}}`, `{{time}}`, `{{uuid}}`, and random bytes by `{{random N}}`.

import { randomBytes, randomUUID } from "node:crypto";

/** The most bytes that one `{{random N}}` produces. */
const mostRandom = 2 ** 30;

const fields: Record<string, (count: number) => string> = {
  count: String,
  time: () => new Date().toISOString(),
  uuid: () => randomUUID(),
};

/** Compiles a template. The function returned takes the number of the message, from 1, and returns its bytes. */
export function compile(text: string): (count: number) => Buffer {
  const parts: (Buffer | ((count: number) => Buffer))[] = [];
  let end = 0;
  for (const match of text.matchAll(/\{\{(count|time|uuid|random (\d+))\}\}/g)) {
    parts.push(Buffer.from(text.slice(end, match.index)));
    const size = match[2] === undefined ? undefined : Math.min(Number(match[2]), mostRandom);
    const field = fields[match[1]!];
    parts.push(size === undefined ? (count) => Buffer.from(field!(count)) : () => randomBytes(size));
    end = match.index + match[0].length;
  }
  if (parts.length === 0) {
    const bytes = Buffer.from(text);
    return () => bytes;
  }
  parts.push(Buffer.from(text.slice(end)));
  return (count) => Buffer.concat(parts.map((part) => (typeof part === "function" ? part(count) : part)));
}
