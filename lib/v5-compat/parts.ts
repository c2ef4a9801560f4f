// The parts of a socket, and its property `_zmq`.

import { coreOf } from "../core/registry.js";
import * as zmq from "./constants.js";
import type { Inbox } from "./inbox.js";
import type { Monitor } from "./monitor.js";
import { getOption, setOption } from "./options.js";
import type { Outbox } from "./outbox.js";
import type { AnySocket, Untyped } from "./types.js";

/**
 * @internal The parts of a socket. They are not private members of `Socket`: an object of a class that extends it by
 * `util.inherits` is not created by its constructor and would lack them.
 */
interface Parts {
  readonly socket: AnySocket;
  readonly outbox: Outbox;
  readonly inbox: Inbox | undefined;
  monitor: Monitor | undefined;
  /** The number of pending binds and unbinds. */
  busy: number;
}

const partsOf = new WeakMap<object, Parts>();

/** @internal Makes an object a socket. */
export function setParts(socket: object, made: Parts): void {
  partsOf.set(socket, made);
}

/** @internal Throws a `TypeError` unless the object is a socket. */
export function parts(socket: object): Parts {
  const made = partsOf.get(socket);
  if (made === undefined) throw new TypeError("Not a Socket: its constructor was not called");
  return made;
}

/**
 * The property `_zmq` of a socket, as in zeromq 5.
 *
 * @example
 * ```ts
 * import * as zmq from "zmq-native/v5-compat";
 *
 * const socket = zmq.socket("push");
 * console.log(socket._zmq.state === zmq.STATE_READY); // true
 * ```
 */
export class SocketBinding {
  readonly #parts: Parts;

  /** @internal */
  constructor(socket: object) {
    this.#parts = parts(socket);
  }

  /** The state: `STATE_READY`, `STATE_BUSY` during a bind or unbind, or `STATE_CLOSED`. */
  get state(): number {
    const { busy, socket } = this.#parts;
    if (busy > 0) return zmq.STATE_BUSY;
    return socket.closed ? zmq.STATE_CLOSED : zmq.STATE_READY;
  }

  /** Lets the open socket keep the process alive again. Never throws. */
  ref(): void {
    this.#refer(true);
  }

  /** Lets the process end while the socket is open. Never throws. */
  unref(): void {
    this.#refer(false);
  }

  /**
   * Reads an option by its number. libzmq: `zmq_getsockopt`.
   *
   * @throws Error: the option is unknown or can only be set.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   */
  getsockopt(option: number): Untyped {
    return getOption(this.#parts.socket, option);
  }

  /**
   * Sets an option by its number. libzmq: `zmq_setsockopt`.
   *
   * @throws Error: the option is unknown or can only be read.
   * @throws ZmqError `EINVAL`: libzmq rejects the value.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: the value has the wrong type.
   */
  setsockopt(option: number, value: Untyped): void {
    setOption(this.#parts.socket, option, value);
  }

  #refer(on: boolean): void {
    const { socket, inbox } = this.#parts;
    coreOf(socket).referenced = on;
    if (inbox !== undefined) inbox.referenced = on;
  }
}
