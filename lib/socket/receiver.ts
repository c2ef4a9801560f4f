// Receiving: by message, by batch, or by loop. What a loop fetched ahead and nobody took, the next receive gets first.

import { constants } from "node:buffer";
import { shown } from "../arguments/checks.js";
import {
  type OperationOptions,
  operationOptions,
  type PlainOptions,
} from "../arguments/operation-options.js";
import { ZMQ_REP, ZMQ_REQ } from "../binding/constants.js";
import { errorOf, type ZmqError } from "../binding/errors.js";
import { nextTurn, turnIsOver } from "../core/fairness.js";
import type { Core, FetchedAhead } from "../core/open-socket.js";
import { type Attempt, Pending, wouldBlock } from "../core/pending.js";
import { busyReading, failureOf, isOutOfTurn } from "../core/state-errors.js";
import type { Message } from "../message/frames.js";
import { Intake, type Properties, receiveInto } from "../message/slab.js";
import { taggings } from "../message/tag.js";
import { conflateOptions, receiveOptions } from "../options/table.js";

/** What batches and `receiveMany` may be given. */
export interface BatchOptions extends OperationOptions {
  /** Messages in one batch at most. Default 256. */
  max?: number | undefined;
}

/** What `receiveWithMetadata` may be given. */
export interface MetadataOptions extends OperationOptions {
  /**
   * Names of the properties wanted: those of libzmq (the default: `Socket-Type`, `Peer-Address`, `User-Id`), `__fd`, what a ZAP handler answered, and the peer's own, which begin with `X-`.
   */
  properties?: readonly string[] | undefined;
}

/** A message and what libzmq knows of it; over inproc, nothing. */
export interface Received<M = Message[]> {
  /** Its frames, as `receive` gives them. */
  message: M;
  /** By property; without those that the message does not have. */
  metadata: Record<string, string>;
}

/** What a loop over a socket works with. Leaving the loop, or calling `return`, leaves the socket open and usable. */
export interface SocketIterator<T> extends AsyncIterator<T, undefined> {
  /** The next one, or `done` when the socket is closed; rejects as `receive` does. */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Ends the loop. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** Itself, so that it can be looped over. */
  [Symbol.asyncIterator](): SocketIterator<T>;
}

const usualProperties = ["Socket-Type", "Peer-Address", "User-Id"];

const defaultBatch = 256;
/** Messages a loop fetches ahead at most, so that one crossing serves several. */
const mostAhead = 32;
/** …but no more than this part of the high-water mark: what is fetched ahead no longer counts towards it. */
const highWaterShare = 16;

/** Stands in the place of a message that was taken, which may then be collected. */
const taken: Message[] = [];

/** The name of a loop's operation in errors. */
const loopCall = "a loop (for await)";

const finished = Object.freeze({ done: true }) as IteratorReturnResult<undefined>;

function batchSize(max: unknown): number {
  if (max === undefined) return defaultBatch;
  if (typeof max !== "number" || !Number.isInteger(max) || max < 1) {
    throw new TypeError(`max must be a whole number above 0, got ${shown(max)}`);
  }
  return Math.min(max, 2 ** 31 - 1);
}

/** A plain array of names, read once: native code goes through it while it holds the socket. */
function namesOf(options: MetadataOptions | undefined): string[] {
  const names = options?.properties ?? usualProperties;
  const read = Array.isArray(names) ? Array.from<unknown>(names) : [undefined];
  if (!read.every((name) => typeof name === "string")) {
    throw new TypeError(`properties must be an array of names, got ${shown(names)}`);
  }
  return read;
}

/** @internal */
export class Receiver implements FetchedAhead {
  readonly #core: Core;
  /** Makes of frames what a user gets, where that is anything else. */
  readonly #shape: ((frames: Message[]) => unknown) | undefined;
  /** Fetched ahead by a loop: those from `#head` to before `#tail` wait to be taken. */
  readonly #ahead: Message[][] = [];
  #head = 0;
  #tail = 0;
  readonly #intake = new Intake();
  /** Properties of a message that is here in part. */
  #begun: Properties | undefined;

