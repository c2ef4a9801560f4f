// One file on disk: its content, its digest computed here, and why it can't be read.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { reasonOf } from "./failure.js";

/** Describes a read error for the user. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return "vanished before it could be read";
  if (code === "EACCES" || code === "EPERM") return `no permission to read it (${code})`;
  return `unreadable: ${reasonOf(error)}`;
}

/** The sha256 of a file in hexadecimal, and its size; never more than a piece of it is in memory. */
export async function digestOf(
  path: string,
  signal: AbortSignal,
): Promise<{ digest: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of createReadStream(path, { signal })) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { digest: hash.digest("hex"), bytes };
}
