// Contexts: the container of sockets, with their I/O threads. One default context serves all threads of the process.

import { binding, type ContextToken } from "./binding.js";
import { check } from "./errors.js";
import { defineOptions, kinds, type Option, type OptionTarget, type Values } from "./option.js";
import { contextOptions } from "./options.js";

/** Releases contexts that nobody can reach any more; libzmq ends them once their sockets are closed. */
const abandoned = new FinalizationRegistry<ContextToken>((token) => binding.releaseContext(token));

type ReadOnly = "maxSocketsLimit";
type OptionValues = Values<typeof contextOptions>;

/** Options that `new Context` takes. */
export type ContextOptions = Partial<Omit<OptionValues, ReadOnly>>;

export interface Context extends Omit<OptionValues, ReadOnly>, Readonly<Pick<OptionValues, ReadOnly>> {}

/** A context as the other rooms see it: its token, and its options. */
class Handle implements OptionTarget {
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
let attaching: ContextToken | undefined;

/**
 * A libzmq context: I/O threads and the sockets that use them. Sockets of one context, and only they, reach each
 * other over `inproc://`. A context ends when nobody refers to it or to its sockets, or with the process.
 *
 * @throws ZmqError `EMFILE` when the process has no descriptors left. `zmq_ctx_new`
 */
export class Context {
  readonly #handle: Handle;

  static {
    handleOf = (context) => context.#handle;
  }

  constructor(options: ContextOptions = {}) {
    if (typeof options !== "object" || options === null) throw new TypeError("Options must be an object");
    this.#handle = new Handle(attaching ?? check(binding.createContext()));
    Object.seal(this);
    try {
      Object.assign(this, options);
    } catch (error) {
      binding.releaseContext(this.#handle.token);
      throw error;
    }
    abandoned.register(this, this.#handle.token);
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
