// Reads `timeout` and `signal` once, before the state of the socket is checked: getters and proxies run user code, which
// may close the socket or start another operation.

import { isObject, shown } from "./checks.js";

/**
 * Options of every operation that may wait: `send`, `receive`, `sendMany` and others.
 *
 * @example
 * ```ts
 * import { Pull } from "zmq-native";
 *
 * const pull = new Pull();
 * await pull.bind("tcp://127.0.0.1:*");
 * await pull.receive({ signal: AbortSignal.timeout(10) }).catch((reason) => {
 *   console.log(reason.name); // TimeoutError
 * });
 * ```
 */
export interface OperationOptions {
  /**
   * The longest wait. 0 does not wait. -1, `Infinity` and values above 2147483647 (24.8 days) set no limit. Fractions are
   * rounded up.
   *
   * In milliseconds. Default: `sendTimeout` or `receiveTimeout` of the socket.
   *
   * @throws TypeError: the value is `NaN`, another negative number, or not a number.
   */
  timeout?: number | undefined;
  /**
   * Aborts the operation, whose promise then rejects with `signal.reason`. If the signal is aborted already, it rejects
   * at once. Default: none.
   *
   * @throws TypeError: the value is not an `AbortSignal`, but an `AbortController`, for example.
   */
  signal?: AbortSignal | undefined;
}

/** @internal `timeout` and `signal` after validation. Reading these properties runs no user code. */
export interface PlainOptions {
  /** Whole milliseconds. 0 does not wait; -1 sets no limit. Undefined: the timeout of the socket applies. */
  readonly timeout: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Whether the signal was aborted when it was read; the operation then rejects with `signal.reason`. */
  readonly aborted: boolean;
}

const none: PlainOptions = Object.freeze({ timeout: undefined, signal: undefined, aborted: false });

/** `setTimeout` accepts an int32. Longer waits get no timer. */
const longestTimer = 2 ** 31 - 1;

function timeoutOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && (value >= 0 || value === -1)) {
    return value > longestTimer ? -1 : Math.ceil(value);
  }
  throw new TypeError(
    `timeout must be a number of milliseconds from 0, or -1 or Infinity for no limit, got ${shown(value)}`,
  );
}

/** Checks the methods of a signal instead of its class, to accept signals of other realms and of polyfills. */
function signalOf(value: unknown): { signal: AbortSignal; aborted: boolean } | undefined {
  if (value === undefined || value === null) return undefined;
  if (isObject(value)) {
    const { aborted, addEventListener, removeEventListener } = value as AbortSignal;
    const listens = typeof addEventListener === "function" && typeof removeEventListener === "function";
    if (listens && typeof aborted === "boolean") return { signal: value as AbortSignal, aborted };
  }
  const remedy =
    isObject(value) && "abort" in value ? ": pass the controller's own, `controller.signal`" : "";
  throw new TypeError(`signal must be an AbortSignal, got ${shown(value)}${remedy}`);
}

/**
 * @internal Reads each option once. `null` is treated as undefined.
 *
 * @throws TypeError if `options`, `timeout` or `signal` has the wrong type.
 */
export function operationOptions(options: unknown): PlainOptions {
  // A small function that V8 inlines: most operations have no options.
  return options === undefined || options === null ? none : read(options);
}

function read(options: unknown): PlainOptions {
  if (!isObject(options)) throw new TypeError(`Options must be an object, got ${shown(options)}`);
  const { timeout, signal } = options as OperationOptions;
  const given = signalOf(signal);
  return { timeout: timeoutOf(timeout), signal: given?.signal, aborted: given?.aborted ?? false };
}
