// Datagram, which exchanges UDP packets.

import * as zmq from "../binding/constants.js";
import type { Message, MessageLike } from "../message/frames.js";
import type { SocketOptions } from "../socket/class-options.js";
import type { ReadableSocket, WritableSocket } from "../socket/interfaces.js";
import { Socket } from "../socket/socket.js";

/**
 * Sends and receives UDP packets. Each message is `[address, data]`, with an address such as `192.0.2.1:5555`. Draft sockets
 * may still change in libzmq. libzmq: `ZMQ_DGRAM`.
 *
 * @example
 * ```ts
 * import { Datagram } from "zmq-native/draft";
 *
 * const server = new Datagram();
 * const client = new Datagram();
 * await server.bind("udp://127.0.0.1:5555");
 * await client.bind("udp://127.0.0.1:5556");
 * await client.send(["127.0.0.1:5555", "ping"]);
 * const [address, data] = await server.receive();
 * console.log(String(data)); // ping
 * await server.send([address, "pong"]);
 * console.log(String((await client.receive())[1])); // pong
 * ```
 */
export class Datagram extends Socket {
  /**
   * Creates a Datagram socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Datagram>) {
    super(zmq.ZMQ_DGRAM, options);
  }
}
export interface Datagram
  extends ReadableSocket<[Message, Message]>,
    WritableSocket<[MessageLike, MessageLike]> {}
