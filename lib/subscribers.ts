// Waiting for subscribers: against the slow joiner, who misses what is published before its subscription has come.

import { binding } from "./binding.js";
import type { Core } from "./core.js";
import { check, errorOf } from "./errors.js";
import { type OperationOptions, Pending, wouldBlock } from "./pending.js";

/** What {@link Publisher.waitForSubscribers} may be given. */
export interface SubscriberOptions extends OperationOptions {
  /** Count only those that would get a message beginning with this. Default: all that subscribed to anything. */
  topic?: Buffer | string | undefined;
}

/** @internal Resolves with the number of subscribers once there are `count`. */
export function waitForSubscribers(
  core: Core,
  count: number,
  options: SubscriberOptions = {},
): Promise<number> {
  core.usable();
  if (!Number.isInteger(count) || count < 1) {
    throw new TypeError(`The number of subscribers must be a whole number above 0, got ${String(count)}`);
  }
  if (core.watching instanceof Pending) throw errorOf("EBUSY", "Socket is waiting for subscribers already");
  const { topic, timeout = -1, signal } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const any = topic === undefined;
  const prefix = typeof topic === "string" ? Buffer.from(topic) : (topic ?? Buffer.alloc(0));
  // Takes nothing in from libzmq by itself: Readiness does so before it asks.
  const attempt = () => {
    const found = check(binding.subscribers(core.handle, any, prefix));
    return found >= count ? found : wouldBlock;
  };
  const pending = new Pending<number>(core, "watching", attempt, timeout, signal);
  core.wake();
  return pending.promise;
}
