// Sending. If libzmq cannot queue a message now, one operation waits until it can.

import { isObject, tooManyArguments } from "../arguments/checks.js";
import {
  type OperationOptions,
  operationOptions,
  type PlainOptions,
  type PlainSendOptions,
  type SendOptions,
  sendOptions,
  transferOf,
} from "../arguments/operation-options.js";
import type { QueueSettings } from "../arguments/queue-options.js";
import { errorOf, explained, type ZmqError } from "../binding/errors.js";
import { binding, type WireMessage } from "../binding/index.js";
import { failSoon, laterTurn, nextTurn, turnIsOver, turnOfOthers } from "../core/fairness.js";
import type { Core, Losses, Queueing } from "../core/open-socket.js";
import { OperationQueue } from "../core/operation-queue.js";
import { Pace } from "../core/pace.js";
import { type Attempt, Pending, wouldBlock } from "../core/pending.js";
import { busyWriting, failureOf, notItsTurn } from "../core/state-errors.js";
import { datagramRefusal } from "../endpoint/index.js";
import { iterable, noFrames, snapshot, toWire, toWireMany } from "../message/frames.js";
import { framesOf, handOver, kept, type Outgoing, topicOf } from "../message/outgoing.js";
import { type Tagging, taggings } from "../message/tag.js";
import { Cargo } from "../message/transfer.js";
import { traceSend, traceTrySend } from "./tracing.js";

/** The result of every send that completed at once, to save an allocation. */
const settled = Promise.resolve();
/** A queued send before this one settles by such a callback, too: their order is kept. */
const nothing = (): void => {};
/** Messages of `sendMany` in one native call. The budget of the event loop's turn is checked between calls. */
const chunk = 256;

/** Errors with a `sent` property. The reason of a signal can get it twice, from several operations. */
const reported = new WeakSet<object>();

/**
 * Sets `sent` of the error that a `sendMany` rejects with, even if the error is the reason of its signal. Sets undefined if
 * one reason aborted several calls. Primitives and frozen objects stay unchanged.
 */
function reportSent(error: unknown, sent: number): void {
  if (!isObject(error)) return;
  const value = reported.has(error) ? undefined : sent;
  reported.add(error);
  try {
    Reflect.defineProperty(error, "sent", { value, enumerable: true, configurable: true, writable: true });
  } catch {
    // A trap of a proxy threw. There is nowhere to report it.
  }
}

function refuseTransfer(options: unknown): void {
  if (!transferOf(options)) return;
  throw explained(
    new TypeError("sendMany does not support transfer"),
    "send each message to transfer with send(message, { transfer: true })",
  );
}

/** Reads the options of `sendMany` once. */
function manyOptions(options: unknown): PlainOptions {
  const plain = operationOptions(options);
  refuseTransfer(options);
  return plain;
}

/** Converts elements of the form `[message, options]`. */
function tagMany(messages: Iterable<unknown>, tagging: Tagging): WireMessage[] {
  return Array.from(iterable(messages), (pair, index) => {
    if (!Array.isArray(pair))
      throw new TypeError(`Each element must be an array [message, options], got ${typeof pair}`);
    refuseTransfer(pair[1]);
    const wire = tagging.toWire(pair[0], pair[1]);
    if (Array.isArray(wire) && wire.length === 0) throw noFrames(index);
    return wire;
  });
}

export class Sender implements Queueing {
  readonly #core: Core;
  readonly #tagging: Tagging | undefined;
  #pace: Pace | undefined;
  /** Created when `sendQueue` is first set. */
  #queue: OperationQueue | undefined;

  constructor(core: Core) {
    this.#core = core;
    core.sender = this;
    this.#tagging = taggings.get(core.type);
  }

  get queueSettings(): QueueSettings | undefined {
    return this.#queue?.settings;
  }

  get queued(): number {
    return this.#queue?.messages ?? 0;
  }

  get lost(): Losses | undefined {
    return this.#queue?.lost;
  }

