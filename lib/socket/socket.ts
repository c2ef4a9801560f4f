// The base class of all sockets: opening, endpoints, options, closing. The socket classes are in lib/socket/classes/.

import { type InspectOptionsStylized, inspect } from "node:util";
import {
  baseClass,
  expectIdentifier,
  expectOptions,
  guardMethods,
  illegalInvocation,
  isObject,
  shown,
} from "../arguments/checks.js";
import { type CloseOptions, lingerOf } from "../arguments/close-options.js";
import { markClass, refuseOtherCopy } from "../arguments/copies.js";
import type { OperationOptions, SendOptions } from "../arguments/operation-options.js";
import { capability } from "../binding/capability.js";
import { ZMQ_POLLIN, ZMQ_POLLOUT } from "../binding/constants.js";
import { check, invalidArgument } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import { Context, context as defaultContext } from "../context/context.js";
import { identityOf } from "../core/identity.js";
import { Core } from "../core/open-socket.js";
import { coreOf, readCoresBy } from "../core/registry.js";
import { notice, prepare, traced } from "../diagnostics/channels.js";
import { toEndpoint } from "../endpoint/index.js";
import { endOf, Observer, observerOf } from "../observer/observer.js";
import { explainAssignment, explainReading, explainValue } from "../options/explain.js";
import { defineOptions, type Kind, kinds, type Values } from "../options/kinds.js";
import { commonOptions, curveOptions, gssapiOptions, statusOptions, wssOptions } from "../options/table.js";
import { atAddress, atEndpoint, record, retryAddress } from "./endpoints.js";
import { flush } from "./flush.js";
import { inspectSocket } from "./inspection.js";
import { endpointsOf, type SocketEndpoint } from "./peers/endpoints.js";
import { Peers, waitForPeers, watch } from "./peers/peers.js";
import { type BatchOptions, type MetadataOptions, Receiver } from "./receiver.js";
import { Sender } from "./sender.js";
import { lastState, type SocketStatistics, statisticsOf } from "./statistics.js";
import { traceEndpoint } from "./tracing-endpoints.js";

export type { CloseOptions } from "../arguments/close-options.js";

export interface Socket
  extends Values<typeof commonOptions>,
    Readonly<Values<typeof statusOptions>>,
    Values<typeof curveOptions>,
    Values<typeof gssapiOptions>,
    Values<typeof wssOptions> {}

/**
 * The base class of all sockets: endpoints, options, connection events, closing. Create one of the derived classes, such
 * as {@link Push} or {@link Subscriber}.
 *
 * A socket with a pending operation keeps the process alive and is never garbage-collected. An idle socket does
 * neither. libzmq: `zmq_socket`.
 *
 * @example
 * ```ts
 * import { Pull, Push, type Socket } from "zmq-native";
 *
 * function describe(socket: Socket) {
 *   return socket.closed ? "closed" : `open at ${socket.lastEndpoint}`;
 * }
 * const pull = new Pull({ receiveHighWaterMark: 500 });
 * console.log(describe(new Push())); // open at null
 * pull.close();
 * console.log(describe(pull)); // closed
 * ```
 */
@baseClass({ most: 2 })
export abstract class Socket implements Disposable, AsyncDisposable {
  readonly #core: Core;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  #peers: Peers | undefined;

