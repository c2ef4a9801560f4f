// Contexts: the container of sockets, with their I/O threads. One default context serves all threads of the process.

import { baseClass, expectIdentifier, expectOptions, guardMethods, shown } from "../arguments/checks.js";
import { type CloseOptions, lingerOf } from "../arguments/close-options.js";
import { markClass } from "../arguments/copies.js";
import { check, errorOf, ZmqError } from "../binding/errors.js";
import { binding, type ContextToken, type Handle } from "../binding/index.js";
import { explainAssignment } from "../options/explain.js";
import { defineOptions, kinds, type Option, type OptionTarget, type Values } from "../options/kinds.js";
import { commonOptions, contextOptions } from "../options/table.js";

/** Releases contexts that nobody can reach any more; libzmq ends them once their sockets are closed. */
const abandoned = new FinalizationRegistry<Holder>((handle) => handle.release());

type ReadOnly = "maxSocketsLimit";
type OptionValues = Values<typeof contextOptions>;

/** Options that `new Context` takes. */
export interface ContextOptions extends Partial<Omit<OptionValues, ReadOnly>> {}

export interface Context extends Omit<OptionValues, ReadOnly>, Readonly<Pick<OptionValues, ReadOnly>> {}

/** An open socket of this thread, as its context sees it. */
interface OpenSocket {
  readonly handle: Handle;
  close(): void;
}

/** The contexts that this copy of the library has open, by token. */
const holders = new Map<ContextToken, Holder>();

/**
 * A context as the other rooms see it: its token, and its options. The thread holds one native reference to it, which
 * all its Context objects share: the first that is garbage-collected must not take it from the others.
 */
class Holder implements OptionTarget {
  closing: Promise<void> | undefined;
  #objects = 0;

  private constructor(readonly token: ContextToken) {}

  /** For one more object. The caller has got a native reference by creating or attaching. */
  static of(token: ContextToken): Holder {
    let handle = holders.get(token);
    if (handle === undefined) {
      handle = new Holder(token);
      holders.set(token, handle);
    }
    handle.#objects++;
    return handle;
  }

  /** For one object less. After a close there is nothing left to release. */
  release(): void {
    if (--this.#objects > 0 || this.closing !== undefined) return;
    holders.delete(this.token);
    binding.releaseContext(this.token);
  }

  close(linger: number | undefined): Promise<void> {
    if (this.closing !== undefined) return this.closing;
    const owners = binding.ownersOf(this.token) as OpenSocket[] | number;
    if (typeof owners === "number") throw new ZmqError(-owners);
    let resolve!: () => void;
    // Before anything is closed: what hears of a close may call this again.
    this.closing = new Promise((settle) => {
      resolve = settle;
    });
    for (const socket of owners) {
      // Without a check: a socket whose context ended elsewhere has no options, and is closed all the same.
      if (linger !== undefined) {
        binding.setOption(socket.handle, commonOptions.linger.id, kinds.int32.write(linger));
      }
      socket.close();
    }
    holders.delete(this.token);
    if (binding.closeContext(this.token) === 1) ending.set(this.token, resolve);
    else resolve();
    return this.closing;
  }

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

let holderOf: (context: Context) => Holder;

/** @internal The token for opening a socket. Throws `EFAULT` once the context is being closed. */
export function openToken(context: Context): ContextToken {
  const { token, closing } = holderOf(context);
  if (closing !== undefined) throw errorOf("EFAULT");
  return token;
}

/** Who waits for which context to end. */
const ending = new Map<ContextToken, () => void>();
check(
  binding.onNotice((token) => {
    ending.get(token)?.();
    ending.delete(token);
  }),
);
/** Passes a new context's token on, or throws. */
function created(result: number): ContextToken {
  if (result >= 0) return result;
  const error = new ZmqError(-result);
  if (error.code !== "EMFILE") throw error;
  throw error.explain(
    "the process has no file descriptors left: close contexts and sockets, or raise `ulimit -n`",
  );
}

let attaching: ContextToken | undefined;

/**
 * A libzmq context: I/O threads and the sockets that use them. Sockets of one context, and only they, reach each
 * other over `inproc://`. A context ends when nobody refers to it or to its sockets, or with the process.
 *
 * @throws ZmqError `EMFILE` when the process has no descriptors left. `zmq_ctx_new`
 */
@baseClass({ most: 1 })
export class Context implements AsyncDisposable {
  readonly #holder: Holder;

  static {
    markClass(Context.prototype, "Context");
    holderOf = (context) => context.#holder;
  }

  constructor(options: ContextOptions = {}) {
    expectOptions(options);
    this.#holder = Holder.of(attaching ?? created(binding.createContext()));
    Object.seal(this);
    try {
      Object.assign(this, options);
    } catch (error) {
      this.#holder.release();
      throw explainAssignment(error, this, options);
    }
    abandoned.register(this, this.#holder);
  }

  /**
   * A context that another thread made, by the `token` that it passed on, for instance through `workerData`. The
   * context lives until the last thread is done with it.
   *
   * @throws ZmqError `EFAULT` when no thread has a context by this token open.
   */
  static attach(token: number): Context {
    if (!Number.isInteger(token)) {
      throw new TypeError(`A context's token is a whole number, got ${shown(token)}`);
    }
    // Native code would take it modulo 2^32.
    if ((token | 0) !== token) throw errorOf("EFAULT");
    return take(check(binding.attachContext(token)));
  }

  /** Stands for this context in other threads, see {@link Context.attach}. */
  get token(): number {
    return this.#holder.token;
  }

  /**
   * Closes this thread's sockets of the context, then gives the context up: any further use of it fails with `EFAULT`,
   * also through other objects that {@link Context.attach} made of it in this thread. Resolves when libzmq has ended
   * the context, that is when what the sockets had queued has been sent or their linger has run out; at once if another
   * thread still holds the context. `zmq_ctx_term`
   *
   * @param options `linger`: milliseconds, for all those sockets; 0 drops what is queued, -1 waits for ever. Default:
   * each socket's own, which waits for ever unless set.
   * @throws TypeError for a `linger` that is no whole number from -1 to 2,147,483,647. Nothing is closed then.
   */
  close(options?: CloseOptions): Promise<void> {
    const linger = lingerOf(options);
    return this.#holder.close(linger);
  }

  /** As {@link Context.close}, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Reads an option by its number. `zmq_ctx_get` */
  protected getBoolOption(option: number): boolean {
    return this.#holder.getOption({ id: option, kind: kinds.boolean });
  }

  /** Sets an option by its number. `zmq_ctx_set` */
  protected setBoolOption(option: number, value: boolean): void {
    this.#holder.setOption({ id: option, kind: kinds.boolean }, value);
  }

  /** Reads an option by its number. `zmq_ctx_get` */
  protected getInt32Option(option: number): number {
    return this.#holder.getOption({ id: option, kind: kinds.int32 });
  }

  /** Sets an option by its number. `zmq_ctx_set` */
  protected setInt32Option(option: number, value: number): void {
    this.#holder.setOption({ id: option, kind: kinds.int32 }, value);
  }
}

defineOptions(Context.prototype, contextOptions, holderOf, "context");
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
