// Waiting for subscribers, against the "slow joiner" problem: a subscriber misses the messages that are published before
// its subscription arrives.

import { types } from "node:util";
import { shown } from "../arguments/checks.js";
import { type OperationOptions, operationOptions } from "../arguments/operation-options.js";
import { check } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import type { Core } from "../core/open-socket.js";
import { Pending, wouldBlock } from "../core/pending.js";
import { copyOf } from "../message/frames.js";

/** Options of {@link Publisher.waitForSubscribers}. */
export interface SubscriberOptions extends OperationOptions {
  /** Counts only peers that would receive a message with this first frame. Default: all peers with a subscription. */
  topic?: Buffer | string | undefined;
}

/** Copies the topic, since the program may change the Buffer while the operation is pending. */
function toPrefix(topic: unknown): Uint8Array | undefined {
  if (topic === undefined || topic === null) return undefined;
  if (typeof topic === "string") return Buffer.from(topic);
  if (types.isUint8Array(topic)) return copyOf(topic);
  throw new TypeError(`topic must be a string or a Buffer, got ${shown(topic)}`);
}

/** @internal Resolves with the number of subscribers once there are `count`. */
export function waitForSubscribers(core: Core, count: number, options?: SubscriberOptions): Promise<number> {
  if (!Number.isInteger(count) || count < 1) {
    throw new TypeError(`The number of subscribers must be a whole number above 0, got ${shown(count)}`);
  }
  const { timeout, signal, aborted } = operationOptions(options);
  const prefix = toPrefix(options?.topic);
  core.usable();
  if (aborted) return Promise.reject(signal!.reason);
  const any = prefix === undefined;
  const topic = prefix ?? Buffer.alloc(0);
  // Does not process libzmq's commands. Readiness does that before each attempt.
  const attempt = () => {
    const found = check(binding.subscribers(core.handle, any, topic));
    return found >= count ? found : wouldBlock;
  };
  const pending = new Pending<number>(
    core,
    "watching",
    attempt,
    timeout ?? -1,
    "waitForSubscribers()",
    signal,
  );
  core.wake();
  return pending.promise;
}
