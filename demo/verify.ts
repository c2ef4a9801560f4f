// The check of every result against the files themselves, read again and hashed here, without a worker or a socket.

import { join } from "node:path";
import { digestOf, whyUnreadable } from "./file.js";
import type { Result } from "./protocol.js";

/** A result that is not confirmed. */
interface Difference {
  path: string;
  /** The value that the worker reported. */
  reported: string;
  /** The value computed from the file. */
  found: string;
}

export interface Verification {
  /** Results that were checked, right or wrong. */
  checked: number;
  differences: Difference[];
}

/**
 * Compares sha256 and size in each result with those of the file below `root`. A file that can't be read any more
 * counts as a difference: its result is not confirmed. `onChecked` gets the size of each file.
 */
export async function verify(
  root: string,
  results: readonly Result[],
  signal: AbortSignal,
  onChecked: (bytes: number) => void = () => {},
): Promise<Verification> {
  const differences: Difference[] = [];
  for (const { path, digest, bytes } of results) {
    const reported = `${digest} of ${bytes} bytes`;
    let found: string;
    try {
      const file = await digestOf(join(root, path), signal);
      found = `${file.digest} of ${file.bytes} bytes`;
      onChecked(file.bytes);
    } catch (error) {
      signal.throwIfAborted();
      found = whyUnreadable(error);
    }
    if (found !== reported) differences.push({ path, reported, found });
  }
  return { checked: results.length, differences };
}
