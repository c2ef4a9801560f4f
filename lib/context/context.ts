// Contexts: I/O threads and the sockets that use them. One default context serves all threads of the process.

import {
  anyArity,
  baseClass,
  expectIdentifier,
  expectOptions,
  guardMethods,
  shown,
} from "../arguments/checks.js";
import { type CloseOptions, lingerOf } from "../arguments/close-options.js";
import { markClass } from "../arguments/copies.js";
import { check, errorOf, ZmqError } from "../binding/errors.js";
import { binding, type ContextToken, type Handle } from "../binding/index.js";
import { onContextEnd } from "../binding/notices.js";
import { explainAssignment } from "../options/explain.js";
import { defineOptions, kinds, type Option, type OptionTarget, type Values } from "../options/kinds.js";
import { commonOptions, contextOptions } from "../options/table.js";

/** Releases contexts that were garbage-collected. libzmq ends them once their sockets are closed. */
const abandoned = new FinalizationRegistry<Holder>((handle) => handle.release());

type ReadOnly = "maxSocketsLimit";
type OptionValues = Values<typeof contextOptions>;

/** Options of `new Context`: all writable properties of a context. */
export interface ContextOptions extends Partial<Omit<OptionValues, ReadOnly>> {}

export interface Context extends Omit<OptionValues, ReadOnly>, Readonly<Pick<OptionValues, ReadOnly>> {}

/** The part of an open socket of this thread that its context uses. */
interface OpenSocket {
  readonly handle: Handle;
  close(): void;
}

/** The contexts that this copy of the library has open, by token. */
const holders = new Map<ContextToken, Holder>();

/**
 * The token and the options of a context. All Context objects of one context in this thread share a holder and its one
 * native reference: the first object that is garbage-collected must not release it for the others.
 */
class Holder implements OptionTarget {
  closing: Promise<void> | undefined;
  #objects = 0;

  private constructor(readonly token: ContextToken) {}

  /** The holder for one more object. The caller owns a native reference, from creating or attaching. */
  static of(token: ContextToken): Holder {
    let handle = holders.get(token);
    if (handle === undefined) {
      handle = new Holder(token);
      holders.set(token, handle);
    }
    handle.#objects++;
    return handle;
  }

