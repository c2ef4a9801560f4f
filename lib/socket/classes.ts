// The socket classes: the type, options and operations of each. The operations are implemented in the other files of
// lib/socket.

import { types } from "node:util";
import { shown } from "../arguments/checks.js";
import { capability } from "../binding/capability.js";
import * as zmq from "../binding/constants.js";
import { explained } from "../binding/errors.js";
import type { Context } from "../context/context.js";
import { coreOf } from "../core/registry.js";
import { copyOf, type Message, type MessageLike } from "../message/frames.js";
import { explainValue } from "../options/explain.js";
import { defineOptions, kinds, type Option, type Values } from "../options/kinds.js";
import {
  conflateOptions,
  hiccupOptions,
  matchOptions,
  normOptions,
  probeOptions,
  publishOptions,
  receiveOptions,
  requestOptions,
  routerOptions,
  routingIdOptions,
  sendOptions,
  streamOptions,
  topicOptions,
  xpublisherOptions,
  xsubscriberOptions,
} from "../options/table.js";
import { atEndpoint } from "./endpoints.js";
import type { ReadableSocket, WritableSocket } from "./interfaces.js";
import { defineMulticast, type Multicast } from "./multicast.js";
import { Socket } from "./socket.js";
import { type SubscriberOptions, waitForSubscribers } from "./subscribers.js";

type Properties<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type WritableKeys<T> = {
  [K in keyof T]-?: T[K] extends (...parameters: never[]) => unknown
    ? never
    : Properties<{ [Q in K]: T[K] }, { -readonly [Q in K]: T[K] }> extends true
      ? K
      : never;
}[keyof T];

/**
 * The options that the constructor of a socket class accepts: all writable properties of the class, and `context`. Each
 * can also be set later as a property of the socket.
 *
 * Setting an option throws a `TypeError` if the value has the wrong type, `EINVAL` if libzmq rejects it, and `ENOTSOCK` if
 * the socket is closed. The error's `detail` names the option and its valid values. Most options take effect at the next
 * `bind` or `connect`; setting one later emits a process warning.
 */
export type SocketOptions<S extends Socket> = Partial<Pick<S, WritableKeys<S>>> & {
  /** The context that the socket belongs to. Default: {@link context}, which all threads share. */
  context?: Context | undefined;
};

/** @inline */
type Prefix = Buffer | string;

/**
 * An exclusive pair: exchanges messages with exactly one other Pair, often over `inproc://` between threads. Further peers
 * are rejected. libzmq: `ZMQ_PAIR`. RFC 31.
 *
 * @example
 * ```ts
 * import { Pair } from "zmq-native";
 *
 * const [left, right] = [new Pair(), new Pair()];
 * await left.bind("inproc://pair");
 * right.connect("inproc://pair");
 * await left.send("ping");
 * console.log(String(await right.receive())); // ping
 * ```
 */
