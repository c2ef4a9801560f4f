// The options of `close`, for sockets and contexts.

import { isObject, shown } from "./checks.js";

/** Options of `close` of a socket or a context. */
export interface CloseOptions {
  /**
   * How long libzmq keeps trying to send queued messages. 0 drops them at once; -1 sets no limit.
   * Messages dropped at the end are not reported: `await socket.flush()` first if none may be lost.
   *
   * In milliseconds. Default: `linger` of the socket. libzmq: `ZMQ_LINGER`.
   *
   * @throws TypeError: the value is not a whole number from -1 to 2147483647. Nothing is closed.
   */
  linger?: number | undefined;
}

/** @internal Reads `linger` once, before anything is closed: a getter runs user code. */
export function lingerOf(options: unknown): number | undefined {
  if (options === undefined || options === null) return undefined;
  if (!isObject(options)) throw new TypeError(`Options must be an object, got ${shown(options)}`);
  const { linger } = options as CloseOptions;
  if (linger === undefined || linger === null) return undefined;
  if (typeof linger === "number" && Number.isInteger(linger) && linger >= -1 && linger < 2 ** 31)
    return linger;
  throw new TypeError(`linger must be a whole number of milliseconds from -1, got ${shown(linger)}`);
}