  constructor(core: Core) {
    this.#core = core;
    core.ahead = this;
    this.#shape = taggings.get(core.type)?.fromFrames;
  }

  /** Messages are here that libzmq no longer counts. */
  get holdsMessages(): boolean {
    return this.#head < this.#tail;
  }

  /** Takes what a loop fetched ahead, in order: for whoever else is to have the socket's messages from now on. */
  takeAhead(): Message[][] {
    // The rest of a message that is here in part. First, since it may throw.
    const last: Message[][] = [];
    if (this.#intake.partial !== undefined) {
      this.#take(last, 0, 1, undefined, true);
      this.#core.touched();
    }
    const messages: Message[][] = [];
    for (let message = this.#fetched(); message !== undefined; message = this.#fetched()) {
      messages.push(message);
    }
    this.#ahead.length = this.#head = this.#tail = 0;
    return messages.concat(last);
  }

  /** Undoes `takeAhead`. */
  putAhead(messages: readonly Message[][]): void {
    this.#ahead.unshift(...messages);
    this.#tail += messages.length;
  }

  receive(options?: OperationOptions): Promise<Message[]> {
    return this.#operate(this.#one, operationOptions(options), "receive()");
  }

  receiveMany(options?: BatchOptions): Promise<Message[][]> {
    const plain = operationOptions(options);
    const max = batchSize(options?.max);
    return this.#operate(() => this.#batch(max), plain, "receiveMany()");
  }

  receiveWithMetadata(options?: MetadataOptions): Promise<Received> {
    const plain = operationOptions(options);
    const names = namesOf(options);
    return this.#operate(() => this.#oneWithMetadata(names), plain, "receiveWithMetadata()");
  }

