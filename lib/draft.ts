// The draft sockets of libzmq, whose interface may still change there.

import { emitWarning } from "node:process";
import { capability } from "./binding/capability.js";
import * as zmq from "./binding/constants.js";
import { coreOf } from "./core/registry.js";
import type { Message, MessageLike } from "./message/frames.js";
import type { GroupInfo, GroupOptions, RoutingOptions } from "./message/tag.js";
import type { Values } from "./options/kinds.js";
import { conflateOptions, hiccupOptions, receiveOptions, sendOptions } from "./options/table.js";
import { defineSocketOptions, type SocketOptions } from "./socket/classes.js";
import { atEndpoint } from "./socket/endpoints.js";
import type { ReadableSocket, WritableSocket } from "./socket/interfaces.js";
import { Socket } from "./socket/socket.js";

export type { GroupInfo, GroupOptions, RoutingOptions } from "./message/tag.js";

if (!capability.draft) throw new Error("This build of libzmq has no draft sockets");
emitWarning("ZeroMQ draft features are experimental and could change at any time.");

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
    WritableSocket<MessageLike, [RoutingOptions]> {}

/**
 * Sends messages to Servers in turn and receives from all of them. Messages have one frame. Draft sockets may still change in
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
    Values<typeof hiccupOptions> {}

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

/**
 * Receives messages from all connected Scatter sockets, in fair turns. Messages have one frame. Draft sockets may still
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
 * Sends messages to its Gather peers in turn. Messages have one frame. Draft sockets may still change in libzmq. libzmq:
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
    Values<typeof hiccupOptions> {}

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

defineSocketOptions([
  [Server, sendOptions, receiveOptions],
  [Client, sendOptions, receiveOptions, hiccupOptions],
  [Radio, sendOptions],
  [Dish, receiveOptions],
  [Gather, receiveOptions, conflateOptions],
  [Scatter, sendOptions, conflateOptions],
  [Datagram, sendOptions, receiveOptions],
  [Peer, sendOptions, receiveOptions, hiccupOptions],
  [Channel, sendOptions, receiveOptions],
]);

// For `import draft from`, which the compiler turns into `.default` in CommonJS.
Object.defineProperty(exports, "default", { value: exports });