  /** Throws `EBUSY` if a send is pending that is not in the queue. */
  set queueSettings(settings: QueueSettings | undefined) {
    const core = this.#core;
    if (settings !== undefined && this.queueSettings === undefined) {
      const other = core.sending !== undefined && core.sending !== this.#queue;
      if (core.sendingMany || other) throw busyWriting(core);
      this.#queue ??= new OperationQueue(core, "sending");
    }
    if (this.#queue !== undefined) this.#queue.settings = settings;
  }

  /** Throws if `count` is too many arguments for `send`. The last argument is not an options object. */
  refuseArguments(count: number): void {
    const most = this.#tagging === undefined ? 1 : 2;
    if (count > most) throw tooManyArguments(most, count);
  }

  // Each operation first reads its arguments, which may run user code, then checks the state, then acts. A traced
  // operation passes the arguments that it has read.
  send(
    message: unknown,
    options?: SendOptions,
    read: WireMessage = this.#tagging === undefined
      ? toWire(message)
      : this.#tagging.toWire(message, options),
    plain: PlainSendOptions = sendOptions(options),
  ): Promise<void> {
    let outgoing: Outgoing = plain.transfer ? new Cargo(read) : read;
    const first = this.#ready();
    if (plain.aborted) return Promise.reject(plain.signal!.reason);
    const core = this.#core;
    const order = core.orders.sending;
    if (Array.isArray(read) && read.length === 0) return turnOfOthers(order)?.then(nothing) ?? settled;
    if (core.datagramEndpoints > 0) {
      try {
        outgoing = this.#fitting(outgoing);
      } catch (error) {
        return failSoon(error, order);
      }
    }
    if (!first) return this.#sendLater(outgoing, plain);
    const result = handOver(core.handle, outgoing);
    core.touched();
    if (result === 1) return laterTurn(order)?.then(nothing) ?? settled;
    if (result === 2) {
      this.#pace ??= new Pace(core.handle);
      return this.#pace.wait(plain.timeout ?? core.timeoutOf("sending"));
    }
    // Request and Reply wait until the program has received.
    if (result < 0 && result !== notItsTurn) return failSoon(this.#failed(result), order);
    const timeout = plain.timeout ?? core.timeoutOf("sending");
    if (timeout === 0) return failSoon(result < 0 ? this.#failed(result) : errorOf("EAGAIN"), order);
    if (this.queueSettings !== undefined) return this.#sendLater(outgoing, plain);
    const attempt = this.#attemptLater(outgoing);
    return this.#wait(attempt, timeout, "send()", plain.signal);
  }

  /** Sends a message when the messages before it in the queue have been sent. */
  #sendLater(message: Outgoing, { timeout, signal }: PlainOptions): Promise<void> {
    const limit = timeout ?? this.#core.timeoutOf("sending");
    if (limit === 0) return failSoon(errorOf("EAGAIN"), this.#core.orders.sending);
    const byTopic = this.queueSettings?.overflow === "latestByTopic";
    const topic = byTopic ? topicOf(message, this.#tagging !== undefined) : undefined;
    const attempt = this.#attemptLater(message);
    return this.#queue!.add<undefined>({ attempt, timeout: limit, call: "send()", signal, topic });
  }

  trySend(
    message: unknown,
    options?: unknown,
    read: WireMessage = this.#tagging === undefined
      ? toWire(message)
      : this.#tagging.toWire(message, options),
    transfer: boolean = transferOf(options),
  ): boolean {
    let outgoing: Outgoing = transfer ? new Cargo(read) : read;
    const first = this.#ready();
    if (Array.isArray(read) && read.length === 0) return true;
    if (this.#core.datagramEndpoints > 0) outgoing = this.#fitting(outgoing);
    if (!first) return false;
    const result = handOver(this.#core.handle, outgoing);
    this.#core.touched();
    if (result < 0) throw this.#failed(result);
    return result > 0;
  }

  sendMany(
    messages: Iterable<unknown>,
    options?: OperationOptions,
    plain: PlainOptions = manyOptions(options),
    wire: WireMessage[] = this.#readMany(messages, plain),
  ): Promise<void> {
    return this.#ready() ? this.#sendAll(wire, plain) : this.#sendAllLater(wire, plain);
  }

  // Subscribers of diagnostics_channel run user code, so they are called between the reading and the check.
  tracedSend(message: unknown, options?: SendOptions): Promise<void> {
    const read = this.#read(message, options);
    const plain = sendOptions(options);
    return traceSend(this.#core, "send", [read], ([wire]) => this.send(undefined, undefined, wire, plain));
  }

  tracedTrySend(message: unknown, options?: unknown): boolean {
    const read = this.#read(message, options);
    const transfer = transferOf(options);
    return traceTrySend(this.#core, [read], ([wire]) => this.trySend(undefined, undefined, wire, transfer));
  }

  tracedSendMany(messages: Iterable<unknown>, options?: OperationOptions): Promise<void> {
    const plain = manyOptions(options);
    const read = this.#readMany(messages, plain);
    return traceSend(this.#core, "sendMany", read, (wire) => this.sendMany([], undefined, plain, wire));
  }

  #read(message: unknown, options: unknown): WireMessage {
    return this.#tagging === undefined ? toWire(message) : this.#tagging.toWire(message, options);
  }

  #readMany(messages: Iterable<unknown>, { aborted }: PlainOptions): WireMessage[] {
    // With an aborted signal the iterable is not read: it may be endless.
    const given = aborted ? [] : messages;
    return this.#tagging ? tagMany(given, this.#tagging) : toWireMany(given);
  }

  /** False if other sends have to precede the next one. Throws if the socket cannot be used, or is busy without a queue. */
  #ready(): boolean {
    const core = this.#core;
    core.usable();
    if (!core.sendingMany && core.sending === undefined) return true;
    if (this.queueSettings === undefined) throw busyWriting(core);
    return false;
  }

  /**
   * Throws `EMSGSIZE` if a message is too long for a UDP endpoint. Returns a copy for UDP: another thread could grow shared
   * memory after the length was checked. A Cargo has no shared memory.
   */
  #fitting(message: WireMessage): WireMessage;
  #fitting(message: Outgoing): Outgoing;
  #fitting(message: Outgoing): Outgoing {
    const fixed = message instanceof Cargo ? message : snapshot(message);
    const refusal = datagramRefusal(this.#core.type, framesOf(fixed));
    if (refusal) throw refusal;
    return fixed;
  }

  /** Prepares a message to wait. Returns a function that tries to send it. */
  #attemptLater(message: Outgoing): Attempt<undefined> {
    const core = this.#core;
    const waiting = kept(message);
    return () => {
      core.emptied = false;
      const result = handOver(core.handle, waiting);
      if (result < 0) throw this.#failed(result);
      return result > 0 ? undefined : wouldBlock;
    };
  }

  #failed(result: number): ZmqError {
    return failureOf(this.#core, "sending", result);
  }

  async #sendAllLater(read: WireMessage[], { timeout, signal }: PlainOptions): Promise<void> {
    const core = this.#core;
    try {
      const limit = timeout ?? core.timeoutOf("sending");
      if (limit === 0) throw errorOf("EAGAIN");
      await this.#queue!.add<undefined>({
        attempt: () => {
          core.sendingMany = true;
          return undefined;
        },
        timeout: limit,
        call: "sendMany()",
        signal,
        takesOver: true,
      });
    } catch (error) {
      reportSent(error, 0);
      if (turnIsOver()) await nextTurn();
      throw error;
    }
    return this.#sendAll(read, { timeout, signal, aborted: false });
  }

  async #sendAll(read: WireMessage[], plain: PlainOptions): Promise<void> {
    try {
      await this.#sendChunks(read, plain);
    } catch (error) {
      // After the socket is free for others.
      if (turnIsOver()) await nextTurn();
      throw error;
    }
  }

  async #sendChunks(read: WireMessage[], { timeout, signal }: PlainOptions): Promise<void> {
    const core = this.#core;
    let sent = 0;
    core.sendingMany = true;
    try {
      const messages = core.datagramEndpoints > 0 ? read.map((message) => this.#fitting(message)) : read;
      /** Sends the next chunk. Returns how many of its messages libzmq has queued. */
      const advance = () => {
        core.emptied = false;
        const count = binding.trySendMany(core.handle, ...messages.slice(sent, sent + chunk));
        if (count < 0) throw this.#failed(count);
        sent += count;
        return count;
      };
      if (signal?.aborted) throw signal.reason;
      while (sent < messages.length) {
        if (core.handle === 0) throw errorOf(core.distinctErrors ? "ECANCELED" : "EAGAIN");
        const count = advance();
        core.touched();
        if (count === 0) {
          const limit = timeout ?? core.timeoutOf("sending");
          if (limit === 0) throw errorOf("EAGAIN");
          await this.#wait(() => (advance() > 0 ? undefined : wouldBlock), limit, "sendMany()", signal);
        } else if (turnIsOver()) await nextTurn();
        // Read before the state is checked: a signal that is not Node's own runs user code.
        if (sent < messages.length && signal?.aborted) throw signal.reason;
      }
    } catch (error) {
      // A failed send has also processed libzmq's commands, and may have consumed the wake-up of a pending receive.
      core.touched();
      reportSent(error, sent);
      throw error;
    } finally {
      core.sendingMany = false;
      this.#queue?.resume();
      // `flush` waits for this, and libzmq may signal nothing more.
      if (core.watching !== undefined) core.touched();
    }
  }

  #wait(attempt: Attempt<undefined>, timeout: number, call: string, signal?: AbortSignal): Promise<void> {
    return new Pending<undefined>(this.#core, "sending", attempt, timeout, call, signal).promise;
  }
}
