// Request and Reply; and Dealer and Router, which send and receive in any order.

import * as zmq from "../../binding/constants.js";
import { coreOf } from "../../core/registry.js";
import type { Values } from "../../options/kinds.js";
import type {
  conflateOptions,
  disconnectOptions,
  helloOptions,
  hiccupOptions,
  probeOptions,
  requestOptions,
  routerOptions,
  routingIdOptions,
} from "../../options/table.js";
import type { SocketOptions } from "../class-options.js";
import { connectIdOf } from "../connect-id.js";
import { atEndpoint } from "../endpoints.js";
import type { ReadableSocket, WritableSocket } from "../interfaces.js";
import { Socket } from "../socket.js";

/**
 * Sends a request, then receives its reply: `send` and `receive` must alternate. With several peers, each request goes to
 * the next one (round-robin). Set `relaxed` and `correlate` to send again when a reply does not arrive. libzmq: `ZMQ_REQ`.
 * RFC 28.
 *
 * @example
 * ```ts
 * import { Reply, Request } from "zmq-native";
 *
 * const reply = new Reply();
 * const request = new Request();
 * await reply.bind("tcp://127.0.0.1:*");
 * request.connect(reply.lastEndpoint!);
 * await request.send("6 * 7");
 * const [question] = await reply.receive();
 * await reply.send(`${question} = 42`);
 * console.log(String(await request.receive())); // 6 * 7 = 42
 * ```
 */
export class Request extends Socket {
  /**
   * Creates a Request socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Request>) {
    super(zmq.ZMQ_REQ, options);
  }
}
export interface Request
  extends ReadableSocket,
    WritableSocket,
    Values<typeof routingIdOptions>,
    Values<typeof probeOptions>,
    Values<typeof requestOptions> {}

/**
 * Receives a request, then sends its reply: `receive` and `send` must alternate. The reply goes to the peer that sent the
 * request. libzmq: `ZMQ_REP`. RFC 28.
 *
 * @example
 * ```ts
 * import { Reply, Request } from "zmq-native";
 *
 * const reply = new Reply();
 * const request = new Request();
 * await reply.bind("tcp://127.0.0.1:*");
 * request.connect(reply.lastEndpoint!);
 * await request.send("time");
 * for await (const [question] of reply) {
 *   await reply.send(`no ${question}`);
 *   break;
 * }
 * console.log(String(await request.receive())); // no time
 * ```
 */
export class Reply extends Socket {
  /**
   * Creates a Reply socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Reply>) {
    super(zmq.ZMQ_REP, options);
  }
}
export interface Reply extends ReadableSocket, WritableSocket, Values<typeof routingIdOptions> {}

/**
 * Sends messages to its peers round-robin, and receives from all of them. Unlike a Request, it may send and receive in any
 * order. To talk to a Reply, put an empty frame before the message. libzmq: `ZMQ_DEALER`. RFC 28.
 *
 * @example
 * ```ts
 * import { Dealer, Reply } from "zmq-native";
 *
 * const dealer = new Dealer();
 * const reply = new Reply();
 * await reply.bind("tcp://127.0.0.1:*");
 * dealer.connect(reply.lastEndpoint!);
 * await dealer.sendMany([["", "first"], ["", "second"]]);
 * console.log(String(await reply.receive())); // first
 * await reply.send("done");
 * console.log(String((await dealer.receive())[1])); // done
 * ```
 */
export class Dealer extends Socket {
  /**
   * Creates a Dealer socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Dealer>) {
    super(zmq.ZMQ_DEALER, options);
  }
}
export interface Dealer
  extends ReadableSocket,
    WritableSocket,
    Values<typeof routingIdOptions>,
    Values<typeof probeOptions>,
    Values<typeof conflateOptions>,
    Values<typeof helloOptions>,
    Values<typeof hiccupOptions> {}

/** Options of `Router.connect`. */
export interface RouterConnectOptions {
  /**
   * The id by which the program addresses this peer. Use a Buffer for an id that is not text. Default: libzmq assigns one.
   * libzmq: `ZMQ_CONNECT_ROUTING_ID`.
   */
  routingId?: string | Buffer;
}

/**
 * Addresses peers by their routing id, the first frame of each message. A received message begins with the id of its
 * sender, and a sent message goes to the peer with that id. Without `mandatory`, libzmq silently drops messages to peers that
 * are unknown or whose queue is full. libzmq: `ZMQ_ROUTER`. RFC 28.
 *
 * @example
 * ```ts
 * import { Dealer, Router } from "zmq-native";
 *
 * const router = new Router();
 * const dealer = new Dealer({ routingId: "worker-1" });
 * await router.bind("tcp://127.0.0.1:*");
 * dealer.connect(router.lastEndpoint!);
 * await dealer.send("ready");
 * const [id] = await router.receive();
 * await router.send([id!, "job"]);
 * console.log(`${id} got ${await dealer.receive()}`); // worker-1 got job
 * ```
 */
export class Router extends Socket {
  /**
   * Creates a Router socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Router>) {
    super(zmq.ZMQ_ROUTER, options);
  }

  /**
   * Connects to an endpoint, as {@link Socket.connect} does, and optionally chooses the peer's routing id. It returns at
   * once; libzmq connects in the background and retries until it succeeds. libzmq: `zmq_connect`,
   * `ZMQ_CONNECT_ROUTING_ID`.
   *
   * @throws ZmqError `EADDRINUSE`: another peer has this routing id.
   * @throws ZmqError `EINVAL`: the endpoint is invalid; `detail` says why.
   * @throws ZmqError `EPROTONOSUPPORT`: this binary lacks the transport.
   * @throws ZmqError `ENOCOMPATPROTO`: the transport does not support this socket type.
   * @throws ZmqError with any other error of `zmq_connect`.
   * @throws ZmqError `EBUSY`: a `bind` or `unbind` is pending, or a proxy uses the socket.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the address is not a string, or `routingId` is neither a string nor a Buffer.
   *
   * @example
   * ```ts
   * import { Dealer, Router } from "zmq-native";
   *
   * const dealer = new Dealer();
   * const router = new Router();
   * await dealer.bind("tcp://127.0.0.1:*");
   * router.connect(dealer.lastEndpoint!, { routingId: "backend" });
   * await router.send(["backend", "hello"]);
   * console.log(String(await dealer.receive())); // hello
   * ```
   */
  override connect(address: string, options?: RouterConnectOptions): void {
    atEndpoint(coreOf(this), "connect", address, connectIdOf(options));
  }
}
export interface Router
  extends ReadableSocket,
    WritableSocket,
    Values<typeof routingIdOptions>,
    Values<typeof routerOptions>,
    Values<typeof probeOptions>,
    Values<typeof helloOptions>,
    Values<typeof disconnectOptions> {}
