// The options `sendQueue` and `receiveQueue`, whose properties are read once: getters and proxies run user code.

import { explained } from "../binding/errors.js";
import { isObject, shown } from "./checks.js";

/** The message that is dropped when the send queue is full. */
export type Overflow = "reject" | "dropOldest" | "dropNewest" | "latestByTopic";

/**
 * The queue of `send` calls of a socket.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 *
 * const pull = new Pull();
 * await pull.bind("tcp://127.0.0.1:*");
 * const push = new Push({ sendHighWaterMark: 1, sendQueue: { max: 10_000 } });
 * push.connect(pull.lastEndpoint!);
 * const sends = Array.from({ length: 100 }, (_, id) => push.send(`job ${id}`));
 * console.log(String(await pull.receive())); // job 0
 * for (let left = 99; left > 0; left--) await pull.receive();
 * await Promise.all(sends);
 * ```
 */
export interface SendQueueOptions {
  /**
   * The largest number of messages that may wait, including the one that is next. There is no limit of bytes: the queue
   * holds a copy of each message, or with `transfer` its Buffers.
   *
   * If you lower `max`, all messages stay in the queue at first. The next message that is queued then follows `overflow`:
   * `"dropOldest"` and `"latestByTopic"` drop all messages in excess.
   *
   * Default 1000.
   *
   * @throws TypeError: the value is not a whole number above 0.
   */
  max?: number | undefined;
  /**
   * Which message is dropped when `max` messages wait.
   *
   * - `"reject"`: the new one. Its promise rejects with `ENOBUFS`, which the program must handle.
   * - `"dropNewest"`: the new one, as a planned loss.
   * - `"dropOldest"`: the one that has waited longest, as a planned loss.
   * - `"latestByTopic"`: also before the queue is full, a new message takes the place of a waiting one with the same topic,
   *   as a planned loss. If `max` topics wait, the oldest message is dropped. The topic is the first frame, which is the
   *   routing id on a Router; for a Radio it is the group, and for a Server or Peer the `routingId`. Messages that wait
   *   before a `sendMany`, or before a message of another `overflow`, are not replaced: the new message would overtake it.
   *
   * A planned loss rejects the promise with `ENOBUFS` as well, but a program that ignores the promise causes no
   * `unhandledRejection`.
   *
   * Default `"reject"`.
   *
   * @throws TypeError: the value is none of these.
   */
  overflow?: Overflow | undefined;
  /**
   * How long a message may wait in the queue. Then it is dropped, and its promise rejects with `ETIMEDOUT`. This is a
   * planned loss, too. `timeout` and `sendTimeout` also apply, from the call of `send` on.
   *
   * In milliseconds. Default: no limit.
   *
   * @throws TypeError: the value is not a number above 0. `Infinity` sets no limit.
   */
  ttl?: number | undefined;
}

/**
 * The queue of `receive` calls of a socket.
 *
 * @example
 * ```ts
 * import { Pair } from "zmq-native";
 *
 * const [left, right] = [new Pair(), new Pair({ receiveQueue: { max: 10 } })];
 * await left.bind("inproc://receive-queue");
 * right.connect("inproc://receive-queue");
 * const both = Promise.all([right.receive(), right.receive()]);
 * await left.sendMany(["one", "two"]);
 * console.log((await both).map(String)); // [ 'one', 'two' ]
 * ```
 */
export interface ReceiveQueueOptions {
  /**
   * The largest number of operations that may wait, including the one that is next. Further ones reject with `ENOBUFS`.
   * If you lower `max`, all operations stay in the queue.
   *
   * Default 1000.
   *
   * @throws TypeError: the value is not a whole number above 0.
   */
  max?: number | undefined;
}

/** @internal The options of a queue after validation. */
export interface QueueSettings {
  readonly max: number;
  readonly overflow: Overflow;
  /** Milliseconds, or undefined for no limit. */
  readonly ttl: number | undefined;
}

const defaultMax = 1000;
const overflows: readonly Overflow[] = ["reject", "dropOldest", "dropNewest", "latestByTopic"];

function maxOf(max: unknown, name: string): number {
  if (max === undefined) return defaultMax;
  if (typeof max === "number" && Number.isInteger(max) && max > 0) return max;
  throw new TypeError(`${name}.max must be a whole number above 0, got ${shown(max)}`);
}

function overflowOf(overflow: unknown): Overflow {
  if (overflow === undefined) return "reject";
  if (overflows.includes(overflow as Overflow)) return overflow as Overflow;
  const names = overflows.map((name) => JSON.stringify(name)).join(", ");
  throw new TypeError(`sendQueue.overflow must be one of ${names}, got ${shown(overflow)}`);
}

function ttlOf(ttl: unknown): number | undefined {
  if (ttl === undefined || ttl === Number.POSITIVE_INFINITY) return undefined;
  if (typeof ttl === "number" && ttl > 0) return Math.ceil(ttl);
  throw new TypeError(`sendQueue.ttl must be a number of milliseconds above 0, got ${shown(ttl)}`);
}

function expectQueue(value: unknown, name: string, properties: readonly string[]): asserts value is object {
  if (!isObject(value)) {
    throw explained(
      new TypeError("Option value must be an object or null"),
      `${name} takes null, or an object with ${properties.join(", ")}; got ${shown(value)}`,
    );
  }
  for (const property of Object.keys(value)) {
    if (properties.includes(property)) continue;
    throw explained(
      new TypeError(`${name} has no property ${property}`),
      `its properties are ${properties.join(", ")}`,
    );
  }
}

/** @internal Reads a value of `sendQueue`. Undefined for null: no queue. */
export function sendQueueOf(value: unknown): QueueSettings | undefined {
  if (value === undefined || value === null) return undefined;
  expectQueue(value, "sendQueue", ["max", "overflow", "ttl"]);
  const { max, overflow, ttl } = value as SendQueueOptions;
  return { max: maxOf(max, "sendQueue"), overflow: overflowOf(overflow), ttl: ttlOf(ttl) };
}

/** @internal Reads a value of `receiveQueue`. Undefined for null: no queue. */
export function receiveQueueOf(value: unknown): QueueSettings | undefined {
  if (value === undefined || value === null) return undefined;
  expectQueue(value, "receiveQueue", ["max"]);
  const { max } = value as ReceiveQueueOptions;
  return { max: maxOf(max, "receiveQueue"), overflow: "reject", ttl: undefined };
}
