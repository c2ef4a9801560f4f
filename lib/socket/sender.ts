// Sending: at once when libzmq takes the message, else one operation waits until it does.

import { isObject } from "../arguments/checks.js";
import {
  type OperationOptions,
  operationOptions,
  type PlainOptions,
} from "../arguments/operation-options.js";
import { errorOf, type ZmqError } from "../binding/errors.js";
import { binding, type Handle, type WireMessage } from "../binding/index.js";
import { nextTurn, turnIsOver } from "../core/fairness.js";
import type { Core } from "../core/open-socket.js";
import { paced } from "../core/pace.js";
import { Pending, wouldBlock } from "../core/pending.js";
import { busyWriting, failureOf, notItsTurn } from "../core/state-errors.js";
import { datagramRefusal } from "../endpoint/index.js";
import { iterable, snapshot, toWire, toWireMany } from "../message/frames.js";
import { type Tagging, taggings } from "../message/tag.js";

/** Answers every send that was done at once: no promise is made for it. */
const settled = Promise.resolve();
/** Messages of `sendMany` handed over in one crossing; the event loop's turn is looked at between. */
const chunk = 256;

/** More frames than this go as an array: a call takes only so many arguments. */
const mostArguments = 64;

function handOver(handle: Handle, wire: WireMessage): number {
  if (!Array.isArray(wire) || wire.length > mostArguments) return binding.trySend(handle, wire);
  // Most messages are of few frames, and spreading an array costs more than naming its elements.
  if (wire.length === 2) return binding.trySend(handle, wire[0]!, wire[1]!);
  if (wire.length === 3) return binding.trySend(handle, wire[0]!, wire[1]!, wire[2]!);
  return binding.trySend(handle, ...wire);
}

/** Errors that tell a count already: only a signal's reason can come twice, from several operations. */
const reported = new WeakSet<object>();

/**
 * Sets `sent` of the error that a `sendMany` rejects with, even if that is the reason of its signal. Undefined once
 * several of them were aborted with one reason. Primitives and frozen objects stay as they are.
 */
function reportSent(error: unknown, sent: number): void {
  if (!isObject(error)) return;
  const value = reported.has(error) ? undefined : sent;
  reported.add(error);
  try {
    Reflect.defineProperty(error, "sent", { value, enumerable: true, configurable: true, writable: true });
  } catch {
    // The trap of a proxy threw: there is nowhere to say it.
  }
}

/** Of messages given as `[message, options]`. */
function tagMany(messages: Iterable<unknown>, tagging: Tagging): WireMessage[] {
  return Array.from(iterable(messages), (pair) => {
    if (!Array.isArray(pair)) throw new TypeError("Each message must be an array of it and its options");
    return tagging.toWire(pair[0], pair[1]);
  });
}

export class Sender {
  readonly #core: Core;
  readonly #tagging: Tagging | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#tagging = taggings.get(core.type);
  }

  /** Throws for so many arguments of `send`, the last of which is no object, if that is too many. */
  refuseArguments(count: number): void {
    if (this.#tagging === undefined) throw new TypeError(`Expected 1 argument but received ${count}`);
    if (count > 2) throw new TypeError(`Expected 2 arguments but received ${count}`);
  }

  // Each operation first reads its arguments, which may run user code, then checks the state, then acts.
  send(message: unknown, options?: OperationOptions): Promise<void> {
    let wire = this.#tagging === undefined ? toWire(message) : this.#tagging.toWire(message, options);
    const plain = operationOptions(options);
    this.#ready();
    if (plain.aborted) return Promise.reject(plain.signal!.reason);
    if (Array.isArray(wire) && wire.length === 0) return settled;
    const core = this.#core;
    if (core.datagramEndpoints > 0) {
      wire = snapshot(wire);
      const refusal = datagramRefusal(core.type, wire);
      if (refusal) return Promise.reject(refusal);
    }
    const result = handOver(core.handle, wire);
    core.touched();
    if (result === 1) return turnIsOver() ? nextTurn() : settled;
    if (result === 2) return paced();
    // Request and Reply wait for their turn, which a receive of the program's brings.
    if (result < 0 && result !== notItsTurn) return Promise.reject(this.#failed(result));
    const timeout = plain.timeout ?? core.timeoutOf("sending");
    if (timeout === 0) return Promise.reject(result < 0 ? this.#failed(result) : errorOf("EAGAIN"));
    const kept = snapshot(wire);
    return this.#wait(() => (this.#attempt(kept) ? undefined : wouldBlock), timeout, "send()", plain.signal);
  }

  trySend(message: unknown, options?: unknown): boolean {
    const read = this.#tagging === undefined ? toWire(message) : this.#tagging.toWire(message, options);
    this.#ready();
    if (Array.isArray(read) && read.length === 0) return true;
    const [wire] = this.#fitting([read]);
    const result = handOver(this.#core.handle, wire!);
    this.#core.touched();
    if (result < 0) throw this.#failed(result);
    return result > 0;
  }

  sendMany(messages: Iterable<unknown>, options?: OperationOptions): Promise<void> {
    const plain = operationOptions(options);
    // An endless iterable must not be read in vain.
    const given = plain.aborted ? [] : messages;
    const wire = this.#tagging ? tagMany(given, this.#tagging) : toWireMany(given);
    this.#ready();
    return this.#sendAll(wire, plain);
  }

  #ready(): void {
    this.#core.usable();
    if (this.#core.sendingMany || this.#core.sending !== undefined) {
      throw busyWriting(this.#core);
    }
  }

  /**
   * Throws `EMSGSIZE` for a message that is too long for an endpoint of the socket. For datagrams the result is a copy:
   * memory that another thread can grow must not grow after it was measured.
   */
  #fitting(messages: WireMessage[]): WireMessage[] {
    if (this.#core.datagramEndpoints === 0) return messages;
    const copies = messages.map(snapshot);
    for (const wire of copies) {
      const refusal = datagramRefusal(this.#core.type, wire);
      if (refusal) throw refusal;
    }
    return copies;
  }

  #attempt(wire: WireMessage): boolean {
    const core = this.#core;
    core.emptied = false;
    const result = handOver(core.handle, wire);
    if (result < 0) throw this.#failed(result);
    return result > 0;
  }

  #failed(result: number): ZmqError {
    return failureOf(this.#core, "sending", result);
  }

  async #sendAll(read: WireMessage[], { timeout, signal }: PlainOptions): Promise<void> {
    const core = this.#core;
    let sent = 0;
    core.sendingMany = true;
    try {
      const messages = this.#fitting(read);
      /** Sends on from where it stopped: how many more are in libzmq now. */
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
        // Before the check of the state: a signal of the user's own runs code.
        if (sent < messages.length && signal?.aborted) throw signal.reason;
      }
    } catch (error) {
      // A send that fails has processed libzmq's commands as well, and may have taken a receive's wake-up.
      core.touched();
      reportSent(error, sent);
      throw error;
    } finally {
      core.sendingMany = false;
    }
  }

  #wait(
    attempt: () => undefined | typeof wouldBlock,
    timeout: number,
    call: string,
    signal?: AbortSignal,
  ): Promise<void> {
    return new Pending<undefined>(this.#core, "sending", attempt, timeout, call, signal).promise;
  }
}
