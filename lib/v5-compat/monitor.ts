// Events of a socket's connections, under the names and in the form of version 5.

import type { EventOfType, EventType, Observer, Socket } from "../index.js";

/** @inline */
type Parameters = [value: number | undefined, address: string, error: Error | undefined];

/**
 * Events of a monitored socket: `value` is milliseconds until the next attempt, an errno, or the connection's
 * descriptor, whichever libzmq gives; undefined if it gives none.
 */
export interface MonitorEvents {
  /** A connection to a peer is there. `ZMQ_EVENT_CONNECTED` */
  connect: Parameters;
  /** A connect could not be done at once, and goes on. `ZMQ_EVENT_CONNECT_DELAYED` */
  connect_delay: Parameters;
  /** A connect has failed, and will be tried again after `value` milliseconds. `ZMQ_EVENT_CONNECT_RETRIED` */
  connect_retry: Parameters;
  /** An endpoint is bound. `ZMQ_EVENT_LISTENING` */
  listen: Parameters;
  /** An endpoint could not be bound. `ZMQ_EVENT_BIND_FAILED` */
  bind_error: Parameters;
  /** A peer has connected. `ZMQ_EVENT_ACCEPTED` */
  accept: Parameters;
  /** A peer's connection could not be accepted. `ZMQ_EVENT_ACCEPT_FAILED` */
  accept_error: Parameters;
  /** A connection, or a bound endpoint, was closed from this side. `ZMQ_EVENT_CLOSED` */
  close: Parameters;
  /** Closing has failed. `ZMQ_EVENT_CLOSE_FAILED` */
  close_error: Parameters;
  /** A connection was lost. `ZMQ_EVENT_DISCONNECTED` */
  disconnect: Parameters;
}

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
} as const satisfies Partial<Record<EventType, keyof MonitorEvents>>;

/** Names of events by their numbers in libzmq. */
export const events: Record<number, keyof MonitorEvents> = {
  1: "connect",
  2: "connect_delay",
  4: "connect_retry",
  8: "listen",
  16: "bind_error",
  32: "accept",
  64: "accept_error",
  128: "close",
  256: "close_error",
  512: "disconnect",
};

type Type = keyof typeof names;
const types = Object.keys(names) as Type[];

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