export class Pair extends Socket {
  /**
   * Creates a Pair socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Pair>) {
    super(zmq.ZMQ_PAIR, options);
  }
}
export interface Pair extends WritableSocket, ReadableSocket {}

/**
 * Sends each message to all subscribers that subscribed to a prefix of its first frame. Without such a subscriber, and for a
 * subscriber whose queue is full, libzmq drops the message: `send` does not wait unless `noDrop` is set. libzmq: `ZMQ_PUB`.
 * RFC 29.
 *
 * @example
 * ```ts
 * import { Publisher, Subscriber } from "zmq-native";
 *
 * const publisher = new Publisher();
 * const subscriber = new Subscriber();
 * await publisher.bind("tcp://127.0.0.1:*");
 * subscriber.connect(publisher.lastEndpoint!);
 * subscriber.subscribe("weather.");
 * await publisher.waitForSubscribers(1);
 * await publisher.send(["weather.oslo", "-4"]);
 * console.log(String(await subscriber.receive())); // weather.oslo,-4
 * ```
 */
export class Publisher extends Socket {
  /**
   * Creates a Publisher socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Publisher>) {
    super(zmq.ZMQ_PUB, options);
  }

  /**
   * Waits until at least `count` peers have subscribed, then resolves with their number. Messages published from then on
   * reach them; messages published earlier are lost to peers that had not subscribed yet (the "slow joiner" problem).
   * Not a function of libzmq.
   *
   * @param options `timeout` in milliseconds (default: no limit), `signal`, and `topic`.
   *
   * @throws ZmqError `EAGAIN` (rejects): too few peers subscribed within the timeout, or the socket was closed
   * meanwhile. With `distinctErrors` the codes are `ETIMEDOUT` and `ECANCELED`.
   * @throws ZmqError `EBUSY` (throws): the socket is already waiting for subscribers, or `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF` (throws): the socket is closed.
   * @throws TypeError (throws): `count` is not a whole number above 0, or an option has the wrong type.
   * @throws The reason of `signal` (rejects) when it is aborted.
   *
   * @example
   * ```ts
   * import { Publisher, Subscriber } from "zmq-native";
   *
   * const publisher = new Publisher();
   * const subscriber = new Subscriber();
   * await publisher.bind("tcp://127.0.0.1:*");
   * subscriber.connect(publisher.lastEndpoint!);
   * subscriber.subscribe("prices");
   * console.log(await publisher.waitForSubscribers(1, { topic: "prices", timeout: 5000 })); // 1
   * ```
   */
  waitForSubscribers(count: number, options?: SubscriberOptions): Promise<number> {
    return waitForSubscribers(coreOf(this), count, options);
  }
}
export interface Publisher
  extends WritableSocket,
    Multicast,
    Readonly<Values<typeof topicOptions>>,
    Values<typeof normOptions>,
    Values<typeof conflateOptions>,
    Values<typeof publishOptions>,
    Values<typeof matchOptions> {}

/**
 * Receives messages of publishers whose first frame begins with a subscribed prefix. It receives nothing until `subscribe`
 * is called. libzmq: `ZMQ_SUB`. RFC 29.
 *
 * @example
 * ```ts
 * import { Publisher, Subscriber } from "zmq-native";
 *
 * const publisher = new Publisher();
 * const subscriber = new Subscriber();
 * await publisher.bind("tcp://127.0.0.1:*");
 * subscriber.connect(publisher.lastEndpoint!);
 * subscriber.subscribe("news");
 * await publisher.waitForSubscribers(1);
 * await publisher.sendMany([["sports", "2:1"], ["news", "hello"]]);
 * console.log(String(await subscriber.receive())); // news,hello
 * ```
 */
export class Subscriber extends Socket {
  /**
   * Creates a Subscriber socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Subscriber>) {
    super(zmq.ZMQ_SUB, options);
  }

  /**
   * Subscribes to messages whose first frame begins with one of the prefixes. Without an argument: to all messages.
   * Subscriptions are counted: subscribing twice needs two calls of `unsubscribe`. May be called before or after
   * `connect`. libzmq: `ZMQ_SUBSCRIBE`.
   *
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: a prefix is neither a string nor a Buffer. No prefix is subscribed to.
   *
   * @example
   * ```ts
   * import { Subscriber } from "zmq-native";
   *
   * const subscriber = new Subscriber();
   * subscriber.subscribe("weather.", "news");
   * console.log(subscriber.topicsCount); // 2
   * ```
   */
  subscribe(...prefixes: Prefix[]): void {
    setEach(this, zmq.ZMQ_SUBSCRIBE, prefixes);
  }

