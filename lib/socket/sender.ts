// Sending. If libzmq cannot queue a message now, one operation waits until it can.

import { isObject, tooManyArguments } from "../arguments/checks.js";
import {
  type OperationOptions,
  operationOptions,
  type PlainOptions,
  type SendOptions,
  sendOptions,
  transferOf,
} from "../arguments/operation-options.js";
import { errorOf, type ZmqError } from "../binding/errors.js";
import { binding, type Handle, type WireMessage } from "../binding/index.js";
import { nextTurn, turnIsOver } from "../core/fairness.js";
import type { Core } from "../core/open-socket.js";
import { Pace } from "../core/pace.js";
import { Pending, wouldBlock } from "../core/pending.js";
import { busyWriting, failureOf, notItsTurn } from "../core/state-errors.js";
import { datagramRefusal } from "../endpoint/index.js";
import { iterable, snapshot, toWire, toWireMany } from "../message/frames.js";
import { type Tagging, taggings } from "../message/tag.js";
import { Cargo } from "../message/transfer.js";

/** The result of every send that completed at once, to save an allocation. */
const settled = Promise.resolve();
/** Messages of `sendMany` in one native call. The budget of the event loop's turn is checked between calls. */
const chunk = 256;

/** More frames than this are passed as an array, since the number of arguments of a native call is limited. */
const mostArguments = 64;

function handOver(handle: Handle, wire: WireMessage | Cargo): number {
  if (wire instanceof Cargo) return wire.send(handle);
  if (!Array.isArray(wire) || wire.length > mostArguments) return binding.trySend(handle, wire);
  // Spreading an array costs more than naming its elements, and most messages have few frames.
  if (wire.length === 2) return binding.trySend(handle, wire[0]!, wire[1]!);
  if (wire.length === 3) return binding.trySend(handle, wire[0]!, wire[1]!, wire[2]!);
  return binding.trySend(handle, ...wire);
}

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

/** Converts elements of the form `[message, options]`. */
function tagMany(messages: Iterable<unknown>, tagging: Tagging): WireMessage[] {
  return Array.from(iterable(messages), (pair) => {
    if (!Array.isArray(pair))
      throw new TypeError(`Each element must be an array [message, options], got ${typeof pair}`);
    return tagging.toWire(pair[0], pair[1]);
  });
}

export class Sender {
  readonly #core: Core;
  readonly #tagging: Tagging | undefined;
  #pace: Pace | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#tagging = taggings.get(core.type);
  }

  /** Throws if `count` is too many arguments for `send`. The last argument is not an options object. */
  refuseArguments(count: number): void {
    const most = this.#tagging === undefined ? 1 : 2;
    if (count > most) throw tooManyArguments(most, count);
  }

  // Each operation first reads its arguments, which may run user code, then checks the state, then acts.
  send(message: unknown, options?: SendOptions): Promise<void> {
    const read = this.#tagging === undefined ? toWire(message) : this.#tagging.toWire(message, options);
    const plain = sendOptions(options);
    let wire = plain.transfer ? new Cargo(read) : read;
    this.#ready();
    if (plain.aborted) return Promise.reject(plain.signal!.reason);
    if (Array.isArray(read) && read.length === 0) return settled;
    const core = this.#core;
    if (core.datagramEndpoints > 0) {
      if (!(wire instanceof Cargo)) wire = snapshot(wire);
      const refusal = datagramRefusal(core.type, wire instanceof Cargo ? wire.frames : wire);
      if (refusal) return Promise.reject(refusal);
    }
    const result = handOver(core.handle, wire);
    core.touched();
    if (result === 1) return turnIsOver() ? nextTurn() : settled;
    if (result === 2) {
      this.#pace ??= new Pace(core.handle);
      return this.#pace.wait(plain.timeout ?? core.timeoutOf("sending"));
    }
    // Request and Reply wait until the program has received.
    if (result < 0 && result !== notItsTurn) return Promise.reject(this.#failed(result));
    const timeout = plain.timeout ?? core.timeoutOf("sending");
    if (timeout === 0) return Promise.reject(result < 0 ? this.#failed(result) : errorOf("EAGAIN"));
    const kept = wire instanceof Cargo ? wire.kept() : snapshot(wire);
    return this.#wait(() => (this.#attempt(kept) ? undefined : wouldBlock), timeout, "send()", plain.signal);
  }

  trySend(message: unknown, options?: unknown): boolean {
    const read = this.#tagging === undefined ? toWire(message) : this.#tagging.toWire(message, options);
    const transfer = transferOf(options);
    const cargo = transfer ? new Cargo(read) : undefined;
    this.#ready();
    if (Array.isArray(read) && read.length === 0) return true;
    const [wire] = this.#fitting([cargo?.frames ?? read]);
    const result = handOver(this.#core.handle, cargo ?? wire!);
    this.#core.touched();
    if (result < 0) throw this.#failed(result);
    return result > 0;
  }

  sendMany(messages: Iterable<unknown>, options?: OperationOptions): Promise<void> {
    const plain = operationOptions(options);
    // With an aborted signal the iterable is not read: it may be endless.
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
   * Throws `EMSGSIZE` if a message is too long for a UDP endpoint. Returns copies for UDP: another thread could grow shared
   * memory after the length was checked.
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

  #attempt(wire: WireMessage | Cargo): boolean {
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
