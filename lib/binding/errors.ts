// Every error of the library is made here: from an errno of libzmq or the platform, with its code, text and address.

import { constants as os } from "node:os";
import { errnos } from "./constants.js";
import { binding } from "./index.js";

const codes = new Map<number, string>();
const numbers = new Map<string, number>();
// The platform's own numbers first; libzmq brings its own for what a platform lacks. Of two names for one number the
// first counts: EAGAIN, not EWOULDBLOCK.
for (const [code, errno] of [...Object.entries(os.errno), ...Object.entries(errnos)]) {
  if (!code.startsWith("E")) continue;
  if (!codes.has(errno)) codes.set(errno, code);
  if (!numbers.has(code)) numbers.set(code, errno);
}

/** Texts that say more in this library's terms than libzmq's own. */
const texts: Record<string, string> = {
  EFAULT: "Context is closed",
  EAGAIN: "Operation was not possible or timed out",
  EMFILE: "Too many open file descriptors",
  ENOENT: "No such endpoint",
  EBUSY: "Socket is busy",
  EBADF: "Socket is closed",
  EADDRINUSE: "Address already in use",
  ETIMEDOUT: "Operation timed out",
  ECANCELED: "Socket was closed while the operation waited",
};

/** An error of libzmq or of the platform. Wrong arguments are a `TypeError` instead. */
export class ZmqError extends Error {
  /** The error's name, for instance `"EAGAIN"`; `"ENOENT"` for an endpoint that is not there. */
  declare readonly code: string;
  /** The platform's number for `code`, positive; libzmq's own ones begin at 156384712. */
  declare readonly errno: number;
  /** The endpoint, when `bind`, `unbind`, `connect` or `disconnect` failed. */
  declare address?: string;
  /** After a failed `sendMany`: how many messages were handed to libzmq before it failed. */
  declare sent?: number;
  // Not a field that is listed: programs written for zeromq find those that they know, and no other.
  #detail: string | undefined;

  constructor(errno: number, text?: string) {
    const code = codes.get(errno) ?? "EUNKNOWN";
    super(text ?? texts[code] ?? binding.describeError(errno));
    this.errno = errno;
    this.code = code;
  }

  /** What exactly is wrong, such as a part of an address, and what would be right; printed with an uncaught error. */
  get detail(): string | undefined {
    return this.#detail;
  }

  /** Adds the detail. @internal */
  explain(detail: string): this {
    this.#detail = detail;
    addToStack(this, detail);
    return this;
  }
}

/** An uncaught error, and `console.error`, print the stack. */
function addToStack(error: Error, detail: string): void {
  if (error.stack === undefined) return;
  error.stack = error.stack.replace(error.message, () => `${error.message}: ${detail}`);
}

/** @internal Adds a `detail` to an error of another class, where the message is zeromq's. */
export function explained<E extends Error>(error: E, detail: string): E & { detail: string } {
  if (!Object.isExtensible(error)) return error as E & { detail: string };
  addToStack(error, detail);
  return Object.defineProperty(error, "detail", {
    value: detail,
    configurable: true,
    writable: true,
  }) as E & {
    detail: string;
  };
}

/** @internal The error of zeromq for an object of a wrong class: no `TypeError`, and without a code. */
export function invalidArgument(detail: string): Error {
  return explained(new Error("Invalid argument"), detail);
}

/** @internal An error for a code such as `"EBUSY"`, whatever its number on this platform. */
export function errorOf(code: string, text?: string): ZmqError {
  return new ZmqError(numbers.get(code)!, text);
}

/** @internal Passes a native result on, or throws the error that a negative one stands for. */
export function check(result: number): number {
  if (result < 0) throw new ZmqError(-result);
  return result;
}
