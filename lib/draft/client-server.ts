// Client and Server, which exchange messages with a routing id.

import * as zmq from "../binding/constants.js";
import { coreOf } from "../core/registry.js";
import type { Message, MessageLike } from "../message/frames.js";
import type { RoutingOptions } from "../message/tag.js";
import type { Values } from "../options/kinds.js";
import type { disconnectOptions, helloOptions, hiccupOptions } from "../options/table.js";
import type { SocketOptions } from "../socket/class-options.js";
import type { ReadableSocket, WritableSocket } from "../socket/interfaces.js";
import { Socket } from "../socket/socket.js";

/**
 * Exchanges messages with many Clients. Each message has one frame and a routing id, a number that identifies the Client.
 * Draft sockets may still change in libzmq. libzmq: `ZMQ_SERVER`. RFC 41.
 *
 * @example
 * ```ts
 * import { Client, Server } from "zmq-native/draft";
 *
 * const server = new Server();
 * const client = new Client();
 * await server.bind("tcp://127.0.0.1:*");
 * client.connect(server.lastEndpoint!);
 * await client.send("ping");
 * const [message, { routingId }] = await server.receive();
 * await server.send(`${message} pong`, { routingId });
 * console.log(String(await client.receive())); // ping pong
 * ```
 */
export class Server extends Socket {
  /**
   * Creates a Server socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Server>) {
    super(zmq.ZMQ_SERVER, options);
  }

  /**
   * Disconnects a peer after the messages for it have been sent. Messages from it that have not been received are
   * dropped. A Client reconnects, with another routing id. Only the bundled libzmq supports it. libzmq:
   * `zmq_disconnect_peer`.
   *
   * @throws ZmqError `EHOSTUNREACH`: no peer has this routing id.
   * @throws ZmqError `EINVAL`: the routing id is not from 1 to 4294967295.
   * @throws ZmqError `ENOTSUP`: the addon was built against the system's libzmq.
   * @throws ZmqError `EBUSY`: a `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the routing id is not a number.
   *
   * @example
   * ```ts
   * import { Client, Server } from "zmq-native/draft";
   *
   * const server = new Server();
   * const client = new Client();
   * await server.bind("tcp://127.0.0.1:*");
   * client.connect(server.lastEndpoint!);
   * await client.send("hello");
   * const [, { routingId }] = await server.receive();
   * server.disconnectPeer(routingId);
   * ```
   */
  disconnectPeer(routingId: number): void {
    coreOf(this).disconnectPeer(routingId);
  }
}
export interface Server
  extends ReadableSocket<[Message, RoutingOptions]>,
    WritableSocket<MessageLike, [RoutingOptions]>,
    Values<typeof helloOptions>,
    Values<typeof disconnectOptions> {}

/**
 * Sends messages to its Servers round-robin and receives from all of them. Messages have one frame. Draft sockets may still change in
 * libzmq. libzmq: `ZMQ_CLIENT`. RFC 41.
 *
 * @example
 * ```ts
 * import { Client, Server } from "zmq-native/draft";
 *
 * const server = new Server();
 * const client = new Client();
 * await server.bind("tcp://127.0.0.1:*");
 * client.connect(server.lastEndpoint!);
 * await client.send("ping");
 * const [message] = await server.receive();
 * console.log(String(message)); // ping
 * ```
 */
export class Client extends Socket {
  /**
   * Creates a Client socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Client>) {
    super(zmq.ZMQ_CLIENT, options);
  }
}
export interface Client
  extends ReadableSocket<[Message]>,
    WritableSocket<MessageLike>,
    Values<typeof helloOptions>,
    Values<typeof hiccupOptions> {}
