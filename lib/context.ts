// Contexts: the container of sockets, with their I/O threads. One default context serves all threads of the process.

import { baseClass, expectIdentifier, expectOptions, guardMethods } from "./arguments.js";
import { binding, type ContextToken } from "./binding.js";
import { markClass } from "./copies.js";
import type { Core } from "./core.js";
import { check } from "./errors.js";
import { defineOptions, kinds, type Option, type OptionTarget, type Values } from "./option.js";
import { commonOptions, contextOptions } from "./options.js";

/** Releases contexts that nobody can reach any more; libzmq ends them once their sockets are closed. */
const abandoned = new FinalizationRegistry<ContextToken>((token) => binding.releaseContext(token));

type ReadOnly = "maxSocketsLimit";
type OptionValues = Values<typeof contextOptions>;

/** Options that `new Context` takes. */
export interface ContextOptions extends Partial<Omit<OptionValues, ReadOnly>> {}

export interface Context extends Omit<OptionValues, ReadOnly>, Readonly<Pick<OptionValues, ReadOnly>> {}

/** A context as the other rooms see it: its token, and its options. */
class Handle implements OptionTarget {
  closing: Promise<void> | undefined;

  constructor(readonly token: ContextToken) {}

  getOption<T>({ id, kind }: Pick<Option<T>, "id" | "kind">): T {
    const value = check(binding.getContextOption(this.token, id));
    return (kind === kinds.boolean ? value !== 0 : value) as T;
  }

  setOption<T>({ id, kind }: Pick<Option<T>, "id" | "kind">, value: unknown): void {
    // The kind refuses values of another type; contexts then take any value as an int.
    kind.write(value);
    check(binding.setContextOption(this.token, id, Number(value) | 0));
  }
}

let handleOf: (context: Context) => Handle;

/** Who waits for which context to end. */
const ending = new Map<ContextToken, () => void>();
binding.onNotice((token) => {
  ending.get(token)?.();
  ending.delete(token);
});
let attaching: ContextToken | undefined;

/**
 * A libzmq context: I/O threads and the sockets that use them. Sockets of one context, and only they, reach each
 * other over `inproc://`. A context ends when nobody refers to it or to its sockets, or with the process.
 *
 * @throws ZmqError `EMFILE` when the process has no descriptors left. `zmq_ctx_new`
 */
@baseClass({ most: 1 })
export class Context implements AsyncDisposable {
  readonly #handle: Handle;

  static {
    markClass(Context.prototype, "Context");
    handleOf = (context) => context.#handle;
  }

  constructor(options: ContextOptions = {}) {
    expectOptions(options);
    this.#handle = new Handle(attaching ?? check(binding.createContext()));
    Object.seal(this);
    try {
      Object.assign(this, options);
    } catch (error) {
      binding.releaseContext(this.#handle.token);
      throw error;
    }
    abandoned.register(this, this.#handle.token, this);
  }

  /**
   * A context that another thread made, by the `token` that it passed on, for instance through `workerData`. The
   * context lives until the last thread is done with it.
   *
   * @throws ZmqError `EFAULT` when no thread has a context by this token open.
   */
  static attach(token: number): Context {
    if (!Number.isInteger(token))
      throw new TypeError(`A context's token is a whole number, got ${String(token)}`);
    return take(check(binding.attachContext(token)));
  }

  /** Stands for this context in other threads, see {@link Context.attach}. */
  get token(): number {
    return this.#handle.token;
  }

  /**
   * Closes this thread's sockets of the context, then gives the context up: any further use of it fails with `EFAULT`.
   * Resolves when libzmq has ended the context, that is when what the sockets had queued has been sent or their linger
   * has run out; at once if another thread still holds the context. `zmq_ctx_term`
   *
   * @param options `linger`: milliseconds, for all those sockets; 0 drops what is queued. Default: each socket's own,
   * which waits for ever unless set.
   */
  close(options: { linger?: number | undefined } = {}): Promise<void> {
    const handle = this.#handle;
    handle.closing ??= new Promise((resolve) => {
      for (const core of binding.ownersOf(handle.token) as Core[]) {
        if (options.linger !== undefined) core.setOption(commonOptions.linger, options.linger);
        core.close();
      }
      abandoned.unregister(this);
      if (binding.closeContext(handle.token) === 1) ending.set(handle.token, resolve);
      else resolve();
    });
    return handle.closing;
  }

  /** As {@link Context.close}, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Reads an option by its number. `zmq_ctx_get` */
  protected getBoolOption(option: number): boolean {
    return this.#handle.getOption({ id: option, kind: kinds.boolean });
  }

  /** Sets an option by its number. `zmq_ctx_set` */
  protected setBoolOption(option: number, value: boolean): void {
    this.#handle.setOption({ id: option, kind: kinds.boolean }, value);
  }

  /** Reads an option by its number. `zmq_ctx_get` */
  protected getInt32Option(option: number): number {
    return this.#handle.getOption({ id: option, kind: kinds.int32 });
  }

  /** Sets an option by its number. `zmq_ctx_set` */
  protected setInt32Option(option: number, value: number): void {
    this.#handle.setOption({ id: option, kind: kinds.int32 }, value);
  }
}

defineOptions(Context.prototype, contextOptions, handleOf);
guardMethods(Context.prototype, ["getBoolOption", "getInt32Option"], { most: 1 }, expectIdentifier);
guardMethods(Context.prototype, ["setBoolOption", "setInt32Option"], { most: 2 }, expectIdentifier);

/** A Context for a token that this thread holds a reference to already. */
function take(token: ContextToken): Context {
  attaching = token;
  try {
    return new Context();
  } finally {
    attaching = undefined;
  }
}

/** The context of all sockets that are given no other, in every thread of the process. */
export const context: Context = take(check(binding.defaultContext()));
