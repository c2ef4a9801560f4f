// What all parts of an open socket share: its handle, whether it may be used now, its options, who waits for it.

import { binding } from "./binding.js";
import { ZMQ_IN_BATCH_SIZE, ZMQ_OUT_BATCH_SIZE } from "./constants.js";
import type { Context } from "./context.js";
import { check, errorOf } from "./errors.js";
import { kinds, type Option, type OptionTarget } from "./option.js";
import { liveOptions } from "./options.js";
import { Readiness } from "./readiness.js";

/**
 * Bytes that libzmq reads or writes at once at most, above its own 8 KiB: up to 40 % more messages of 1 KiB
 * (docs/performance.md), for that much more memory in a connection that is busy. `ZMQ_IN_BATCH_SIZE`, `ZMQ_OUT_BATCH_SIZE`
 */
const batchBytes = 32 * 1024;

/** Closes the handles of sockets that nobody can reach any more. */
const abandoned = new FinalizationRegistry<number>((handle) => binding.closeSocket(handle));

export class Core extends Readiness implements OptionTarget {
  readonly type: number;
  /** Undefined once closed. While the socket is open its context must not be collected. */
  context: Context | undefined;
  /** A bind or unbind is under way. */
  blocked = false;
  /** Binds and connects so far, less what was undone. */
  endpoints = 0;

  constructor(context: Context, type: number) {
    super(check(binding.openSocket(context.token, type)));
    this.context = context;
    this.type = type;
    abandoned.register(this, this.handle, this);
    for (const option of [ZMQ_IN_BATCH_SIZE, ZMQ_OUT_BATCH_SIZE]) {
      // A libzmq without drafts has no such option, and does without.
      binding.setOption(this.handle, option, kinds.int32.write(batchBytes));
    }
  }

  /** Throws unless the socket is open and no bind or unbind is under way. */
  usable(): void {
    if (this.handle === 0) throw errorOf("EBADF");
    if (this.blocked) throw errorOf("EBUSY", "Socket is blocked by a bind or unbind operation");
  }

  getOption<T>({ id, kind }: Pick<Option<T>, "id" | "kind">): T {
    const length = check(binding.getOption(this.handle, id, kind.area));
    this.touched();
    return kind.read(length);
  }

  setOption<T>({ id, kind }: Pick<Option<T>, "id" | "kind">, value: unknown): void {
    const bytes = kind.write(value);
    check(binding.setOption(this.handle, id, bytes));
    this.touched();
    if ((this.endpoints > 0 || this.blocked) && !liveOptions.has(id)) {
      process.emitWarning("Socket option will not take effect until next connect/bind.");
    }
  }

  close(): void {
    abandoned.unregister(this);
    binding.closeSocket(this.handle);
    this.handle = 0;
    this.context = undefined;
  }
}
