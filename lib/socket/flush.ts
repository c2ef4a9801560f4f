// Waiting until all messages have been handed to the network.

import { type OperationOptions, operationOptions } from "../arguments/operation-options.js";
import { check, errorOf } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import type { Core } from "../core/open-socket.js";
import { Pending, wouldBlock } from "../core/pending.js";

/** @internal */
export function flush(core: Core, options?: OperationOptions): Promise<void> {
  const { timeout, signal, aborted } = operationOptions(options);
  core.usable();
  if (core.watching instanceof Pending) {
    throw errorOf("EBUSY", "Socket is waiting for its peers already").explain(
      `${core.watching.call} is pending: await it first, or end it with its { timeout } or { signal }`,
    );
  }
  if (aborted) return Promise.reject(signal!.reason);
  // Does not process libzmq's commands. Readiness does that before each attempt.
  const attempt = () => {
    if (core.sendingMany || core.sending !== undefined) return wouldBlock;
    return check(binding.unsent(core.handle)) === 0 ? undefined : wouldBlock;
  };
  const pending = new Pending<undefined>(core, "watching", attempt, timeout ?? -1, "flush()", signal);
  core.wake();
  return pending.promise;
}
