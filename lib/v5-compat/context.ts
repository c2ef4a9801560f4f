// The limits of the context that all sockets of zeromq 5 share.

import { context } from "../index.js";

/**
 * The limits of the context that all sockets share. It has static functions only.
 *
 * @example
 * ```ts
 * import * as zmq from "zmq-native/v5-compat";
 *
 * zmq.Context.setMaxSockets(2000);
 * console.log(zmq.Context.getMaxSockets()); // 2000
 * ```
 */
export class Context {
  /**
   * Contexts cannot be created in compatibility mode.
   *
   * @throws Error always.
   */
  constructor() {
    throw new Error("Context cannot be instantiated in compatibility mode");
  }

  /**
   * Sets the number of libzmq's I/O threads. Call it before the first socket is created. Default 1. libzmq:
   * `ZMQ_IO_THREADS`.
   *
   * @throws ZmqError `EINVAL`: the number is negative.
   * @throws TypeError: the value is not a number.
   */
  static setMaxThreads(value: number): void {
    context.ioThreads = value;
  }

  /** Returns the number of libzmq's I/O threads. Never throws. libzmq: `ZMQ_IO_THREADS`. */
  static getMaxThreads(): number {
    return context.ioThreads;
  }

  /**
   * Sets the largest number of open sockets. Call it before the first socket is created. Default 1023. libzmq:
   * `ZMQ_MAX_SOCKETS`.
   *
   * @throws ZmqError `EINVAL`: the number is below 1 or above the limit of libzmq.
   * @throws TypeError: the value is not a number.
   */
  static setMaxSockets(value: number): void {
    context.maxSockets = value;
  }

  /** Returns the largest number of open sockets. Never throws. libzmq: `ZMQ_MAX_SOCKETS`. */
  static getMaxSockets(): number {
    return context.maxSockets;
  }
}
