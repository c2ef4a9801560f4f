// Events of a socket's connections, with the names and arguments of zeromq 5.

import type { EventOfType, EventType, Observer, Socket } from "../index.js";

/** @inline */
type Parameters = [value: number | undefined, address: string, error: Error | undefined];

/**
 * Events of a monitored socket. `value` is the number that libzmq reports with the event: milliseconds until the next
 * attempt, an errno, or the file descriptor of the connection. Undefined if it reports none.
 */
export interface MonitorEvents {
  /** A connection to a peer was established. libzmq: `ZMQ_EVENT_CONNECTED`. */
  connect: Parameters;
  /** A connection attempt continues in the background. libzmq: `ZMQ_EVENT_CONNECT_DELAYED`. */
  connect_delay: Parameters;
  /** A connection attempt has failed. libzmq retries after `value` milliseconds. libzmq: `ZMQ_EVENT_CONNECT_RETRIED`. */
  connect_retry: Parameters;
  /** An endpoint was bound. libzmq: `ZMQ_EVENT_LISTENING`. */
  listen: Parameters;
  /** An endpoint could not be bound. libzmq: `ZMQ_EVENT_BIND_FAILED`. */
  bind_error: Parameters;
  /** A peer has connected to a bound endpoint. libzmq: `ZMQ_EVENT_ACCEPTED`. */
  accept: Parameters;
  /** A peer's connection could not be accepted. libzmq: `ZMQ_EVENT_ACCEPT_FAILED`. */
  accept_error: Parameters;
  /** This side closed a connection or a bound endpoint. libzmq: `ZMQ_EVENT_CLOSED`. */
  close: Parameters;
  /** A connection or endpoint could not be closed. libzmq: `ZMQ_EVENT_CLOSE_FAILED`. */
  close_error: Parameters;
  /** A connection was lost. libzmq: `ZMQ_EVENT_DISCONNECTED`. */
  disconnect: Parameters;
}

/** The names of zeromq 5 by the types of events of the observer. */
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

/** The names of events by their numbers in libzmq. */
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

/** @internal Emits the events of the socket's observer. */
export class Monitor {
  readonly #observer: Observer;
  readonly #emit: Emit;

  /** @throws ZmqError `ENOTSOCK`: the socket is closed. */
  constructor(socket: Socket, emit: Emit) {
    this.#observer = socket.events;
    this.#emit = emit;
    for (const type of types) this.#observer.on(type, this.#pass);
  }

  /** Removes the listeners. The observer stays open until the socket is closed, so that monitoring can start again. */
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
