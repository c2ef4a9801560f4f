// Waiting until all messages have been handed to the network.

import { type OperationOptions, operationOptions } from "../arguments/operation-options.js";
import { check } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import type { Core } from "../core/open-socket.js";
import { Pending, wouldBlock } from "../core/pending.js";

/** @internal Of a socket. */
export function flush(core: Core, options?: OperationOptions): Promise<void> {
  return wait(core, options, () => {
    if (core.sendingMany || core.sending !== undefined) return false;
    return check(binding.unsent(core.handle, 0)) === 0;
  });
}

/** @internal Of the connection with that id, as long as `connected` returns true. */
export function flushPeer(
  core: Core,
  id: number,
  connected: () => boolean,
  options?: OperationOptions,
): Promise<void> {
  return wait(core, options, () => !connected() || check(binding.unsent(core.handle, id)) === 0);
}

/** `isDone` does not process libzmq's commands. Readiness does that before each attempt. */
function wait(core: Core, options: OperationOptions | undefined, isDone: () => boolean): Promise<void> {
  const { timeout, signal, aborted } = operationOptions(options);
  core.usable();
  if (aborted) return Promise.reject(signal!.reason);
  const attempt = () => (isDone() ? undefined : wouldBlock);
  const pending = new Pending<undefined>(core, "watching", attempt, timeout ?? -1, "flush()", signal);
  // Not `wake`, which would retry all others as well. A hook of async_hooks may have closed the socket.
  if (core.handle !== 0) {
    binding.events(core.handle);
    pending.retry();
    core.touched();
  }
  return pending.promise;
}