  /**
   * Undoes one `subscribe` for each of the prefixes. Without an argument: for the subscription to all messages. Prefixes
   * that are not subscribed to are ignored. libzmq: `ZMQ_UNSUBSCRIBE`.
   *
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: a prefix is neither a string nor a Buffer. No subscription is undone.
   *
   * @example
   * ```ts
   * import { Subscriber } from "zmq-native";
   *
   * const subscriber = new Subscriber();
   * subscriber.subscribe("weather.", "news");
   * subscriber.unsubscribe("news");
   * console.log(subscriber.topicsCount); // 1
   * ```
   */
  unsubscribe(...prefixes: Prefix[]): void {
    setEach(this, zmq.ZMQ_UNSUBSCRIBE, prefixes);
  }
}
export interface Subscriber
  extends ReadableSocket,
    Multicast,
    Readonly<Values<typeof topicOptions>>,
    Values<typeof normOptions>,
    Values<typeof conflateOptions>,
    Values<typeof matchOptions> {}

/** Throws a `TypeError` unless the value is a string or a Uint8Array. */
function expectBytes(value: unknown, what: string): asserts value is Prefix {
  if (typeof value === "string" || types.isUint8Array(value)) return;
  throw explained(
    new TypeError("Option value must be a string or buffer"),
    `${what} must be a string or a Buffer, got ${shown(value)}`,
  );
}

function setEach(socket: Socket, option: number, prefixes: Prefix[]): void {
  const core = coreOf(socket);
  const read = prefixes.length === 0 ? [""] : prefixes;
  // All prefixes are checked before the first takes effect.
  for (const prefix of read) if (prefix !== null) expectBytes(prefix, "a topic");
  for (const prefix of read) core.setOption({ id: option, kind: kinds.string }, prefix);
}

/**
 * Sends a request, then receives its reply, strictly in turn. With several peers, requests are distributed in turn. Set
 * `relaxed` and `correlate` to send again when a reply does not arrive. libzmq: `ZMQ_REQ`. RFC 28.
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
 * Receives a request, then sends its reply, strictly in turn. The reply goes to the peer that sent the request. libzmq:
 * `ZMQ_REP`. RFC 28.
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
 * Sends messages to its peers in turn and receives from all of them, in any order: a Request without the strict turns. To
 * talk to a Reply, send an empty frame first. libzmq: `ZMQ_DEALER`. RFC 28.
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
    Values<typeof hiccupOptions> {}

/** Options of `Router.connect`. */
export interface RouterConnectOptions {
  /**
   * The id by which the program addresses this peer. Use a Buffer for an id that is not text. Default: libzmq assigns one.
   * libzmq: `ZMQ_CONNECT_ROUTING_ID`.
   */
  routingId?: string | Buffer;
}

/** Options of `Stream.connect`. */
export interface StreamConnectOptions {
  /**
   * The id by which the program addresses this peer. Use a Buffer for an id that is not text. Default: libzmq assigns one.
   * libzmq: `ZMQ_CONNECT_ROUTING_ID`.
   */
  routingId?: string | Buffer;
}

/** Reads and copies the id before the socket is used: getters run user code. */
function connectIdOf(options: RouterConnectOptions | null | undefined): Uint8Array | undefined {
  const id: unknown = options?.routingId;
  if (id === undefined || id === null) return undefined;
  expectBytes(id, "routingId");
  const bytes = typeof id === "string" ? Buffer.from(id) : copyOf(id);
  // An empty id means none. libzmq before 4.3.5 rejects it.
  return bytes.length === 0 ? undefined : bytes;
}

/**
 * Addresses peers by their routing id, the first frame of each message: a received message begins with the id of its sender,
 * and a sent message goes to the peer with that id. Messages to unknown peers are dropped unless `mandatory` is set. libzmq:
 * `ZMQ_ROUTER`. RFC 28.
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
    Values<typeof probeOptions> {}

/**
 * Receives messages from all connected Push sockets, in fair turns. libzmq: `ZMQ_PULL`. RFC 30.
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
 * console.log(String(await pull.receive())); // job
 * ```
 */
export class Pull extends Socket {
  /**
   * Creates a Pull socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Pull>) {
    super(zmq.ZMQ_PULL, options);
  }
}
export interface Pull extends ReadableSocket, Values<typeof conflateOptions> {}

/**
 * Sends messages to its Pull peers in turn, skipping peers whose queue is full. `send` waits while no peer has room. libzmq:
 * `ZMQ_PUSH`. RFC 30.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 *
 * const push = new Push({ sendHighWaterMark: 100, linger: 1000 });
 * const pull = new Pull();
 * await push.bind("tcp://127.0.0.1:*");
 * pull.connect(push.lastEndpoint!);
 * await push.send(["resize", Buffer.from([1, 2, 3])]);
 * const [task, bytes] = await pull.receive();
 * console.log(`${task}: ${bytes!.length} bytes`); // resize: 3 bytes
 * ```
 */
export class Push extends Socket {
  /**
   * Creates a Push socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Push>) {
    super(zmq.ZMQ_PUSH, options);
  }
}
export interface Push extends WritableSocket, Values<typeof conflateOptions> {}

const verbosities: readonly unknown[] = [null, "allSubs", "allSubsUnsubs"];

/**
 * A Publisher that also receives messages from its subscribers: subscriptions (byte 1 and the prefix), unsubscriptions (byte
 * 0 and the prefix), and any other message. It is the front of a broker. libzmq: `ZMQ_XPUB`. RFC 29.
 *
 * @example
 * ```ts
 * import { Subscriber, XPublisher } from "zmq-native";
 *
 * const publisher = new XPublisher();
 * const subscriber = new Subscriber();
 * await publisher.bind("tcp://127.0.0.1:*");
 * subscriber.connect(publisher.lastEndpoint!);
 * subscriber.subscribe("news");
 * const [subscription] = await publisher.receive();
 * console.log(`${subscription![0]} ${subscription!.subarray(1)}`); // 1 news
 * ```
 */
export class XPublisher extends Socket {
  /**
   * Creates a XPublisher socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<XPublisher>) {
    super(zmq.ZMQ_XPUB, options);
  }

  /**
   * Waits until at least `count` peers have subscribed, then resolves with their number. Messages published from then on
   * reach them; messages published earlier are lost to peers that had not subscribed yet (the "slow joiner" problem).
   * The socket still receives the subscription messages.
   * Not a function of libzmq.
   *
   * @param options `timeout` in milliseconds (default: no limit), `signal`, and `topic`.
   *
   * @throws ZmqError `EAGAIN` (rejects): too few peers subscribed within the timeout, or the socket was closed
   * meanwhile. With `distinctErrors` the codes are `ETIMEDOUT` and `ECANCELED`.
   * @throws ZmqError `EBUSY` (throws): the socket is already waiting for subscribers, or `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF` (throws): the socket is closed.
   * @throws TypeError (throws): `count` is not a whole number above 0, or an option has the wrong type.
   * @throws The reason of `signal` (rejects) when it is aborted.
   *
   * @example
   * ```ts
   * import { XPublisher, Subscriber } from "zmq-native";
   *
   * const publisher = new XPublisher();
   * const subscriber = new Subscriber();
   * await publisher.bind("tcp://127.0.0.1:*");
   * subscriber.connect(publisher.lastEndpoint!);
   * subscriber.subscribe("prices");
   * console.log(await publisher.waitForSubscribers(1, { topic: "prices", timeout: 5000 })); // 1
   * ```
   */
  waitForSubscribers(count: number, options?: SubscriberOptions): Promise<number> {
    return waitForSubscribers(coreOf(this), count, options);
  }

