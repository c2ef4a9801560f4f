// Waiting for subscribers: against the slow joiner, who misses what is published before its subscription has come.

import { types } from "node:util";
import { shown } from "../arguments/checks.js";
import { type OperationOptions, operationOptions } from "../arguments/operation-options.js";
import { check, errorOf } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import type { Core } from "../core/open-socket.js";
import { Pending, wouldBlock } from "../core/pending.js";
import { copyOf } from "../message/frames.js";

/** What {@link Publisher.waitForSubscribers} may be given. */
export interface SubscriberOptions extends OperationOptions {
  /** Count only those that would get a message beginning with this. Default: all that subscribed to anything. */
  topic?: Buffer | string | undefined;
}

/** Copies the topic: the wait may outlast what the user does to it. */
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
  if (core.watching instanceof Pending) throw errorOf("EBUSY", "Socket is waiting for subscribers already");
  if (aborted) return Promise.reject(signal!.reason);
  const any = prefix === undefined;
  const topic = prefix ?? Buffer.alloc(0);
  // Takes nothing in from libzmq by itself: Readiness does so before it asks.
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
