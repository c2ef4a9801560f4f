// Receiving by message, batch or loop. A loop prefetches messages; those it has not delivered go to the next receive.

import { constants } from "node:buffer";
import { shown } from "../arguments/checks.js";
import {
  type OperationOptions,
  operationOptions,
  type PlainOptions,
} from "../arguments/operation-options.js";
import type { QueueSettings } from "../arguments/queue-options.js";
import { ZMQ_REP, ZMQ_REQ } from "../binding/constants.js";
import { errorOf, type ZmqError } from "../binding/errors.js";
import { failSoon, soon } from "../core/fairness.js";
import type { Core, FetchedAhead, Queueing } from "../core/open-socket.js";
import { OperationQueue } from "../core/operation-queue.js";
import { type Attempt, Pending, wouldBlock } from "../core/pending.js";
import { busyReading, failureOf, isOutOfTurn } from "../core/state-errors.js";
import type { Message } from "../message/frames.js";
import { Intake, type Properties, receiveInto, receiveOne } from "../message/slab.js";
import { taggings } from "../message/tag.js";
import { conflateOptions, receiveOptions } from "../options/table.js";
import { Loop, type SocketIterator } from "./loop.js";
import { traceReceive, traceTryReceive } from "./tracing.js";

/** Options of `batches` and `receiveMany`. */
export interface BatchOptions extends OperationOptions {
  /**
   * The largest number of messages in a batch. Default 256. A batch ends earlier after 32 KiB of frames of up to 8 KiB, or
   * after 1 MiB of longer frames.
   *
   * @throws TypeError: the value is not a whole number above 0.
   */
  max?: number | undefined;
}

/** Options of `receiveWithMetadata` and `messagesWithMetadata`. */
export interface MetadataOptions extends OperationOptions {
  /**
   * The names of the properties to read: those of libzmq, `__fd` (the connection's file descriptor), those that a ZAP
   * handler returned, and those that the peer set, which begin with `X-`.
   *
   * Default `["Socket-Type", "Peer-Address", "User-Id"]`.
   *
   * @throws TypeError: the value is not an array of strings.
   */
  properties?: readonly string[] | undefined;
}

/** A message with its metadata. Over inproc, libzmq has no metadata. */
export interface Received<M = Message[]> {
  /** The frames, as `receive` returns them. */
  message: M;
  /** The values by property name. Properties that the message does not have are missing. */
  metadata: Record<string, string>;
}

const usualProperties = ["Socket-Type", "Peer-Address", "User-Id"];

const defaultBatch = 256;
/** The most messages that a loop prefetches: one native call then serves several iterations. */
const mostAhead = 32;
/** A loop prefetches at most this fraction of the high-water mark, since libzmq no longer counts prefetched messages. */
const highWaterShare = 16;

/** Replaces a delivered message, so that the message can be garbage-collected. */
const taken: Message[] = [];

function batchSize(max: unknown): number {
  if (max === undefined) return defaultBatch;
  if (typeof max !== "number" || !Number.isInteger(max) || max < 1) {
    throw new TypeError(`max must be a whole number above 0, got ${shown(max)}`);
  }
  return Math.min(max, 2 ** 31 - 1);
}

/** Reads the names into an array of our own: native code iterates over it and must not run user code. */
function namesOf(options: MetadataOptions | undefined): string[] {
  const names = options?.properties ?? usualProperties;
  const read = Array.isArray(names) ? Array.from<unknown>(names) : [undefined];
  if (!read.every((name) => typeof name === "string")) {
    throw new TypeError(`properties must be an array of names, got ${shown(names)}`);
  }
  return read;
}

/** @internal */
export class Receiver implements FetchedAhead, Queueing {
  readonly #core: Core;
  /** Converts frames to the message that the user receives. Undefined if that is the array of frames. */
  readonly #shape: ((frames: Message[]) => unknown) | undefined;
  /** Prefetched messages: those from index `#head` up to `#tail` have not been delivered. */
  readonly #ahead: Message[][] = [];
  #head = 0;
  #tail = 0;
  readonly #intake = new Intake();
  /** Metadata of a message whose last frames are still in libzmq. */
  #begun: Properties | undefined;
  /** Created when `receiveQueue` is first set. */
  #queue: OperationQueue | undefined;

  constructor(core: Core) {
    this.#core = core;
    core.ahead = this;
    core.receiver = this;
    this.#shape = taggings.get(core.type)?.fromFrames;
  }

