// Waiting until all messages have been handed to the network.

import { type OperationOptions, operationOptions } from "../arguments/operation-options.js";
import { check } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import type { Core } from "../core/open-socket.js";
import { Pending, wouldBlock } from "../core/pending.js";
import { busyWatching } from "../core/state-errors.js";

/** @internal */
export function flush(core: Core, options?: OperationOptions): Promise<void> {
  const { timeout, signal, aborted } = operationOptions(options);
  core.usable();
  // The watcher of requestPipeStats has no call: it is replaced instead.
  if (core.watching?.call !== undefined) throw busyWatching(core);
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
