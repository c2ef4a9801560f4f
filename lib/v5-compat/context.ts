// The one context that all sockets of version 5 share, as its static functions show it.

import { context } from "../index.js";

/** The limits of the context; it cannot be constructed. */
export class Context {
  constructor() {
    throw new Error("Context cannot be instantiated in compatibility mode");
  }

  /** Sets how many I/O threads libzmq uses, before the first socket is made. Default 1. `ZMQ_IO_THREADS` */
  static setMaxThreads(value: number): void {
    context.ioThreads = value;
  }

  /** I/O threads of libzmq. `ZMQ_IO_THREADS` */
  static getMaxThreads(): number {
    return context.ioThreads;
  }

  /** Sets how many sockets may be open at once. Default 1023. `ZMQ_MAX_SOCKETS` */
  static setMaxSockets(value: number): void {
    context.maxSockets = value;
  }

  /** Sockets that may be open at once. `ZMQ_MAX_SOCKETS` */
  static getMaxSockets(): number {
    return context.maxSockets;
  }
}