  get queueSettings(): QueueSettings | undefined {
    return this.#queue?.settings;
  }

  /** Messages that a loop has prefetched. */
  get queued(): number {
    return this.#tail - this.#head;
  }

  /** Throws `EBUSY` if a receive is pending that is not in the queue. */
  set queueSettings(settings: QueueSettings | undefined) {
    const core = this.#core;
    if (settings !== undefined && this.queueSettings === undefined) {
      if (core.receiving !== undefined && core.receiving !== this.#queue) throw busyReading(core);
      this.#queue ??= new OperationQueue(core, "receiving");
    }
    if (this.#queue !== undefined) this.#queue.settings = settings;
  }

  /** Whether there are prefetched messages, which libzmq no longer counts. */
  get holdsMessages(): boolean {
    return this.#head < this.#tail;
  }

  /** Removes and returns the prefetched messages, in order. A proxy that takes over the socket forwards them. */
  takeAhead(): Message[][] {
    // Completes a message that was received in part. First, since this may throw.
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

  /** Puts messages back after `takeAhead`. */
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
    const attempt = () => this.#oneWithMetadata(names);
    return new Loop("messagesWithMetadata", this, this.#core, attempt, plain);
  }

  tryReceive(): Message[] | undefined {
    if (!this.ready()) return undefined;
    const message = this.#one(1, true);
    this.#core.touched(this.#core.emptied);
    return message === wouldBlock ? undefined : message;
  }

  /** Calls a method that receives, and reports it to the tracing channel `receive`. */
  traced(operation: "receive", options?: OperationOptions): Promise<Message[]>;
  traced(operation: "receiveMany", options?: BatchOptions): Promise<Message[][]>;
  traced(operation: "receiveWithMetadata", options?: MetadataOptions): Promise<Received>;
  traced(
    operation: "receive" | "receiveMany" | "receiveWithMetadata",
    options?: OperationOptions,
  ): Promise<unknown> {
    return traceReceive<unknown>(this.#core, operation, () => this[operation](options));
  }

  tracedTryReceive(): Message[] | undefined {
    return traceTryReceive(this.#core, () => this.tryReceive());
  }

  /** The iterator of `for await`. */
  messages(): SocketIterator<Message[]> {
    let most = 0;
    const attempt = () => {
      // Read at the first message, since the program may set options between.
      if (most === 0) most = this.#mayFetchAhead();
      return this.#one(most);
    };
    const plain = operationOptions(undefined);
    return new Loop("for await", this, this.#core, attempt, plain, () => this.#fetched());
  }

  batches(options?: BatchOptions): SocketIterator<Message[][]> {
    const plain = operationOptions(options);
    const max = batchSize(options?.max);
    return new Loop("batches", this, this.#core, () => this.#batch(max), plain);
  }

  /** False if other receives have to precede the next one. Throws if the socket cannot be used, or is busy without a queue. */
  ready(): boolean {
    const core = this.#core;
    core.usable();
    if (core.receiving === undefined) return true;
    if (this.queueSettings === undefined) throw busyReading(core);
    return false;
  }

  #operate<T>(attempt: Attempt<T>, options: PlainOptions, call: string): Promise<T> {
    this.ready();
    if (options.aborted) return Promise.reject(options.signal?.reason);
    return this.operate(attempt, options, call);
  }

  /** Tries to receive, unless it is known that no message is ready; then waits. */
  operate<T>(attempt: Attempt<T>, options: PlainOptions, call: string, whenClosed?: T): Promise<T> {
    const core = this.#core;
    try {
      const timeout = options.timeout ?? core.timeoutOf("receiving");
      const first = core.receiving === undefined;
      if (first && (!core.emptied || this.holdsMessages || timeout === 0)) {
        const result = attempt();
        core.touched(core.emptied);
        if (result !== wouldBlock) return soon(result, core.orders.receiving);
      }
      if (timeout === 0) return failSoon(errorOf("EAGAIN"), core.orders.receiving);
      const promise = this.#wait(attempt, timeout, call, options.signal, whenClosed);
      // libzmq sends no wake-up for frames that it has already.
      if (this.#intake.partial !== undefined) core.touched();
      return promise;
    } catch (error) {
      return this.#failed(error, attempt, options, call, whenClosed);
    }
  }

  /** Handles an error of the first attempt. Request and Reply wait until the program has sent. */
  #failed<T>(
    error: unknown,
    attempt: Attempt<T>,
    options: PlainOptions,
    call: string,
    whenClosed?: T,
  ): Promise<T> {
    const core = this.#core;
    if (!isOutOfTurn(error)) return failSoon(error, core.orders.receiving);
    const timeout = options.timeout ?? core.timeoutOf("receiving");
    if (timeout === 0) return failSoon(error, core.orders.receiving);
    return this.#wait(attempt, timeout, call, options.signal, whenClosed);
  }

  #wait<T>(
    attempt: Attempt<T>,
    timeout: number,
    call: string,
    signal: AbortSignal | undefined,
    whenClosed: T | undefined,
  ): Promise<T> {
    if (this.queueSettings !== undefined) {
      return this.#queue!.add({ attempt, timeout, call, signal, whenClosed });
    }
    return new Pending(this.#core, "receiving", attempt, timeout, call, signal, whenClosed).promise;
  }

  /** Returns the next prefetched message. */
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
    if (most === 1) return this.#single(whole);
    this.#head = this.#tail = 0;
    const count = this.#take(this.#ahead, 0, most);
    if (count === 0) return this.#nothingYet();
    // No user code has run since that could have detached the memory of the first message.
    const message = this.#ahead[0]!;
    this.#ahead[0] = taken;
    this.#head = 1;
    this.#tail = count;
    if (this.#intake.partial !== undefined) this.#core.touched();
    return message;
  };

  #single(whole: boolean): Message[] | typeof wouldBlock {
    const core = this.#core;
    const intake = this.#intake;
    const result = receiveOne(core.handle, intake, whole);
    core.emptied = intake.emptied;
    if (typeof result === "number") return this.#noMessage(result);
    this.#begun = undefined;
    return this.#shape === undefined ? result : (this.#shape(result) as Message[]);
  }

  /** Handles a receive without a message: `result` is 0 or -errno. */
  #noMessage(result: number): typeof wouldBlock {
    if (result === 0) return this.#nothingYet();
    this.#begun = undefined;
    throw this.#failure(result);
  }

  /** The error of a receive. It has also processed libzmq's commands, and may have consumed the wake-up of a pending send. */
  #failure(result: number): ZmqError {
    this.#core.touched();
    return failed(this.#core, result);
  }

  /** Schedules a retry for a message of very many frames: libzmq sends no wake-up for the rest of it. */
  #nothingYet(): typeof wouldBlock {
    if (this.#intake.partial !== undefined) this.#core.touched();
    return wouldBlock;
  }

  #oneWithMetadata(names: string[]): Received | typeof wouldBlock {
    const ahead = this.#fetched();
    if (ahead !== undefined) return { message: ahead, metadata: {} };
    const messages: Message[][] = [];
    // If the message is received in parts, the first part has the metadata.
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

  /** Receives messages from libzmq with `receiveInto`. Throws if the result is a negative errno. */
  #take(messages: Message[][], at: number, most: number, properties?: Properties, whole?: boolean): number {
    const core = this.#core;
    const intake = this.#intake;
    const ahead = messages === this.#ahead;
    const count = receiveInto(messages, at, core.handle, most, intake, properties, whole, ahead);
    core.emptied = intake.emptied;
    if (count !== 0) this.#begun = undefined;
    if (count < 0) throw this.#failure(count);
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
      // Prefetched messages are delivered before an error. The next receive reports the error.
      if (batch.length === 0) this.#take(batch, 0, max);
      else this.#takeMore(batch, max);
    }
    if (batch.length === 0) return this.#nothingYet();
    if (this.#intake.partial !== undefined) this.#core.touched();
    return batch;
  }

  /** Adds the messages that are ready to a non-empty batch. Leaves an error to the next receive. */
  #takeMore(batch: Message[][], max: number): void {
    try {
      this.#take(batch, batch.length, max - batch.length);
    } catch (error) {
      this.#intake.failure = error as object;
    }
  }

  /** How many messages a loop may take at once. 1, so no prefetching, where send and receive alternate. */
  #mayFetchAhead(): number {
    const core = this.#core;
    if (core.type === ZMQ_REP || core.type === ZMQ_REQ || core.getOption(conflateOptions.conflate)) return 1;
    // The reserve for prefetched messages works on unconverted frames.
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
        `a received frame exceeds the longest Buffer (buffer.constants.MAX_LENGTH, ${constants.MAX_LENGTH} bytes) and was dropped: set maxMessageSize to reject such messages`,
      )
    : error;
}
