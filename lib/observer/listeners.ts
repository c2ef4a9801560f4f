// The methods of Node's EventEmitter that an observer has: their types and names.

import type { EventOfType, EventSubscriber, EventType } from "./event.js";

/** The methods that add a listener. */
export const adders = ["on", "once", "addListener", "prependListener", "prependOnceListener"] as const;
/** The methods that remove listeners. */
export const removers = ["off", "removeListener", "removeAllListeners"] as const;
/** The methods that leave the listeners unchanged. */
export const readers = [
  "listenerCount",
  "listeners",
  "rawListeners",
  "eventNames",
  "getMaxListeners",
  "setMaxListeners",
] as const;

/**
 * The methods of Node's `EventEmitter`, except `emit`, with the types of a socket's events. They behave as Node
 * documents, so the functions `once` and `on` of `node:events` accept an {@link Observer}.
 *
 * @example
 * ```ts
 * import { once } from "node:events";
 * import { Pull, Push } from "zmq-native";
 *
 * const [push, pull] = [new Push(), new Pull()];
 * const { events } = push;
 * await pull.bind("tcp://127.0.0.1:*");
 * push.connect(pull.lastEndpoint!);
 * const [{ address }] = await once(events, "handshake");
 * console.log(address === pull.lastEndpoint); // true
 * ```
 */
export interface EventListeners extends EventSubscriber {
  /**
   * Adds a listener for a type of event. From then on `receive` and loops throw. The observer keeps the process and its
   * socket alive while it has listeners. An error that a listener throws becomes an uncaught exception.
   *
   * @throws TypeError: the listener is not a function.
   *
   * @example
   * ```ts
   * import { Reply } from "zmq-native";
   *
   * const reply = new Reply();
   * const bound = new Promise<string>((resolve) => reply.events.on("bind", (event) => resolve(event.type)));
   * await reply.bind("tcp://127.0.0.1:*");
   * console.log(await bound); // bind
   * ```
   */
  on<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): this;
  /**
   * Adds a listener that is called for the next event of a type only. From then on `receive` and loops throw.
   *
   * @throws TypeError: the listener is not a function.
   *
   * @example
   * ```ts
   * import { Reply } from "zmq-native";
   *
   * const reply = new Reply();
   * const address = new Promise((resolve) => reply.events.once("bind", (event) => resolve(event.address)));
   * await reply.bind("tcp://127.0.0.1:*");
   * console.log((await address) === reply.lastEndpoint); // true
   * ```
   */
  once<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): this;
  /**
   * Does the same as `on`.
   *
   * @throws TypeError: the listener is not a function.
   */
  addListener<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): this;
  /**
   * Does the same as `on`, but adds the listener before the others.
   *
   * @throws TypeError: the listener is not a function.
   */
  prependListener<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): this;
  /**
   * Does the same as `once`, but adds the listener before the others.
   *
   * @throws TypeError: the listener is not a function.
   */
  prependOnceListener<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): this;
  /**
   * Removes a listener. Also makes `receive` and loops throw, as in zeromq.
   *
   * @throws TypeError: the listener is not a function.
   */
  off<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): this;
  /**
   * Does the same as `off`.
   *
   * @throws TypeError: the listener is not a function.
   */
  removeListener<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): this;
  /** Removes all listeners for a type of event, or for all types. Never throws. */
  removeAllListeners(type?: EventType): this;
  /** Returns the number of listeners for a type of event. Never throws. */
  listenerCount(type: EventType, listener?: (...event: never[]) => void): number;
  /** Returns a copy of the list of listeners for a type of event. Never throws. */
  listeners<E extends EventType>(type: E): ((event: EventOfType<E>) => void)[];
  /** Returns a copy of the list of listeners, with the wrappers of those that `once` added. Never throws. */
  rawListeners<E extends EventType>(type: E): ((event: EventOfType<E>) => void)[];
  /** Returns the types of events that have listeners. Never throws. */
  eventNames(): EventType[];
  /** Returns the number of listeners for a type of event above which Node warns of a leak. Never throws. */
  getMaxListeners(): number;
  /**
   * Sets the number of listeners for a type of event above which Node warns of a leak.
   *
   * @throws Error: the number is negative.
   */
  setMaxListeners(count: number): this;
  /**
   * Does not exist: only libzmq emits events. It is declared so that TypeScript accepts an observer as an `EventEmitter`,
   * which the function `on` of `node:events` requires.
   */
  readonly emit: never;
}