  static {
    markClass(Socket.prototype, "Socket");
    readCoresBy((socket) => (isObject(socket) && #core in socket ? socket.#core : undefined));

    const owns = (object: object) => #core in object;
    const byAddress = ["bind", "unbind", "bindSync", "unbindSync", "connect", "disconnect", "reconnect"];
    guardMethods(Socket.prototype, owns, byAddress, { most: 1 }, toEndpoint);
    for (const kind of ["Bool", "Int32", "Uint32", "Int64", "Uint64", "String"]) {
      guardMethods(Socket.prototype, owns, [`get${kind}Option`], { most: 1 }, expectIdentifier);
      guardMethods(Socket.prototype, owns, [`set${kind}Option`], { most: 2 }, expectIdentifier);
    }
    guardMethods(Socket.prototype, owns, ["statistics"], { most: 0 });
    guardMethods(Socket.prototype, owns, ["waitForPeers"], { most: 1, options: true });
    guardMethods(Socket.prototype, owns, ["close"], { most: 0, options: true });

    // `this` is checked only after the access has thrown, so a call that succeeds pays nothing.
    const senderOf = (socket: Socket) => {
      try {
        return socket.#sender;
      } catch {
        throw illegalInvocation();
      }
    };
    const receiverOf = (socket: Socket) => {
      try {
        return socket.#receiver;
      } catch {
        throw illegalInvocation();
      }
    };

    // Every class has these methods at run time, as in zeromq. The types Writable and Readable show them only on
    // sockets that can use them.
    const operations = {
      send(this: Socket, message: unknown, options?: SendOptions) {
        // biome-ignore lint/complexity/noArguments: rest parameters would cost an array on every send
        const count = arguments.length;
        if (count > 2 || (count === 2 && typeof options !== "object" && options !== undefined)) {
          senderOf(this).refuseArguments(count);
        }
        const sender = senderOf(this);
        return traced.send ? sender.tracedSend(message, options) : sender.send(message, options);
      },
      trySend(this: Socket, message: unknown, options?: unknown) {
        const sender = senderOf(this);
        return traced.send ? sender.tracedTrySend(message, options) : sender.trySend(message, options);
      },
      sendMany(this: Socket, messages: Iterable<unknown>, options?: OperationOptions) {
        const sender = senderOf(this);
        return traced.send ? sender.tracedSendMany(messages, options) : sender.sendMany(messages, options);
      },
      receive(this: Socket, options?: OperationOptions) {
        // biome-ignore lint/complexity/noArguments: as above
        const count = arguments.length;
        if (count > 1 || (count === 1 && typeof options !== "object" && options !== undefined)) {
          throw new TypeError(`Expected 0 arguments but received ${count}`);
        }
        const receiver = receiverOf(this);
        return traced.receive ? receiver.traced("receive", options) : receiver.receive(options);
      },
      tryReceive(this: Socket) {
        const receiver = receiverOf(this);
        return traced.receive ? receiver.tracedTryReceive() : receiver.tryReceive();
      },
      receiveMany(this: Socket, options?: BatchOptions) {
        const receiver = receiverOf(this);
        return traced.receive ? receiver.traced("receiveMany", options) : receiver.receiveMany(options);
      },
      receiveWithMetadata(this: Socket, options?: MetadataOptions) {
        const receiver = receiverOf(this);
        return traced.receive
          ? receiver.traced("receiveWithMetadata", options)
          : receiver.receiveWithMetadata(options);
      },
      messagesWithMetadata(this: Socket, options?: MetadataOptions) {
        return receiverOf(this).messagesWithMetadata(options);
      },
      batches(this: Socket, options?: BatchOptions) {
        return receiverOf(this).batches(options);
      },
      join(this: Socket, ...groups: unknown[]) {
        coreOf(this).group("join", groups);
      },
      leave(this: Socket, ...groups: unknown[]) {
        coreOf(this).group("leave", groups);
      },
      [Symbol.asyncIterator](this: Socket) {
        return receiverOf(this).messages();
      },
    };
    Object.defineProperty(Socket.prototype, inspect.custom, {
      value(this: Socket, depth: number, options: InspectOptionsStylized) {
        // `this` may be a prototype, or an object that only inherits from one.
        if (!(#core in this)) return this;
        return inspectSocket(this.constructor.name, this.#core, depth, options);
      },
      configurable: true,
      writable: true,
    });
    for (const name of Reflect.ownKeys(operations)) {
      const value = operations[name as keyof typeof operations];
      Object.defineProperty(Socket.prototype, name, { value, writable: true, configurable: true });
    }
  }

  /**
   * Opens a socket and sets its options in the order of the object's properties. libzmq: `zmq_socket`.
   *
   * @param type The socket type's number in libzmq, such as `ZMQ_PUSH` (8). Derived classes pass it.
   * @param options Any writable options of the class, and `context`.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option, or was built without the socket type.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  // `object`, since derived classes pass options that this class does not know.
  protected constructor(type: number, options: object & { context?: Context | undefined } = {}) {
    if (typeof type !== "number") throw new TypeError("Socket type must be a number");
    expectOptions(options);
    const { context = defaultContext, ...values } = options;
    if (!(context instanceof Context)) {
      refuseOtherCopy(context, "Context", "options.context");
      throw invalidArgument(`options.context must be a Context, got ${shown(context)}`);
    }
    this.#core = new Core(context, type);
    this.#sender = new Sender(this.#core);
    this.#receiver = new Receiver(this.#core);
    Object.seal(this);
    try {
      Object.assign(this, values);
    } catch (error) {
      this.#core.close();
      throw explainAssignment(error, this, values);
    }
    this.#core.socket = this;
    this.#core.lastState = lastState;
    prepare();
    notice("socket:open", () => identityOf(this.#core));
  }

  /** The context that the socket belongs to. Undefined once the socket is closed. */
  get context(): Context {
    return this.#core.context as Context;
  }

  /** Whether the socket is closed. A close during `bind` or `unbind` takes effect when that operation has ended. */
  get closed(): boolean {
    return this.#core.handle === 0;
  }

  /** Whether a message can be received now without waiting. False once closed. libzmq: `ZMQ_POLLIN` of `ZMQ_EVENTS`. */
  get readable(): boolean {
    return !this.closed && (this.#receiver.holdsMessages || this.#has(ZMQ_POLLIN));
  }

  /** Whether a message can be sent now without waiting. False once closed. libzmq: `ZMQ_POLLOUT` of `ZMQ_EVENTS`. */
  get writable(): boolean {
    return !this.closed && this.#has(ZMQ_POLLOUT);
  }

  /**
   * Starts to accept connections on an endpoint, such as `tcp://127.0.0.1:5555` or `ipc:///run/app.sock`. A `*` as the
   * port lets the system choose one; `lastEndpoint` is then the endpoint with that port.
   *
   * The promise resolves when peers can connect. Host names are resolved in the background. No other operation of the
   * socket may start until the promise settles. A socket may bind to several endpoints, and also connect.
   * docs/transports.md describes the endpoints of each transport. libzmq: `zmq_bind`.
   *
   * @throws ZmqError `EADDRINUSE` (rejects): the endpoint is in use.
   * @throws ZmqError `EADDRNOTAVAIL` (rejects): the address belongs to no interface of this machine.
   * @throws ZmqError `ENODEV` (rejects): the host is neither an address nor a network interface nor a host name.
   * @throws ZmqError `EACCES` (rejects): the process may not bind to this port or path.
   * @throws ZmqError `EINVAL` (rejects): the endpoint or a multicast option is invalid; `detail` says why.
   * @throws ZmqError `ENAMETOOLONG` (rejects): the `ipc` path is too long for the system.
   * @throws ZmqError `EPROTONOSUPPORT` (rejects): this binary lacks the transport.
   * @throws ZmqError `ENOCOMPATPROTO` (rejects): the transport does not support this socket type.
   * @throws ZmqError (rejects) with any other error of `zmq_bind`.
   * @throws ZmqError `EBUSY` (throws): another `bind` or `unbind` is pending, or a proxy uses the socket.
   * @throws ZmqError `EBADF` (throws): the socket is closed.
   * @throws TypeError (throws): the address is not a string.
   *
   * @example
   * ```ts
   * import { Reply } from "zmq-native";
   *
   * const reply = new Reply();
   * await reply.bind("tcp://127.0.0.1:*");
   * console.log(reply.lastEndpoint!.replace(/\d+$/, "<port>")); // tcp://127.0.0.1:<port>
   * ```
   */
  bind(address: string): Promise<void> {
    return this.#inBackground("bind", address);
  }

  /**
   * Stops accepting connections on an endpoint. Pass the address that was given to `bind`, or `lastEndpoint` for a
   * wildcard.
   *
   * libzmq closes the connections that were accepted there. Messages that have already arrived can still be received, and
   * a connection closes when none of its messages is left. Connections over inproc stay open. No other operation of the
   * socket may start until the promise settles. libzmq frees the endpoint shortly afterwards, in the background: await the
   * `close` event before you bind to it again. libzmq: `zmq_unbind`.
   *
   * @throws ZmqError `ENOENT` (rejects): the socket is not bound to the endpoint.
   * @throws ZmqError `EINVAL` (rejects): the endpoint is invalid.
   * @throws ZmqError `EBUSY` (throws): another `bind` or `unbind` is pending, or a proxy uses the socket.
   * @throws ZmqError `EBADF` (throws): the socket is closed.
   * @throws TypeError (throws): the address is not a string.
   *
   * @example
   * ```ts
   * import { Reply } from "zmq-native";
   *
   * const reply = new Reply();
   * await reply.bind("tcp://127.0.0.1:*");
   * await reply.unbind(reply.lastEndpoint!);
   * ```
   */
  unbind(address: string): Promise<void> {
    return this.#inBackground("unbind", address);
  }

  /**
   * Does the same as `bind`, but synchronously: peers can connect when it returns. Resolving a host name blocks the
   * thread; udp and norm endpoints do not accept host names here. libzmq: `zmq_bind`.
   *
   * @throws ZmqError `EADDRINUSE`: the endpoint is in use.
   * @throws ZmqError `EADDRNOTAVAIL`: the address belongs to no interface of this machine.
   * @throws ZmqError `ENODEV`: the host is neither an address nor a network interface nor a host name.
   * @throws ZmqError `EACCES`: the process may not bind to this port or path.
   * @throws ZmqError `EINVAL`: the endpoint or a multicast option is invalid; `detail` says why.
   * @throws ZmqError `ENAMETOOLONG`: the `ipc` path is too long for the system.
   * @throws ZmqError `EPROTONOSUPPORT`: this binary lacks the transport.
   * @throws ZmqError `ENOCOMPATPROTO`: the transport does not support this socket type.
   * @throws ZmqError with any other error of `zmq_bind`.
   * @throws ZmqError `EBUSY`: a `bind` or `unbind` is pending, or a proxy uses the socket.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import { Pull } from "zmq-native";
   *
   * const pull = new Pull();
   * pull.bindSync("tcp://127.0.0.1:*");
   * console.log(pull.lastEndpoint!.startsWith("tcp://127.0.0.1:")); // true
   * ```
   */
  bindSync(address: string): void {
    atEndpoint(this.#core, "bind", address);
  }

  /**
   * Does the same as `unbind`, but synchronously. libzmq: `zmq_unbind`.
   *
   * @throws ZmqError `ENOENT`: the socket is not bound to the endpoint.
   * @throws ZmqError `EINVAL`: the endpoint is invalid.
   * @throws ZmqError `EBUSY`: a `bind` or `unbind` is pending, or a proxy uses the socket.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import { Pull } from "zmq-native";
   *
   * const pull = new Pull();
   * pull.bindSync("tcp://127.0.0.1:*");
   * pull.unbindSync(pull.lastEndpoint!);
   * ```
   */
  unbindSync(address: string): void {
    atEndpoint(this.#core, "unbind", address);
  }

  /**
   * Connects to an endpoint, such as `tcp://server.example:5555`.
   *
   * Returns at once. libzmq connects in the background and retries until it succeeds, so the peer may start later.
   * libzmq also reconnects when a connection is lost; `reconnectInterval` sets the pause. Host names are resolved in
   * the background, at each attempt. Listen to {@link Socket.events} to know when the connection is up.
   * docs/transports.md describes the endpoints of each transport. libzmq: `zmq_connect`.
   *
   * @throws ZmqError `EINVAL`: the endpoint or a multicast option is invalid; `detail` says why.
   * @throws ZmqError `EPROTONOSUPPORT`: this binary lacks the transport.
   * @throws ZmqError `ENOCOMPATPROTO`: the transport does not support this socket type.
   * @throws ZmqError `ENAMETOOLONG`: the `ipc` path is too long for the system.
   * @throws ZmqError with any other error of `zmq_connect`.
   * @throws ZmqError `EBUSY`: a `bind` or `unbind` is pending, or a proxy uses the socket.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import { Reply, Request } from "zmq-native";
   *
   * const reply = new Reply();
   * const request = new Request();
   * await reply.bind("tcp://127.0.0.1:*");
   * request.connect(reply.lastEndpoint!);
   * await request.send("ping");
   * console.log(String(await reply.receive())); // ping
   * ```
   */
  connect(address: string): void {
    atEndpoint(this.#core, "connect", address);
  }

  /**
   * Closes the connection to an endpoint and stops reconnecting. Pass the address that was given to `connect`. Messages
   * that are queued for the peer are still sent within `linger`. libzmq: `zmq_disconnect`.
   *
   * @throws ZmqError `ENOENT`: the socket is not connected to the endpoint.
   * @throws ZmqError `EINVAL`: the endpoint is invalid.
   * @throws ZmqError `EBUSY`: a `bind` or `unbind` is pending, or a proxy uses the socket.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import { Push } from "zmq-native";
   *
   * const push = new Push();
   * push.connect("tcp://127.0.0.1:9");
   * push.disconnect("tcp://127.0.0.1:9");
   * ```
   */
  disconnect(address: string): void {
    atEndpoint(this.#core, "disconnect", address);
  }

  /**
   * Tries to connect to an endpoint now, instead of after the pause. Pass the address that was given to `connect`.
   *
   * Returns at once. If the attempt fails, the next pause is `reconnectInterval` again. If the socket has stopped trying
   * (state `stopped` in {@link Socket.endpoints}), it connects again. While the endpoint is connected, an attempt is in
   * progress, or the host name is being resolved, this is a no-op. When a connection ends, wait for `leave` or `fail` of
   * {@link Socket.peers}: at the events of {@link Socket.events}, the socket may not have stopped yet.
   *
   * @throws ZmqError `ENOENT`: the program has not connected to this address, or has disconnected it.
   * @throws ZmqError `EADDRINUSE`: the `routingId` that was given to `connect` belongs to another peer, or to the last
   * connection. A Router releases it when it has received all messages of that connection: call `receive` or `tryReceive`.
   * @throws ZmqError `EBUSY`: a `bind` or `unbind` is pending, or a proxy uses the socket.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws ZmqError `ENOTSUP`: the addon was built with the system's libzmq.
   * @throws ZmqError with any other error of `zmq_connect`, if the socket has stopped trying.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import { Push } from "zmq-native";
   *
   * const push = new Push({ reconnectInterval: 60_000 });
   * push.connect("tcp://127.0.0.1:9");
   * push.reconnect("tcp://127.0.0.1:9");
   * push.close();
   * ```
   */
  reconnect(address: string): void {
    retryAddress(this.#core, toEndpoint(address));
  }

  /**
   * The observer of the socket's connections: connects, disconnects, handshakes, errors. The first access creates it,
   * and it reports only later events: read this property before `bind` or `connect`. libzmq: `zmq_socket_monitor`.
   *
   * @throws ZmqError `ENOTSOCK`: the socket is closed and never had an observer.
   * @throws ZmqError `EMFILE`: the observer needs a socket, and the context has `maxSockets` open.
   *
   * @example
   * ```ts
   * import { Pull } from "zmq-native";
   *
   * const pull = new Pull();
   * const { events } = pull;
   * await pull.bind("tcp://127.0.0.1:*");
   * console.log((await events.receive()).type); // bind
   * ```
   */
  get events(): Observer {
    return observerOf(this.#core, this);
  }

  /**
   * The connected peers: iterate over them, or listen for those that join and leave. The first access starts to watch them; a
   * socket without that access has no overhead.
   *
   * @throws ZmqError `ENOTSUP`: the addon was built with the system's libzmq.
   *
   * @example
   * ```ts
   * import { Publisher, Subscriber } from "zmq-native";
   *
   * const publisher = new Publisher();
   * await publisher.bind("tcp://127.0.0.1:*");
   * const subscriber = new Subscriber();
   * subscriber.connect(publisher.lastEndpoint!);
   * await publisher.waitForPeers();
   * for (const { direction, mechanism } of publisher.peers) console.log(direction, mechanism); // bound null
   * ```
   */
  get peers(): Peers {
    return this.#watched;
  }

  /**
   * The endpoints that the socket is bound or connected to, with the state of each. Every access returns a new list. Empty
   * once the socket is closed.
   *
   * @throws ZmqError `ENOTSUP`: the addon was built with the system's libzmq.
   *
   * @example
   * ```ts
   * import { Pull } from "zmq-native";
   *
   * const pull = new Pull();
   * await pull.bind("inproc://jobs");
   * for (const { endpoint, type, state } of pull.endpoints) console.log(endpoint, type, state); // inproc://jobs bound listening
   * ```
   */
  get endpoints(): SocketEndpoint[] {
    return endpointsOf(this.#core);
  }

  /**
   * Returns what has become of the messages of this socket since it was created: sent, received, queued and dropped, with
   * the reasons. The counts of one peer are in `peers`. Every call returns a new object.
   *
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws ZmqError `ENOTSUP`: the addon was built with the system's libzmq.
   * @throws ZmqError `ETERM`: the context is terminated.
   *
   * @example
   * ```ts
   * import { Publisher } from "zmq-native";
   *
   * const publisher = new Publisher();
   * await publisher.bind("tcp://127.0.0.1:*");
   * await publisher.send("nobody hears this");
   * console.log(publisher.statistics().dropped.noPeer); // 1
   * ```
   */
  statistics(): SocketStatistics {
    return statisticsOf(this.#core);
  }

  /**
   * Resolves with the number of connected peers once there are `count`. It keeps the process alive. Several calls may be
   * pending. A publisher should await `waitForSubscribers` instead: subscriptions arrive after the peer.
   *
   * @param count The number of peers. Default: 1.
   * @param options `timeout` in milliseconds, without a limit by default, and `signal`.
   *
   * @throws ZmqError `EAGAIN` (rejects): the timeout is over, or the socket was closed. With `distinctErrors`, the code is
   *   `ETIMEDOUT` or `ECANCELED`.
   * @throws Error (rejects): the signal is aborted. It is `signal.reason`.
   * @throws ZmqError `EBADF` (throws): the socket is closed.
   * @throws ZmqError `ENOTSUP` (throws): the addon was built with the system's libzmq.
   * @throws TypeError (throws): an argument is invalid.
   *
   * @example
   * ```ts
   * import { Dealer } from "zmq-native";
   *
   * const dealer = new Dealer();
   * dealer.connect("tcp://127.0.0.1:9");
   * await dealer.waitForPeers(1, { timeout: 100 }).catch(({ code }) => console.log(code)); // EAGAIN
   * dealer.close();
   * ```
   */
  waitForPeers(count = 1, options?: OperationOptions): Promise<number> {
    return waitForPeers(this.#watched, count, options);
  }

  /**
   * Waits until all messages have been handed to the network, without closing the socket. The promise resolves at the
   * first moment when no `send` is pending and libzmq's queues are empty. Messages that are sent meanwhile count, too.
   *
   * The network has a message when the kernel has taken its last byte. The peer may not have received it: only an
   * acknowledgement of the peer tells that. Messages that are lost are no longer queued either: when a bound socket loses a
   * peer, libzmq drops the queue of that peer. Over inproc, the receiver's queue has each message as soon as both ends
   * are bound and connected. Over pgm, epgm and norm, each message has been sent once; repairs of lost packets end when
   * the socket closes.
   *
   * A connecting socket has a queue before its peer exists: `flush` then waits until a peer has connected or bound. The
   * pending operation keeps the process alive.
   *
   * @param options `timeout` has no limit by default; `sendTimeout` does not apply.
   *
   * @throws ZmqError `EAGAIN` (rejects): messages are left after the timeout, or the socket was closed meanwhile. With
   * `distinctErrors` the codes are `ETIMEDOUT` and `ECANCELED`.
   * @throws ZmqError `ENOTSUP` (rejects): the addon was built against the system's libzmq.
   * @throws ZmqError `EBUSY` (throws): `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF` (throws): the socket is closed.
   * @throws TypeError (throws): an option has the wrong type.
   * @throws The reason of `signal` (rejects) when it is aborted.
   *
   * @example
   * ```ts
   * import { Pull, Push } from "zmq-native";
   *
   * const pull = new Pull();
   * const push = new Push();
   * await pull.bind("tcp://127.0.0.1:*");
   * push.connect(pull.lastEndpoint!);
   * await push.send("job");
   * await push.flush({ timeout: 5000 }); // a process.exit() would not lose the message now
   * ```
   */
  flush(options?: OperationOptions): Promise<void> {
    return flush(this.#core, options);
  }

  /**
   * Closes the socket. A closed socket cannot be used again; closing it twice is a no-op.
   *
   * libzmq sends queued messages in the background for up to `linger` milliseconds (default -1: no limit). The process
   * stays alive for that time, unless `process.exit()`, an uncaught exception or a signal ends it. A pending operation is
   * tried once more, then rejects with `EAGAIN` (`ECANCELED` with `distinctErrors`). Loops end. During `bind` or
   * `unbind`, the close takes effect when that operation has ended. libzmq: `zmq_close`.
   *
   * Messages that are still queued when `linger` expires are dropped. No event, error or result reports them: `await
   * socket.flush()` first if none may be lost. docs/lost-messages.md shows what can be observed.
   *
   * @param options With options, `close` returns a promise. It resolves in the same way whether all queued messages have
   * been handed to the network or `linger` has expired. Without options it returns undefined at once.
   *
   * @throws TypeError (throws): `linger` is not a whole number from -1 to 2147483647. The socket stays open.
   * @throws ZmqError `EMFILE` (rejects): waiting needs one more socket, and the context has `maxSockets` open. The
   * socket is closed.
   *
   * @example
   * ```ts
   * import { Push } from "zmq-native";
   *
   * const push = new Push();
   * push.connect("tcp://127.0.0.1:9");
   * await push.send("nobody will read this");
   * await push.close({ linger: 100 }); // waits for at most 100 milliseconds
   * console.log(push.closed); // true
   * ```
   */
  // One signature instead of two: subclasses override it as `close(): void`, which would not match the second.
  close(options?: CloseOptions): void | Promise<void> {
    if (options === undefined) return this.#core.close();
    const linger = lingerOf(options);
    const core = this.#core;
    if (core.handle === 0) return Promise.resolve();
    if (linger !== undefined) core.setOption(commonOptions.linger, linger);
    let ended: Promise<void> | undefined;
    try {
      ended = endOf(observerOf(core, this)) ?? endOf(new Observer(this));
    } catch (error) {
      // No monitor can be opened, which would report the end. With linger 0 there is nothing to wait for.
      ended = linger === 0 ? Promise.resolve() : Promise.reject(error);
    }
    core.close();
    return ended;
  }

  /** Closes the socket at the end of a `using` block, as `close()` does. Never throws. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Closes the socket at the end of an `await using` block, as `close()` does. Does not wait for queued messages. Never
   * throws.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /**
   * Selects the error code of an operation that could not be completed. When true: `ETIMEDOUT` after its timeout, and
   * `ECANCELED` if the socket was closed meanwhile. When false: `EAGAIN` for both, as in zeromq. Default false. An option
   * of this library, not of libzmq.
   */
  get distinctErrors(): boolean {
    return this.#core.distinctErrors;
  }

  set distinctErrors(value: boolean) {
    if (typeof value !== "boolean") {
      const error = new TypeError("Option value must be a boolean");
      throw explainValue(error, "distinctErrors", { kind: kinds.boolean.takes }, value);
    }
    this.#core.distinctErrors = value;
  }

  /**
   * Reads an option of libzmq as a boolean, by its number in zmq.h. For derived classes. libzmq: `zmq_getsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or the option has another size or can only be set.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number.
   */
  protected getBoolOption(option: number): boolean {
    return this.#get(option, kinds.boolean);
  }

  /**
   * Sets an option of libzmq to a boolean, by its number in zmq.h. For derived classes. libzmq: `zmq_setsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or rejects the value.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number, or `value` has the wrong type.
   */
  protected setBoolOption(option: number, value: boolean): void {
    this.#set(option, kinds.boolean, value);
  }

  /**
   * Reads an option of libzmq as a 32-bit integer, by its number in zmq.h. For derived classes. libzmq: `zmq_getsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or the option has another size or can only be set.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number.
   */
  protected getInt32Option(option: number): number {
    return this.#get(option, kinds.int32);
  }

  /**
   * Sets an option of libzmq to a 32-bit integer, by its number in zmq.h. For derived classes. libzmq: `zmq_setsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or rejects the value.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number, or `value` has the wrong type.
   */
  protected setInt32Option(option: number, value: number): void {
    this.#set(option, kinds.int32, value);
  }

  /**
   * Reads an option of libzmq as an unsigned 32-bit integer, by its number in zmq.h. For derived classes. libzmq: `zmq_getsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or the option has another size or can only be set.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number.
   */
  protected getUint32Option(option: number): number {
    return this.#get(option, kinds.uint32);
  }

  /**
   * Sets an option of libzmq to an unsigned 32-bit integer, by its number in zmq.h. For derived classes. libzmq: `zmq_setsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or rejects the value.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number, or `value` has the wrong type.
   */
  protected setUint32Option(option: number, value: number): void {
    this.#set(option, kinds.uint32, value);
  }

  /**
   * Reads an option of libzmq as a 64-bit integer, by its number in zmq.h. For derived classes. libzmq: `zmq_getsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or the option has another size or can only be set.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number.
   */
  protected getInt64Option(option: number): number {
    return this.#get(option, kinds.int64);
  }

  /**
   * Sets an option of libzmq to a 64-bit integer, by its number in zmq.h. For derived classes. libzmq: `zmq_setsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or rejects the value.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number, or `value` has the wrong type.
   */
  protected setInt64Option(option: number, value: number): void {
    this.#set(option, kinds.int64, value);
  }

  /**
   * Reads an option of libzmq as an unsigned 64-bit integer, by its number in zmq.h. For derived classes. libzmq: `zmq_getsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or the option has another size or can only be set.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number.
   */
  protected getUint64Option(option: number): number {
    return this.#get(option, kinds.uint64);
  }

  /**
   * Sets an option of libzmq to an unsigned 64-bit integer, by its number in zmq.h. For derived classes. libzmq: `zmq_setsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or rejects the value.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number, or `value` has the wrong type.
   */
  protected setUint64Option(option: number, value: number): void {
    this.#set(option, kinds.uint64, value);
  }

  /**
   * Reads an option of libzmq as a string or bytes, by its number in zmq.h. For derived classes. libzmq: `zmq_getsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or the option has another size or can only be set.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number.
   */
  protected getStringOption(option: number): string | null {
    return this.#get(option, kinds.string);
  }

  /**
   * Sets an option of libzmq to a string or bytes, by its number in zmq.h. For derived classes. libzmq: `zmq_setsockopt`.
   *
   * @throws ZmqError `EINVAL`: libzmq has no such option, or rejects the value.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: `option` is not a number, or `value` has the wrong type.
   */
  protected setStringOption(option: number, value: string | Buffer | null): void {
    this.#set(option, kinds.string, value);
  }

  /** Classes of programs may have a `peers` of their own. */
  get #watched(): Peers {
    return this.#peers ?? this.#watch();
  }

  #watch(): Peers {
    const peers = new Peers(this.#core);
    // Set first: setters of Array.prototype and hooks of async_hooks may read it.
    this.#peers = peers;
    try {
      watch(peers);
    } catch (error) {
      this.#peers = undefined;
      throw error;
    } finally {
      this.#core.touched();
    }
    return peers;
  }

  #get<T>(id: number, kind: Kind<T>): T {
    try {
      return this.#core.getOption({ id, kind });
    } catch (error) {
      throw explainReading(error, `option ${id}`);
    }
  }

  #set<T>(id: number, kind: Kind<T>, value: unknown): void {
    try {
      this.#core.setOption({ id, kind }, value);
    } catch (error) {
      throw explainValue(error, `option ${id}`, { kind: kind.takes }, value);
    }
  }

  #has(event: number): boolean {
    const events = check(binding.events(this.#core.handle));
    this.#core.touched();
    return (events & event) !== 0;
  }

  /**
   * Binds or unbinds synchronously, since libzmq takes microseconds, unless a host name has to be resolved first. The
   * outcome is reported later all the same. Until then the socket is blocked: zeromq binds on another thread, and its
   * programs expect that.
   */
  #inBackground(call: "bind" | "unbind", address: string): Promise<void> {
    const endpoint = toEndpoint(address);
    return traceEndpoint(this.#core, call, endpoint, () => this.#act(call, endpoint));
  }

  #act(call: "bind" | "unbind", endpoint: string): Promise<void> {
    const core = this.#core;
    core.usable();
    let outcome: number | Promise<number>;
    try {
      outcome = atAddress(core, call, endpoint, true);
    } catch (error) {
      outcome = Promise.reject(error);
    }
    core.blocked = true;
    return Promise.resolve(outcome).then(
      () => {
        record(core, call, endpoint);
        core.unblock();
      },
      (error) => {
        core.unblock();
        throw error;
      },
    );
  }
}

for (const [table, isBuilt] of [
  [commonOptions, true],
  [statusOptions, true],
  [curveOptions, capability.curve],
  [gssapiOptions, capability.gssapi],
  [wssOptions, capability.wss],
] as const) {
  // Options that this binary lacks are registered all the same, so that the error can name the reason.
  defineOptions(isBuilt ? Socket.prototype : Object.create(null), table, coreOf);
}