  messagesWithMetadata(options?: MetadataOptions): SocketIterator<Received> {
    const plain = operationOptions(options);
    const names = namesOf(options);
    return new Loop(this, this.#core, () => this.#oneWithMetadata(names), plain);
  }

  tryReceive(): Message[] | undefined {
    this.#ready();
    const message = this.#one(1, true);
    this.#core.touched(this.#core.emptied);
    return message === wouldBlock ? undefined : message;
  }

  /** The iterator of `for await`: one message at a time, ends when the socket is closed. */
  messages(): SocketIterator<Message[]> {
    let most = 0;
    const attempt = () => {
      // Not before the first message is wanted: options may still be set between.
      if (most === 0) most = this.#mayFetchAhead();
      return this.#one(most);
    };
    return new Loop(this, this.#core, attempt, operationOptions(undefined), () => this.#fetched());
  }

  /** As `messages`, but all that is ready at once, up to `max`. */
  batches(options?: BatchOptions): SocketIterator<Message[][]> {
    const plain = operationOptions(options);
    const max = batchSize(options?.max);
    return new Loop(this, this.#core, () => this.#batch(max), plain);
  }

  #ready(): void {
    this.#core.usable();
    if (this.#core.receiving !== undefined) throw busyReading(this.#core);
  }

  #operate<T>(attempt: Attempt<T>, options: PlainOptions, call: string): Promise<T> {
    this.#ready();
    if (options.aborted) return Promise.reject(options.signal?.reason);
    return this.operate(attempt, options, call);
  }

  /** Tries at once, unless it is known that nothing is there; then waits. */
  operate<T>(attempt: Attempt<T>, options: PlainOptions, call: string, whenClosed?: T): Promise<T> {
    const core = this.#core;
    try {
      const timeout = options.timeout ?? core.timeoutOf("receiving");
      if (!core.emptied || this.holdsMessages || timeout === 0) {
        const result = attempt();
        core.touched(core.emptied);
        if (result !== wouldBlock) return soon(result);
      }
      if (timeout === 0) return Promise.reject(errorOf("EAGAIN"));
      const pending = new Pending(core, "receiving", attempt, timeout, call, options.signal, whenClosed);
      // No wake-up will tell of frames that libzmq has already.
      if (this.#intake.partial !== undefined) core.touched();
      return pending.promise;
    } catch (error) {
      return this.#failed(error, attempt, options, call, whenClosed);
    }
  }

  /** The first attempt failed. Request and Reply wait for their turn, which a send of the program's brings. */
  #failed<T>(
    error: unknown,
    attempt: Attempt<T>,
    options: PlainOptions,
    call: string,
    whenClosed?: T,
  ): Promise<T> {
    const core = this.#core;
    if (!isOutOfTurn(error)) return Promise.reject(error);
    const timeout = options.timeout ?? core.timeoutOf("receiving");
    if (timeout === 0) return Promise.reject(error);
    return new Pending(core, "receiving", attempt, timeout, call, options.signal, whenClosed).promise;
  }

  /** A message that was fetched ahead. */
  #fetched(): Message[] | undefined {
    if (this.#head === this.#tail) return undefined;
    const { reserve } = this.#intake;
    if (reserve?.needed) reserve.restore(this.#ahead, this.#head);
    const message = this.#ahead[this.#head];
    this.#ahead[this.#head++] = taken;
    if (this.#head === this.#tail) reserve?.release();
    return message;
  }

  readonly #one = (most = 1, whole = false): Message[] | typeof wouldBlock => {
    if (this.#head < this.#tail) return this.#fetched() as Message[];
    this.#head = this.#tail = 0;
    const count = this.#take(this.#ahead, 0, most, undefined, whole);
    if (count === 0) return this.#nothingYet();
    // No code has run since that could have taken the memory of the first one.
    const message = this.#ahead[0]!;
    this.#ahead[0] = taken;
    this.#head = 1;
    this.#tail = count;
    if (this.#intake.partial !== undefined) this.#core.touched();
    return message;
  };

  /** The event loop has its turn before the rest of a message of very many frames, of which no wake-up will tell. */
  #nothingYet(): typeof wouldBlock {
    if (this.#intake.partial !== undefined) this.#core.touched();
    return wouldBlock;
  }

  #oneWithMetadata(names: string[]): Received | typeof wouldBlock {
    const ahead = this.#fetched();
    if (ahead !== undefined) return { message: ahead, metadata: {} };
    const messages: Message[][] = [];
    // Of a message that comes in parts, the first part has them.
    const properties = this.#begun ?? { names, values: Array.from(names, () => null) };
    if (this.#take(messages, 0, 1, properties) === 0) {
      this.#begun = this.#intake.partial === undefined ? undefined : properties;
      return this.#nothingYet();
    }
    const known = names.flatMap((name) => {
      const value = properties.values[properties.names.indexOf(name)];
      return value == null ? [] : [[name, value]];
    });
    return { message: messages[0]!, metadata: Object.fromEntries(known) };
  }

  /** Takes messages from libzmq, as `receiveInto` does. Throws what it answers as -errno. */
  #take(messages: Message[][], at: number, most: number, properties?: Properties, whole?: boolean): number {
    const core = this.#core;
    const intake = this.#intake;
    const ahead = messages === this.#ahead;
    const count = receiveInto(messages, at, core.handle, most, intake, properties, whole, ahead);
    core.emptied = intake.emptied;
    if (count !== 0) this.#begun = undefined;
    if (count < 0) {
      // A receive that fails has processed libzmq's commands as well, and may have taken a send's wake-up.
      core.touched();
      throw failed(core, count);
    }
    if (this.#shape !== undefined) {
      for (let index = at; index < at + count; index++) {
        messages[index] = this.#shape(messages[index]!) as Message[];
      }
    }
    return count;
  }

  #batch(max: number): Message[][] | typeof wouldBlock {
    const batch: Message[][] = [];
    for (let message: Message[] | undefined; batch.length < max; batch.push(message)) {
      message = this.#fetched();
      if (message === undefined) break;
    }
    if (batch.length < max) {
      // Messages that are here already come before an error, which the next receive then meets again.
      if (batch.length === 0) this.#take(batch, 0, max);
      else this.#takeMore(batch, max);
    }
    if (batch.length === 0) return this.#nothingYet();
    if (this.#intake.partial !== undefined) this.#core.touched();
    return batch;
  }

  /** Adds to a batch that is not empty what is there, and leaves an error for the next receive. */
  #takeMore(batch: Message[][], max: number): void {
    try {
      this.#take(batch, batch.length, max - batch.length);
    } catch (error) {
      this.#intake.failure = error as object;
    }
  }

  /** Messages that a loop may hold: few in proportion to the high-water mark, none where the order of work forbids. */
  #mayFetchAhead(): number {
    const core = this.#core;
    if (core.type === ZMQ_REP || core.type === ZMQ_REQ || core.getOption(conflateOptions.conflate)) return 1;
    // The reserve of what is fetched ahead knows frames as libzmq has them.
    if (this.#shape !== undefined) return 1;
    const highWaterMark = core.getOption(receiveOptions.receiveHighWaterMark);
    if (highWaterMark === 0) return mostAhead;
    return Math.max(1, Math.min(mostAhead, Math.floor(highWaterMark / highWaterShare)));
  }
}

function failed(core: Core, result: number): ZmqError {
  const error = failureOf(core, "receiving", result);
  return error.code === "EMSGSIZE"
    ? error.explain(
        `a received frame is longer than a Buffer can be here (buffer.constants.MAX_LENGTH, ${constants.MAX_LENGTH} bytes) and was dropped: set maxMessageSize to refuse such messages`,
      )
    : error;
}

/** Resolves at once, or in the next turn if this one has lasted long enough. */
function soon<T>(result: T): Promise<T> {
  return turnIsOver() ? inNextTurn(result) : Promise.resolve(result);
}

function inNextTurn<T>(result: T): Promise<T> {
  return nextTurn().then(() => result);
}

/** An endless loop over a socket; breaking out of it leaves the socket open and usable. */
class Loop<T> implements SocketIterator<T> {
  readonly #receiver: Receiver;
  readonly #core: Core;
  readonly #attempt: Attempt<IteratorResult<T, undefined>>;
  readonly #options: PlainOptions;
  readonly #fetched: (() => T | undefined) | undefined;
  #ended = false;

  /** `fetched` answers what is here already, for which libzmq need not be asked. */
  constructor(
    receiver: Receiver,
    core: Core,
    attempt: Attempt<T>,
    options: PlainOptions,
    fetched?: () => T | undefined,
  ) {
    this.#receiver = receiver;
    this.#core = core;
    this.#options = options;
    this.#fetched = fetched;
    this.#attempt = () => {
      const value = attempt();
      return value === wouldBlock ? wouldBlock : { value, done: false };
    };
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const core = this.#core;
    const { signal } = this.#options;
    // First: a signal that is not Node's own runs code of the user's.
    const aborted = signal?.aborted;
    if (this.#ended || core.handle === 0) return Promise.resolve(finished);
    try {
      const value = this.#fetched?.();
      if (value !== undefined) return soon({ value, done: false });
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#receive(aborted);
  }

  /** Apart from `next`, which is small enough to be inlined. */
  #receive(aborted: boolean | undefined): Promise<IteratorResult<T, undefined>> {
    const core = this.#core;
    if (aborted) return Promise.reject(this.#options.signal?.reason);
    if (core.receiving !== undefined) return Promise.reject(busyReading(core));
    if (core.blocked) {
      try {
        core.usable();
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return this.#receiver.operate<IteratorResult<T, undefined>>(
      this.#attempt,
      this.#options,
      loopCall,
      finished,
    );
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#ended = true;
    return Promise.resolve(finished);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
