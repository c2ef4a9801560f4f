// Creates the errors of the library from an errno of libzmq or the platform: code, message, address.

import { constants as os } from "node:os";
import { errnos } from "./constants.js";
import { binding } from "./index.js";

const codes = new Map<number, string>();
const numbers = new Map<string, number>();
// The platform's numbers come first; libzmq defines its own for codes that a platform lacks. If two codes have one number,
// the first is used: EAGAIN, not EWOULDBLOCK.
for (const [code, errno] of [...Object.entries(os.errno), ...Object.entries(errnos)]) {
  if (!code.startsWith("E")) continue;
  if (!codes.has(errno)) codes.set(errno, code);
  if (!numbers.has(code)) numbers.set(code, errno);
}

/** Messages that replace those of libzmq. zeromq has the same; its programs compare them. */
const texts: Record<string, string> = {
  EFAULT: "Context is closed",
  EAGAIN: "Operation was not possible or timed out",
  EMFILE: "Too many open file descriptors",
  ENOENT: "No such endpoint",
  EBUSY: "Socket is busy",
  EBADF: "Socket is closed",
  EADDRINUSE: "Address already in use",
  ETIMEDOUT: "Operation timed out",
  EPROTOTYPE: "The type of the peer's socket does not fit",
  ECANCELED: "Socket was closed while the operation waited",
};

/**
 * An error of libzmq or of the operating system. Compare `code`, not `message`. An argument of the wrong type causes a
 * `TypeError` instead.
 *
 * @example
 * ```ts
 * import { Pull, ZmqError } from "zmq-native";
 *
 * const pull = new Pull({ receiveTimeout: 10 });
 * await pull.bind("tcp://127.0.0.1:*");
 * try {
 *   await pull.receive();
 * } catch (error) {
 *   if (!(error instanceof ZmqError) || error.code !== "EAGAIN") throw error;
 *   console.log("no message within 10 ms"); // no message within 10 ms
 * }
 * ```
 */
export class ZmqError extends Error {
  /** The name of the error, such as `"EAGAIN"` or `"EADDRINUSE"`. */
  declare readonly code: string;
  /** The positive number of `code` on this platform. Codes that the platform lacks have numbers above 156384712. */
  declare readonly errno: number;
  /** The endpoint, if `bind`, `unbind`, `connect` or `disconnect` failed. */
  declare address?: string;
  /** The number of messages that libzmq had queued when `sendMany` failed. */
  declare sent?: number;
  // Private, so that programs of zeromq that list the fields of an error find those that they know.
  #detail: string | undefined;

  /**
   * Creates an error for an errno. Never throws.
   *
   * @param errno The positive number.
   * @param text The message. Default: the message of the code.
   */
  constructor(errno: number, text?: string) {
    const code = codes.get(errno) ?? "EUNKNOWN";
    super(text ?? texts[code] ?? binding.describeError(errno));
    this.errno = errno;
    this.code = code;
  }

  /**
   * An explanation: the wrong value and the remedy. The stack, which `console.error` prints, contains it. Undefined if
   * there is nothing to add to `message`.
   */
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

/**
 * Adds a detail to the stack, which Node prints for an uncaught error and `console.error`. Reading the stack calls
 * `Error.prepareStackTrace` of the program, which may throw or return any value. The stack then stays unchanged: an
 * exception would replace the error, or keep a pending operation from settling.
 */
function addToStack(error: Error, detail: string): void {
  try {
    const { stack } = error;
    if (typeof stack === "string")
      error.stack = stack.replace(error.message, () => `${error.message}: ${detail}`);
  } catch {
    // The error has its `detail`.
  }
}

/** @internal Adds a `detail` to an error of another class. Its message is that of zeromq, which programs compare. */
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

/** @internal The error of zeromq for an object of the wrong class. It is no `TypeError` and has no code. */
export function invalidArgument(detail: string): Error {
  return explained(new Error("Invalid argument"), detail);
}

/** @internal Creates an error for a code such as `"EBUSY"`, whose number depends on the platform. */
export function errorOf(code: string, text?: string): ZmqError {
  return new ZmqError(numbers.get(code)!, text);
}

/** @internal Returns a result of native code, or throws if it is a negative errno. */
export function check(result: number): number {
  if (result < 0) throw new ZmqError(-result);
  return result;
}
