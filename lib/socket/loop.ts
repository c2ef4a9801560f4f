// The iterators of a socket: `for await`, `batches` and `messagesWithMetadata`.

import type { PlainOptions } from "../arguments/operation-options.js";
import { afterOthers, failSoon, soon } from "../core/fairness.js";
import type { Core } from "../core/open-socket.js";
import { type Attempt, wouldBlock } from "../core/pending.js";
import { traced } from "../diagnostics/channels.js";
import { type ReceiveCall, traceReceive } from "./tracing.js";

/**
 * The iterator of `for await` over a socket, of `batches` and of `messagesWithMetadata`. Leaving the loop, or calling
 * `return`, keeps the socket open and usable.
 *
 * @example
 * ```ts
 * import { Pair } from "zmq-native";
 *
 * const [left, right] = [new Pair(), new Pair()];
 * await left.bind("inproc://iterator");
 * right.connect("inproc://iterator");
 * await left.send("hello");
 * const iterator = right.batches();
 * const { value } = await iterator.next();
 * console.log(value!.length); // 1
 * await iterator.return();
 * ```
 */
export interface SocketIterator<T> extends AsyncIterator<T, undefined> {
  /**
   * Resolves with the next value, or with `done: true` once the socket is closed or `return` was called.
   *
   * @throws ZmqError (rejects) with the codes of `receive`: `EAGAIN` after the timeout, `EBUSY`, `EFSM`, `EMSGSIZE`,
   * `ENOMEM`.
   * @throws The reason of `signal` (rejects) when it is aborted.
   */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Ends the iteration. A pending `next` is not affected. Never throws. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** Returns the iterator itself, so that `for await` accepts it. Never throws. */
  [Symbol.asyncIterator](): SocketIterator<T>;
}

/** The name of a loop's operation in errors. */
const loopCall = "a loop (for await)";

const finished = Object.freeze({ done: true }) as IteratorReturnResult<undefined>;

/** The argument of a `next` that is reported already. */
const untraced = Symbol("untraced");

/** The part of a receiver that a loop uses. */
interface Operating {
  /** False if other receives have to precede the next one. Throws if the socket cannot be used. */
  ready(): boolean;
  operate<T>(attempt: Attempt<T>, options: PlainOptions, call: string, whenClosed?: T): Promise<T>;
}

/** @internal Implements `for await` over a socket. */
export class Loop<T> implements SocketIterator<T> {
  readonly #operation: ReceiveCall;
  readonly #receiver: Operating;
  readonly #core: Core;
  readonly #attempt: Attempt<IteratorResult<T, undefined>>;
  readonly #options: PlainOptions;
  readonly #fetched: (() => T | undefined) | undefined;
  #ended = false;

  /** `fetched` returns the next prefetched message, if any. */
  constructor(
    operation: ReceiveCall,
    receiver: Operating,
    core: Core,
    attempt: Attempt<T>,
    options: PlainOptions,
    fetched?: () => T | undefined,
  ) {
    this.#operation = operation;
    this.#receiver = receiver;
    this.#core = core;
    this.#options = options;
    this.#fetched = fetched;
    this.#attempt = () => {
      const value = attempt();
      return value === wouldBlock ? wouldBlock : { value, done: false };
    };
  }

  next(call?: typeof untraced): Promise<IteratorResult<T, undefined>> {
    if (traced.receive && call !== untraced) return this.#tracedNext();
    const core = this.#core;
    const { signal } = this.#options;
    // Read first: a signal that is not Node's own runs user code.
    const aborted = signal?.aborted;
    if (this.#ended || core.handle === 0) return afterOthers(finished, core.orders.receiving);
    try {
      // Receives that wait in a queue come first.
      const value = core.receiving === undefined ? this.#fetched?.() : undefined;
      if (value !== undefined) return soon({ value, done: false }, core.orders.receiving);
    } catch (error) {
      return failSoon(error, core.orders.receiving);
    }
    return this.#receive(aborted);
  }

  /** Separate from `next`, so that `next` is small enough for V8 to inline. */
  #receive(aborted: boolean | undefined): Promise<IteratorResult<T, undefined>> {
    const core = this.#core;
    if (aborted) return Promise.reject(this.#options.signal?.reason);
    if (core.ends) return afterOthers(finished, core.orders.receiving);
    if (core.receiving !== undefined || core.blocked) {
      try {
        this.#receiver.ready();
      } catch (error) {
        return failSoon(error, core.orders.receiving);
      }
    }
    return this.#receiver.operate<IteratorResult<T, undefined>>(
      this.#attempt,
      this.#options,
      loopCall,
      finished,
    );
  }

  #tracedNext(): Promise<IteratorResult<T, undefined>> {
    return traceReceive(this.#core, this.#operation, () => this.next(untraced));
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#ended = true;
    return Promise.resolve(finished);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
