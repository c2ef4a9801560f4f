// How sockets and contexts are closed.

import { isObject, shown } from "./checks.js";

/** How a socket, or all sockets of a context, are to be closed. */
export interface CloseOptions {
  /**
   * Milliseconds that queued messages are kept; -1: for ever, 0: not at all. Default: the socket's `linger`. Anything
   * but a whole number from -1 to 2,147,483,647 throws a `TypeError`, and nothing is closed.
   */
  linger?: number | undefined;
}

/** @internal Reads `linger` once, before anything is closed. */
export function lingerOf(options: unknown): number | undefined {
  if (options === undefined || options === null) return undefined;
  if (!isObject(options)) throw new TypeError(`Options must be an object, got ${shown(options)}`);
  const { linger } = options as CloseOptions;
  if (linger === undefined || linger === null) return undefined;
  if (typeof linger === "number" && Number.isInteger(linger) && linger >= -1 && linger < 2 ** 31)
    return linger;
  throw new TypeError(`linger must be a whole number of milliseconds from -1, got ${shown(linger)}`);
}
