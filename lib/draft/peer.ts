// Peer, which exchanges messages with other Peers by routing id.

import * as zmq from "../binding/constants.js";
import { coreOf } from "../core/registry.js";
import type { Message, MessageLike } from "../message/frames.js";
import type { RoutingOptions } from "../message/tag.js";
import type { Values } from "../options/kinds.js";
import type { disconnectOptions, helloOptions, hiccupOptions } from "../options/table.js";
import type { SocketOptions } from "../socket/class-options.js";
import { atEndpoint } from "../socket/endpoints.js";
import type { ReadableSocket, WritableSocket } from "../socket/interfaces.js";
import { Socket } from "../socket/socket.js";

/**
 * Exchanges messages with other Peers. Each message has one frame and a routing id, as with a Server; `connectPeer` returns
 * the routing id of the other side. Draft sockets may still change in libzmq. libzmq: `ZMQ_PEER`.
 *
 * @example
 * ```ts
 * import { Peer } from "zmq-native/draft";
 *
 * const [left, right] = [new Peer(), new Peer()];
 * await left.bind("tcp://127.0.0.1:*");
 * const routingId = right.connectPeer(left.lastEndpoint!);
 * await right.send("hello", { routingId });
 * const [message] = await left.receive();
 * console.log(String(message)); // hello
 * ```
 */
export class Peer extends Socket {
  /**
   * Creates a Peer socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Peer>) {
    super(zmq.ZMQ_PEER, options);
  }

  /**
   * Connects to an endpoint, as {@link Socket.connect} does, and returns the routing id for sending to that peer. libzmq:
   * `zmq_connect_peer`.
   *
   * @throws ZmqError `EFAULT`: the socket has `immediate`, so the peer has no routing id before it is connected.
   * @throws ZmqError `EINVAL`: the endpoint is invalid; `detail` says why.
   * @throws ZmqError `EPROTONOSUPPORT`: this binary lacks the transport.
   * @throws ZmqError `ENOCOMPATPROTO`: the transport does not support this socket type.
   * @throws ZmqError with any other error of `zmq_connect_peer`.
   * @throws ZmqError `EBUSY`: a `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import { Peer } from "zmq-native/draft";
   *
   * const [left, right] = [new Peer(), new Peer()];
   * await left.bind("tcp://127.0.0.1:*");
   * const routingId = right.connectPeer(left.lastEndpoint!);
   * await right.send("hello", { routingId });
   * console.log(String((await left.receive())[0])); // hello
   * ```
   */
  connectPeer(address: string): number {
    return atEndpoint(coreOf(this), "connectPeer", address);
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
   * import { Peer } from "zmq-native/draft";
   *
   * const server = new Peer();
   * const client = new Peer();
   * await server.bind("tcp://127.0.0.1:*");
   * const id = client.connectPeer(server.lastEndpoint!);
   * await client.send("hello", { routingId: id });
   * const [, { routingId }] = await server.receive();
   * server.disconnectPeer(routingId);
   * ```
   */
  disconnectPeer(routingId: number): void {
    coreOf(this).disconnectPeer(routingId);
  }
}
export interface Peer
  extends ReadableSocket<[Message, RoutingOptions]>,
    WritableSocket<MessageLike, [RoutingOptions]>,
    Values<typeof helloOptions>,
    Values<typeof disconnectOptions>,
    Values<typeof hiccupOptions> {}
