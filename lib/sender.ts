// Sending: at once when libzmq takes the message, else one operation waits until it does.

import { binding, type Handle, type WireMessage } from "./binding.js";
import type { Core } from "./core.js";
import { datagramRefusal } from "./endpoint.js";
import { check, errorOf, ZmqError } from "./errors.js";
import { snapshot, toWire, toWireMany } from "./message.js";
import { type OperationOptions, Pending, wouldBlock } from "./pending.js";
import { type Tagging, taggings } from "./tag.js";
import { nextTurn, turnIsOver } from "./turn.js";

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

/** Of messages given as `[message, options]`. */
function tagMany(messages: Iterable<unknown>, tagging: Tagging): WireMessage[] {
  return Array.from(messages, (pair) => {
    if (!Array.isArray(pair)) throw new TypeError("Each message must be an array of it and its options");
    return tagging.toWire(pair[0], pair[1]);
  });
}

export class Sender {
  readonly #core: Core;
  readonly #tagging: Tagging | undefined;
  /** A sendMany is under way, waiting or not. */
  #busy = false;

  constructor(core: Core) {
    this.#core = core;
    this.#tagging = taggings.get(core.type);
  }

  /** Throws for so many arguments of `send`, the last of which is no object, if that is too many. */
  refuseArguments(count: number): void {
    if (this.#tagging === undefined) throw new TypeError(`Expected 1 argument but received ${count}`);
    if (count > 2) throw new TypeError(`Expected 2 arguments but received ${count}`);
  }

  send(message: unknown, options?: OperationOptions): Promise<void> {
    const wire = this.#tagging === undefined ? toWire(message) : this.#tagging.toWire(message, options);
    this.#ready();
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    if (Array.isArray(wire) && wire.length === 0) return settled;
    const core = this.#core;
    if (core.datagramEndpoints > 0) {
      const refusal = datagramRefusal(core.type, wire);
      if (refusal) return Promise.reject(refusal);
    }
    const result = handOver(core.handle, wire);
    core.touched();
    if (result === 1) return turnIsOver() ? nextTurn() : settled;
    if (result < 0) return Promise.reject(new ZmqError(-result));
    const kept = snapshot(wire);
    return this.#wait(() => (this.#attempt(kept) ? undefined : wouldBlock), options);
  }

  trySend(message: unknown, options?: unknown): boolean {
    const wire = this.#tagging === undefined ? toWire(message) : this.#tagging.toWire(message, options);
    this.#ready();
    if (Array.isArray(wire) && wire.length === 0) return true;
    this.#fits([wire]);
    const sent = this.#attempt(wire);
    this.#core.touched();
    return sent;
  }

  sendMany(messages: Iterable<unknown>, options?: OperationOptions): Promise<void> {
    this.#ready();
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    return this.#sendAll(this.#tagging ? tagMany(messages, this.#tagging) : toWireMany(messages), options);
  }

  #ready(): void {
    this.#core.usable();
    if (this.#busy || this.#core.sending !== undefined) {
      throw errorOf(
        "EBUSY",
        "Socket is busy writing; only one send operation may be in progress at any time",
      );
    }
  }

  /** Throws `EMSGSIZE` for a message that is too long for an endpoint of the socket. */
  #fits(messages: WireMessage[]): void {
    if (this.#core.datagramEndpoints === 0) return;
    for (const wire of messages) {
      const refusal = datagramRefusal(this.#core.type, wire);
      if (refusal) throw refusal;
    }
  }

  #attempt(wire: WireMessage): boolean {
    this.#core.emptied = false;
    return check(handOver(this.#core.handle, wire)) === 1;
  }

  async #sendAll(messages: WireMessage[], options?: OperationOptions): Promise<void> {
    let sent = 0;
    /** Sends on from where it stopped: how many more are in libzmq now. */
    const advance = () => {
      this.#core.emptied = false;
      const count = check(binding.trySendMany(this.#core.handle, ...messages.slice(sent, sent + chunk)));
      sent += count;
      return count;
    };
    this.#busy = true;
    try {
      this.#fits(messages);
      while (sent < messages.length) {
        if (this.#core.handle === 0) throw errorOf("EAGAIN");
        options?.signal?.throwIfAborted();
        const count = advance();
        this.#core.touched();
        if (count === 0) await this.#wait(() => (advance() > 0 ? undefined : wouldBlock), options);
        else if (turnIsOver()) await nextTurn();
      }
    } catch (error) {
      if (error instanceof ZmqError) error.sent = sent;
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  #wait(attempt: () => undefined | typeof wouldBlock, options?: OperationOptions): Promise<void> {
    const timeout = options?.timeout ?? this.#core.timeoutOf("sending");
    if (timeout === 0) return Promise.reject(errorOf("EAGAIN"));
    return new Pending<undefined>(this.#core, "sending", attempt, timeout, options?.signal).promise;
  }
}
