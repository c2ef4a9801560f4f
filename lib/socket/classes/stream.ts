// Stream, whose peers are programs without ZeroMQ.

import * as zmq from "../../binding/constants.js";
import { coreOf } from "../../core/registry.js";
import type { Message, MessageLike } from "../../message/frames.js";
import type { Values } from "../../options/kinds.js";
import type { streamOptions } from "../../options/table.js";
import type { SocketOptions } from "../class-options.js";
import { connectIdOf } from "../connect-id.js";
import { atEndpoint } from "../endpoints.js";
import type { ReadableSocket, WritableSocket } from "../interfaces.js";
import { Socket } from "../socket.js";

/** Options of `Stream.connect`. */
export interface StreamConnectOptions {
  /**
   * The id by which the program addresses this peer. Use a Buffer for an id that is not text. Default: libzmq assigns one.
   * libzmq: `ZMQ_CONNECT_ROUTING_ID`.
   */
  routingId?: string | Buffer;
}

/**
 * Exchanges bytes with plain TCP peers, such as HTTP clients. Each message is `[id, data]`. An empty `data` is received when
 * a peer connects or disconnects (see `notify`); sending an empty `data` closes the connection. libzmq: `ZMQ_STREAM`.
 *
 * @example
 * ```ts
 * import { connect } from "node:net";
 * import { Stream } from "zmq-native";
 *
 * const stream = new Stream({ notify: false });
 * await stream.bind("tcp://127.0.0.1:*");
 * const client = connect(Number(stream.lastEndpoint!.split(":")[2]), "127.0.0.1");
 * client.write("hello");
 * const [id, data] = await stream.receive();
 * console.log(String(data)); // hello
 * await stream.send([id, "goodbye"]);
 * for await (const reply of client) {
 *   console.log(String(reply)); // goodbye
 *   break;
 * }
 * ```
 */
export class Stream extends Socket {
  /**
   * Creates a Stream socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Stream>) {
    super(zmq.ZMQ_STREAM, options);
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
   * import { createServer } from "node:net";
   * import { Stream } from "zmq-native";
   *
   * const server = createServer((socket) => socket.end("welcome"));
   * await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
   * const { port } = server.address() as { port: number };
   * const stream = new Stream({ notify: false });
   * stream.connect(`tcp://127.0.0.1:${port}`, { routingId: "server" });
   * const [id, data] = await stream.receive();
   * console.log(`${id}: ${data}`); // server: welcome
   * ```
   */
  override connect(address: string, options?: StreamConnectOptions): void {
    atEndpoint(coreOf(this), "connect", address, connectIdOf(options));
  }
}
export interface Stream
  extends ReadableSocket<[Message, Message]>,
    WritableSocket<[MessageLike, MessageLike]>,
    Values<typeof streamOptions> {}
