// Buffers whose memory a message can take over without a copy.

import { constants } from "node:buffer";
import { shown } from "../arguments/checks.js";
import { check } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import { hasExternalMemory } from "../runtime/features.js";

/** Below, copying takes less time than creating a Buffer over memory of the addon. Also the least that native code accepts. */
const least = 64 * 1024;

/**
 * Creates a Buffer for `send(buffer, { transfer: true })`, which sends it without a copy.
 *
 * The memory belongs to this library, which reuses that of earlier messages. It is not cleared, like that of
 * `Buffer.allocUnsafe`: write every byte before you send it. Send the whole Buffer, since a part of it is copied. A
 * Buffer that is not sent is garbage-collected.
 *
 * Below 64 KiB, and where the runtime does not support external memory (Electron, Deno), the memory is that of the
 * runtime. `transfer` then copies and detaches it.
 *
 * @param size The length in bytes: a whole number from 0 to `buffer.constants.MAX_LENGTH`.
 *
 * @throws TypeError: `size` is not a whole number in this range.
 * @throws ZmqError `ENOMEM`: there is no memory.
 *
 * @example
 * ```ts
 * import { allocate, Pull, Push } from "zmq-native";
 *
 * const push = new Push();
 * const pull = new Pull();
 * await pull.bind("tcp://127.0.0.1:*");
 * push.connect(pull.lastEndpoint!);
 * const samples = allocate(8 * 100_000);
 * for (let index = 0; index < 100_000; index++) samples.writeDoubleLE(Math.sqrt(index), 8 * index);
 * await push.send(samples, { transfer: true });
 * const [received] = await pull.receive();
 * console.log(samples.length, received.readDoubleLE(8 * 9)); // 0 3
 * ```
 */
export function allocate(size: number): Buffer {
  if (!(Number.isInteger(size) && size >= 0 && size <= constants.MAX_LENGTH)) {
    throw new TypeError(`size must be a whole number from 0 to ${constants.MAX_LENGTH}, got ${shown(size)}`);
  }
  const made = size >= least && hasExternalMemory ? binding.allocate(size) : 0;
  if (typeof made !== "number") return made;
  check(made);
  // Not `allocUnsafe`, whose small Buffers are parts of Node's pool.
  return Buffer.allocUnsafeSlow(size);
}