  /**
   * Which subscription messages the socket receives. `null`: only the first subscription and the last unsubscription of a
   * topic. `"allSubs"`: also repeated subscriptions. `"allSubsUnsubs"`: also repeated unsubscriptions.
   *
   * Default null. Can only be set. Takes effect at once. libzmq: `ZMQ_XPUB_VERBOSE`, `ZMQ_XPUB_VERBOSER`.
   *
   * @throws TypeError: the value is none of the three.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   */
  set verbosity(value: null | "allSubs" | "allSubsUnsubs") {
    if (!verbosities.includes(value ?? null)) {
      const names = verbosities.map((name) => JSON.stringify(name)).join(", ");
      throw explainValue(
        new TypeError(`Option value must be one of ${names}`),
        "verbosity",
        { kind: names },
        value,
      );
    }
    const core = coreOf(this);
    const flag = (id: number, on: boolean) => core.setOption({ id, kind: kinds.boolean }, on);
    flag(zmq.ZMQ_XPUB_VERBOSE, value === "allSubs");
    if (value !== "allSubs") flag(zmq.ZMQ_XPUB_VERBOSER, value === "allSubsUnsubs");
  }
}
export interface XPublisher
  extends ReadableSocket,
    WritableSocket,
    Multicast,
    Readonly<Values<typeof topicOptions>>,
    Values<typeof normOptions>,
    Values<typeof publishOptions>,
    Values<typeof xpublisherOptions>,
    Values<typeof matchOptions> {}

/**
 * A Subscriber that sends subscriptions as messages: byte 1 and the prefix subscribes, byte 0 and the prefix unsubscribes.
 * Other messages are sent to the publishers. It is the back of a broker. libzmq: `ZMQ_XSUB`. RFC 29.
 *
 * @example
 * ```ts
 * import { Publisher, XSubscriber } from "zmq-native";
 *
 * const publisher = new Publisher();
 * const subscriber = new XSubscriber();
 * await publisher.bind("tcp://127.0.0.1:*");
 * subscriber.connect(publisher.lastEndpoint!);
 * await subscriber.send("\x01news");
 * await publisher.waitForSubscribers(1);
 * await publisher.send("news of today");
 * console.log(String(await subscriber.receive())); // news of today
 * ```
 */
export class XSubscriber extends Socket {
  /**
   * Creates a XSubscriber socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<XSubscriber>) {
    super(zmq.ZMQ_XSUB, options);
  }
}
export interface XSubscriber
  extends ReadableSocket,
    WritableSocket,
    Multicast,
    Readonly<Values<typeof topicOptions>>,
    Values<typeof normOptions>,
    Values<typeof xsubscriberOptions> {}

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

type Table = Record<string, Option<unknown>>;
type SocketClass = { readonly prototype: Socket };

/** @internal Defines the options of socket classes, in addition to those of every socket. */
export function defineSocketOptions(classes: [SocketClass, ...Table[]][]): void {
  for (const [{ prototype }, ...tables] of classes) {
    for (const table of tables) defineOptions(prototype, table, coreOf);
  }
}

defineSocketOptions([
  [Pair, sendOptions, receiveOptions],
  [Publisher, sendOptions, conflateOptions, publishOptions, matchOptions],
  [Subscriber, receiveOptions, conflateOptions, matchOptions],
  [Request, sendOptions, receiveOptions, routingIdOptions, probeOptions, requestOptions],
  [Reply, sendOptions, receiveOptions, routingIdOptions],
  [Dealer, sendOptions, receiveOptions, routingIdOptions, probeOptions, conflateOptions, hiccupOptions],
  [Router, sendOptions, receiveOptions, routingIdOptions, routerOptions, probeOptions],
  [Pull, receiveOptions, conflateOptions],
  [Push, sendOptions, conflateOptions],
  [XPublisher, sendOptions, receiveOptions, publishOptions, xpublisherOptions, matchOptions],
  [XSubscriber, sendOptions, receiveOptions, xsubscriberOptions],
  [Stream, sendOptions, receiveOptions, streamOptions],
]);
for (const { prototype } of [Publisher, Subscriber, XPublisher, XSubscriber]) {
  defineOptions(prototype, topicOptions, coreOf);
  if (capability.norm) defineOptions(prototype, normOptions, coreOf);
  defineMulticast(prototype);
}
