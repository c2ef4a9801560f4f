// Reads the options that every operation takes into plain values, once, before the socket's state is checked: getters
// and proxies run user code, which may close the socket or start another operation on it.

import { isObject, shown } from "./checks.js";

/** Options of every operation that may wait. Wrong types throw a `TypeError` before anything is done. */
export interface OperationOptions {
  /**
   * Milliseconds to wait at most. 0 does not wait; -1 and `Infinity` wait without a limit, as do values above
   * 2,147,483,647 (24.8 days). Fractions are rounded up. `NaN`, other negative numbers and other types throw a
   * `TypeError`. Default: the socket's `sendTimeout` or `receiveTimeout`.
   */
  timeout?: number | undefined;
  /**
   * Aborts the operation: its promise rejects with the signal's reason. A signal that is aborted already rejects at
   * once. Anything but an `AbortSignal`, for instance an `AbortController`, throws a `TypeError`.
   */
  signal?: AbortSignal | undefined;
}

/** @internal `timeout` and `signal` after validation. Reading them again runs no user code. */
export interface PlainOptions {
  /** Milliseconds, a whole number: 0 does not wait, -1 waits without a limit. Undefined for the socket's own time-out. */
  readonly timeout: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Whether the signal was aborted when it was read; the operation then rejects with `signal.reason`. */
  readonly aborted: boolean;
}

const none: PlainOptions = Object.freeze({ timeout: undefined, signal: undefined, aborted: false });

/** Longer waits have no timer: `setTimeout` takes an int32. */
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

/** Accepts the signals of other realms and of polyfills too, so it asks for what a signal can do. */
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
 * @internal Reads each option once. `null` counts as not given.
 *
 * @throws TypeError when `options` is no object, `timeout` no number of milliseconds, or `signal` no AbortSignal.
 */
export function operationOptions(options: unknown): PlainOptions {
  // Alone in a small function, which V8 inlines: most operations have no options.
  return options === undefined || options === null ? none : read(options);
}

function read(options: unknown): PlainOptions {
  if (!isObject(options)) throw new TypeError(`Options must be an object, got ${shown(options)}`);
  const { timeout, signal } = options as OperationOptions;
  const given = signalOf(signal);
  return { timeout: timeoutOf(timeout), signal: given?.signal, aborted: given?.aborted ?? false };
}
