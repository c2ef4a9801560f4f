// Pair, which has exactly one peer.

import * as zmq from "../../binding/constants.js";
import type { SocketOptions } from "../class-options.js";
import type { ReadableSocket, WritableSocket } from "../interfaces.js";
import { Socket } from "../socket.js";

/**
 * An exclusive pair: exchanges messages with exactly one other Pair, often over `inproc://` between threads. Further peers
 * are rejected. libzmq: `ZMQ_PAIR`. RFC 31.
 *
 * @example
 * ```ts
 * import { Pair } from "zmq-native";
 *
 * const [left, right] = [new Pair(), new Pair()];
 * await left.bind("inproc://pair");
 * right.connect("inproc://pair");
 * await left.send("ping");
 * console.log(String(await right.receive())); // ping
 * ```
 */
export class Pair extends Socket {
  /**
   * Creates a Pair socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Pair>) {
    super(zmq.ZMQ_PAIR, options);
  }
}
export interface Pair extends WritableSocket, ReadableSocket {}
