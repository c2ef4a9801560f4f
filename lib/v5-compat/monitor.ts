// Events of a socket's connections, under the names and in the form of version 5.

import type { EventOfType, Observer, Socket } from "../index.js";

type Parameters = [value: number | undefined, address: string, error: Error | undefined];

/** By the name that the observer has for them. */
const names = {
  connect: "connect",
  "connect:delay": "connect_delay",
  "connect:retry": "connect_retry",
  bind: "listen",
  "bind:error": "bind_error",
  accept: "accept",
  "accept:error": "accept_error",
  close: "close",
  "close:error": "close_error",
  disconnect: "disconnect",
} as const;

type Type = keyof typeof names;
const types = Object.keys(names) as Type[];

/**
 * Events of a monitored socket: `value` is milliseconds until the next attempt, an errno, or the connection's
 * descriptor, whichever libzmq gives; undefined if it gives none.
 */
export type MonitorEvents = { [T in Type as (typeof names)[T]]: Parameters };

type Emit = (name: keyof MonitorEvents, ...parameters: Parameters) => void;

/** @internal Passes what the socket's observer says on to its emitter. */
export class Monitor {
  readonly #observer: Observer;
  readonly #emit: Emit;

  /** @throws ZmqError `ENOTSOCK` when the socket is closed. */
  constructor(socket: Socket, emit: Emit) {
    this.#observer = socket.events;
    this.#emit = emit;
    for (const type of types) this.#observer.on(type, this.#pass);
  }

  /** The observer stays, so that the socket can be monitored again; it goes with the socket. */
  stop(): void {
    for (const type of types) this.#observer.off(type, this.#pass);
  }

  readonly #pass = (event: EventOfType<Type>): void => {
    const error = "error" in event ? event.error : undefined;
    const interval = "interval" in event ? event.interval : undefined;
    const fd = "fd" in event ? event.fd : undefined;
    this.#emit(names[event.type], interval ?? error?.errno ?? fd, event.address, error);
  };
}
