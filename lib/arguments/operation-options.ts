// Reads `timeout` and `signal` once, before the state of the socket is checked: getters and proxies run user code, which
// may close the socket or start another operation.

import { isObject, shown } from "./checks.js";
import { expectNoSignal, signalOf } from "./signal.js";

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

/**
 * Options of `send` and `trySend`.
 *
 * @example
 * ```ts
 * import { allocate, Pull, Push } from "zmq-native";
 *
 * const push = new Push();
 * const pull = new Pull();
 * await pull.bind("inproc://send-options");
 * push.connect("inproc://send-options");
 * const image = allocate(1_000_000).fill(255);
 * await push.send(image, { transfer: true });
 * console.log(image.length); // 0
 * const [received] = await pull.receive();
 * console.log(received.length); // 1000000
 * ```
 */
export interface SendOptions extends OperationOptions {
  /**
   * Gives the memory of the Buffers to the message. When libzmq has accepted the message, they are detached: their length
   * is 0, and that of all other views of their ArrayBuffers. If the send fails or is aborted, they keep their bytes.
   *
   * - Memory of `allocate()`, and of a received frame of 512 KiB or more, moves without a copy. Over inproc, the receiver
   *   gets the same memory, also in another thread.
   * - Other memory is copied, and then detached and freed.
   * - A view of a part of an ArrayBuffer is copied, and keeps its bytes. Node creates small Buffers this way.
   *   Shared memory and memory of WebAssembly are copied too, and from Node 22 on, memory that is marked as untransferable.
   * - Of two frames with the same memory, one is copied.
   *
   * Until the promise settles, do not change the bytes, and do not detach them. Do not transfer a Buffer that another
   * operation still uses, such as a file read. Default: false, which copies the bytes and keeps the Buffers. libzmq:
   * `zmq_msg_init_data`.
   *
   * @throws TypeError: the value is not a boolean, or a frame is already detached.
   */
  transfer?: boolean | undefined;
}

/** @internal `timeout` and `signal` after validation. Reading these properties runs no user code. */
export interface PlainOptions {
  /** Whole milliseconds. 0 does not wait; -1 sets no limit. Undefined: the timeout of the socket applies. */
  readonly timeout: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Whether the signal was aborted when it was read; the operation then rejects with `signal.reason`. */
  readonly aborted: boolean;
}

/** @internal The options of a send after validation. */
export interface PlainSendOptions extends PlainOptions {
  readonly transfer: boolean;
}

const none: PlainSendOptions = Object.freeze({
  timeout: undefined,
  signal: undefined,
  aborted: false,
  transfer: false,
});

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

/** A number is meant as the time limit, which is the last argument of similar functions. */
function noObject(options: unknown): TypeError {
  const remedy =
    typeof options === "number" ? `{ timeout: ${options} }` : "an object such as { timeout: 1000 }";
  return new TypeError(`Options must be an object, got ${shown(options)}: pass ${remedy}`);
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
  if (!isObject(options)) throw noObject(options);
  const { timeout, signal } = options as OperationOptions;
  if (timeout === undefined && signal === undefined) expectNoSignal(options);
  const given = signalOf(signal);
  return { timeout: timeoutOf(timeout), signal: given?.signal, aborted: given?.aborted ?? false };
}

/**
 * @internal Reads each option of a send once.
 *
 * @throws TypeError if `options`, `timeout`, `signal` or `transfer` has the wrong type.
 */
export function sendOptions(options: unknown): PlainSendOptions {
  if (options === undefined || options === null) return none;
  const plain = read(options);
  return { ...plain, transfer: transferOf(options) };
}

/** @internal Reads `transfer` once. */
export function transferOf(options: unknown): boolean {
  if (!isObject(options)) return false;
  const { transfer } = options as SendOptions;
  if (transfer === undefined || transfer === null) return false;
  if (typeof transfer === "boolean") return transfer;
  throw new TypeError(`transfer must be a boolean, got ${shown(transfer)}`);
}
