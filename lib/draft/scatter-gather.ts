// Scatter and Gather, which distribute messages among peers.

import * as zmq from "../binding/constants.js";
import type { Message, MessageLike } from "../message/frames.js";
import type { Values } from "../options/kinds.js";
import type { conflateOptions } from "../options/table.js";
import type { SocketOptions } from "../socket/class-options.js";
import type { ReadableSocket, WritableSocket } from "../socket/interfaces.js";
import { Socket } from "../socket/socket.js";

/**
 * Receives messages from all connected Scatter sockets (fair queuing). Messages have one frame. Draft sockets may still
 * change in libzmq. libzmq: `ZMQ_GATHER`. RFC 49.
 *
 * @example
 * ```ts
 * import { Gather, Scatter } from "zmq-native/draft";
 *
 * const gather = new Gather();
 * const scatter = new Scatter();
 * await gather.bind("tcp://127.0.0.1:*");
 * scatter.connect(gather.lastEndpoint!);
 * await scatter.send("job");
 * console.log(String(await gather.receive())); // job
 * ```
 */
export class Gather extends Socket {
  /**
   * Creates a Gather socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Gather>) {
    super(zmq.ZMQ_GATHER, options);
  }
}
export interface Gather extends ReadableSocket<[Message]>, Values<typeof conflateOptions> {}

/**
 * Sends each message to one of its Gather peers, round-robin. Messages have one frame. Draft sockets may still change in libzmq. libzmq:
 * `ZMQ_SCATTER`. RFC 49.
 *
 * @example
 * ```ts
 * import { Gather, Scatter } from "zmq-native/draft";
 *
 * const scatter = new Scatter();
 * const gather = new Gather();
 * await scatter.bind("tcp://127.0.0.1:*");
 * gather.connect(scatter.lastEndpoint!);
 * await scatter.send("job");
 * console.log(String(await gather.receive())); // job
 * ```
 */
export class Scatter extends Socket {
  /**
   * Creates a Scatter socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Scatter>) {
    super(zmq.ZMQ_SCATTER, options);
  }
}
export interface Scatter extends WritableSocket<MessageLike>, Values<typeof conflateOptions> {}