  /** Counts one object less. After a close there is nothing to release. */
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
    // Set before anything is closed: a listener that is called during the close may call `close` again.
    this.closing = new Promise((settle) => {
      resolve = settle;
    });
    for (const socket of owners) {
      // The result is not checked: if the context was ended elsewhere, options cannot be set. Close the socket anyway.
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
    // `kind.write` throws for a value of the wrong type. Contexts accept any value as an int.
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

/** @internal The contexts that this copy of the library has open in this thread. */
export const openContexts = (): ContextToken[] => [...holders.keys()];

/** Resolves the promises of `close` when a context has ended, by token. */
const ending = new Map<ContextToken, () => void>();
onContextEnd((token) => {
  ending.get(token)?.();
  ending.delete(token);
});
/** Returns the token of a new context, or throws. */
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
 * A context: I/O threads and the sockets that use them. Most programs need only the default one, {@link context}.
 *
 * Sockets reach each other over `inproc://` only within one context. A context ends when it and its sockets have been
 * garbage-collected, when all threads have closed it, or with the process. libzmq: `zmq_ctx_new`.
 *
 * @example
 * ```ts
 * import { Context, Pull } from "zmq-native";
 *
 * const context = new Context({ ioThreads: 2, maxSockets: 100 });
 * const pull = new Pull({ context });
 * await pull.bind("inproc://jobs-of-this-context");
 * await context.close({ linger: 0 });
 * console.log(pull.closed); // true
 * ```
 */
@baseClass({ most: 1 })
export class Context implements AsyncDisposable {
  readonly #holder: Holder;

  static {
    markClass(Context.prototype, "Context");
    const owns = (object: object) => #holder in object;
    guardMethods(Context.prototype, owns, ["close"], anyArity);
    guardMethods(Context.prototype, owns, ["getBoolOption", "getInt32Option"], { most: 1 }, expectIdentifier);
    guardMethods(Context.prototype, owns, ["setBoolOption", "setInt32Option"], { most: 2 }, expectIdentifier);
    holderOf = (context) => context.#holder;
  }

  /**
   * Creates a context. libzmq: `zmq_ctx_new`.
   *
   * @throws ZmqError `EMFILE`: the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
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
   * Returns the context that another thread created, by its `token`. Pass the token to a worker in `workerData`, for
   * example. The context lives until the last thread has released it.
   *
   * @throws ZmqError `EFAULT`: no thread has an open context with this token.
   * @throws TypeError: the token is not a whole number.
   *
   * @example
   * ```ts
   * import { Worker } from "node:worker_threads";
   * import { Context, Pull } from "zmq-native";
   *
   * const context = new Context();
   * const pull = new Pull({ context });
   * await pull.bind("inproc://results");
   * const program = `
   *   const { Context, Push } = require("zmq-native");
   *   const { workerData } = require("node:worker_threads");
   *   const push = new Push({ context: Context.attach(workerData) });
   *   push.connect("inproc://results");
   *   push.send("done");`;
   * new Worker(program, { eval: true, workerData: context.token });
   * console.log(String(await pull.receive())); // done
   * ```
   */
  static attach(token: number): Context {
    if (!Number.isInteger(token)) {
      throw new TypeError(`A context's token must be a whole number, got ${shown(token)}`);
    }
    // Native code would take it modulo 2^32.
    if ((token | 0) !== token) throw errorOf("EFAULT");
    return take(check(binding.attachContext(token)));
  }

  /** A number that identifies this context in other threads of the process: pass it to {@link Context.attach}. */
  get token(): number {
    return this.#holder.token;
  }

  /**
   * Closes all sockets that this thread has open in the context, then the context. Further use of it throws `EFAULT`, also
   * through other objects that {@link Context.attach} returned in this thread.
   *
   * The promise resolves when the queued messages of these sockets have been sent or their `linger` has expired. If another
   * thread still uses the context, it resolves at once. Closing twice is a no-op. libzmq: `zmq_ctx_term`.
   *
   * @param options `linger` in milliseconds, for all these sockets. Default: the `linger` of each socket.
   *
   * @throws TypeError (throws): `linger` is not a whole number from -1 to 2147483647. Nothing is closed.
   *
   * @example
   * ```ts
   * import { Context, Push } from "zmq-native";
   *
   * const context = new Context();
   * const push = new Push({ context });
   * push.connect("tcp://127.0.0.1:9");
   * await push.send("nobody will read this");
   * await context.close({ linger: 50 }); // waits for at most 50 milliseconds
   * console.log(push.closed); // true
   * ```
   */
  close(options?: CloseOptions): Promise<void> {
    const linger = lingerOf(options);
    return this.#holder.close(linger);
  }

  /** Closes the context at the end of an `await using` block, as `close()` does. Never throws. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Reads an option of the context as a boolean, by its number in zmq.h. For derived classes. libzmq: `zmq_ctx_get`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: `option` is not a number.
   */
  protected getBoolOption(option: number): boolean {
    return this.#holder.getOption({ id: option, kind: kinds.boolean });
  }

  /**
   * Sets an option of the context to a boolean, by its number in zmq.h. For derived classes. libzmq: `zmq_ctx_set`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or rejects the value.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: `option` is not a number, or `value` has the wrong type.
   */
  protected setBoolOption(option: number, value: boolean): void {
    this.#holder.setOption({ id: option, kind: kinds.boolean }, value);
  }

  /**
   * Reads an option of the context as a 32-bit integer, by its number in zmq.h. For derived classes. libzmq: `zmq_ctx_get`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: `option` is not a number.
   */
  protected getInt32Option(option: number): number {
    return this.#holder.getOption({ id: option, kind: kinds.int32 });
  }

  /**
   * Sets an option of the context to a 32-bit integer, by its number in zmq.h. For derived classes. libzmq: `zmq_ctx_set`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or rejects the value.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: `option` is not a number, or `value` has the wrong type.
   */
  protected setInt32Option(option: number, value: number): void {
    this.#holder.setOption({ id: option, kind: kinds.int32 }, value);
  }
}

defineOptions(Context.prototype, contextOptions, holderOf, "context");

/** Creates a Context for a token of which this thread owns a reference. */
function take(token: ContextToken): Context {
  attaching = token;
  try {
    return new Context();
  } finally {
    attaching = undefined;
  }
}

/** The default context, which all threads of the process share. */
export const context: Context = take(check(binding.defaultContext()));
