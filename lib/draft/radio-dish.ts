// Radio and Dish, which exchange messages by group.

import * as zmq from "../binding/constants.js";
import type { Message, MessageLike } from "../message/frames.js";
import type { GroupInfo, GroupOptions } from "../message/tag.js";
import type { SocketOptions } from "../socket/class-options.js";
import type { ReadableSocket, WritableSocket } from "../socket/interfaces.js";
import { Socket } from "../socket/socket.js";

/**
 * Sends each message to the Dish sockets that joined its group. Messages have one frame. Draft sockets may still change in
 * libzmq. libzmq: `ZMQ_RADIO`. RFC 48.
 *
 * @example
 * ```ts
 * import { Dish, Radio } from "zmq-native/draft";
 *
 * const radio = new Radio();
 * const dish = new Dish();
 * await dish.bind("udp://127.0.0.1:5555");
 * dish.join("news");
 * radio.connect("udp://127.0.0.1:5555");
 * await radio.send("hello", { group: "news" });
 * const [message] = await dish.receive();
 * console.log(String(message)); // hello
 * ```
 */
export class Radio extends Socket {
  /**
   * Creates a Radio socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Radio>) {
    super(zmq.ZMQ_RADIO, options);
  }
}
export interface Radio extends WritableSocket<MessageLike, [GroupOptions]> {}

/**
 * Receives messages that Radio sockets send to the groups it joined. Draft sockets may still change in libzmq. libzmq:
 * `ZMQ_DISH`. RFC 48.
 *
 * @example
 * ```ts
 * import { Dish, Radio } from "zmq-native/draft";
 *
 * const radio = new Radio();
 * const dish = new Dish();
 * await dish.bind("udp://127.0.0.1:5555");
 * dish.join("news", "weather");
 * radio.connect("udp://127.0.0.1:5555");
 * await radio.send("sunny", { group: "weather" });
 * const [message, { group }] = await dish.receive();
 * console.log(`${group}: ${message}`); // weather: sunny
 * ```
 */
export class Dish extends Socket {
  /**
   * Creates a Dish socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Dish>) {
    super(zmq.ZMQ_DISH, options);
  }
}
export interface Dish extends ReadableSocket<[Message, GroupInfo]> {
  /**
   * Joins groups, of up to 255 bytes each: messages to them are received from then on. libzmq: `zmq_join`.
   *
   * @throws ZmqError `EINVAL`: the socket has joined a group already, or its name is too long.
   * @throws ZmqError `EBUSY`: a `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: a group is neither a string nor a Buffer.
   *
   * @example
   * ```ts
   * import { Dish } from "zmq-native/draft";
   *
   * const dish = new Dish();
   * dish.join("news", "weather");
   * ```
   */
  join(...groups: (Buffer | string)[]): void;
  /**
   * Leaves groups. libzmq: `zmq_leave`.
   *
   * @throws ZmqError `EINVAL`: the socket has not joined a group, or its name is too long.
   * @throws ZmqError `EBUSY`: a `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: a group is neither a string nor a Buffer.
   *
   * @example
   * ```ts
   * import { Dish } from "zmq-native/draft";
   *
   * const dish = new Dish();
   * dish.join("news");
   * dish.leave("news");
   * ```
   */
  leave(...groups: (Buffer | string)[]): void;
}
