// Channel, which has exactly one peer.

import * as zmq from "../binding/constants.js";
import type { Message, MessageLike } from "../message/frames.js";
import type { SocketOptions } from "../socket/class-options.js";
import type { ReadableSocket, WritableSocket } from "../socket/interfaces.js";
import { Socket } from "../socket/socket.js";

/**
 * An exclusive pair: exchanges messages of one frame with exactly one other Channel. Draft sockets may still change in
 * libzmq. libzmq: `ZMQ_CHANNEL`. RFC 52.
 *
 * @example
 * ```ts
 * import { Channel } from "zmq-native/draft";
 *
 * const [left, right] = [new Channel(), new Channel()];
 * await left.bind("inproc://channel");
 * right.connect("inproc://channel");
 * await left.send("hello");
 * console.log(String(await right.receive())); // hello
 * ```
 */
export class Channel extends Socket {
  /**
   * Creates a Channel socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Channel>) {
    super(zmq.ZMQ_CHANNEL, options);
  }
}
export interface Channel extends ReadableSocket<[Message]>, WritableSocket<MessageLike> {}
