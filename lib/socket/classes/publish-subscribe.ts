// Publisher and Subscriber; and XPublisher and XSubscriber, whose subscriptions are messages.

import { expectBytes } from "../../arguments/checks.js";
import * as zmq from "../../binding/constants.js";
import { coreOf } from "../../core/registry.js";
import { explainValue } from "../../options/explain.js";
import { kinds, type Values } from "../../options/kinds.js";
import type {
  conflateOptions,
  matchOptions,
  normOptions,
  publishOptions,
  topicOptions,
  xpublisherOptions,
  xsubscriberOptions,
} from "../../options/table.js";
import type { SocketOptions } from "../class-options.js";
import type { ReadableSocket, WritableSocket } from "../interfaces.js";
import type { Multicast } from "../multicast.js";
import { Socket } from "../socket.js";
import { type SubscriberOptions, waitForSubscribers } from "../subscribers.js";

/** @inline */
type Prefix = Buffer | string;

/**
 * Sends each message to all subscribers that subscribed to a prefix of its first frame. libzmq: `ZMQ_PUB`. RFC 29.
 *
 * `send` does not wait for subscribers. libzmq drops the message if nobody has subscribed to it yet, and drops it for each
 * subscriber whose queue is full. `waitForSubscribers` avoids the first loss, `noDrop` the second. docs/lost-messages.md
 * lists every way to lose a message.
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
 * Receives the messages of publishers whose first frame begins with a subscribed prefix. libzmq: `ZMQ_SUB`. RFC 29.
 *
 * A Subscriber receives nothing until `subscribe` is called. It misses messages published before its subscription reached
 * the publisher, while it was disconnected, and while its queue was full. docs/lost-messages.md shows how to notice that.
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

function setEach(socket: Socket, option: number, prefixes: Prefix[]): void {
  const core = coreOf(socket);
  const read = prefixes.length === 0 ? [""] : prefixes;
  // All prefixes are checked before the first takes effect.
  for (const prefix of read) if (prefix !== null) expectBytes(prefix, "a topic");
  for (const prefix of read) core.setOption({ id: option, kind: kinds.string }, prefix);
}

const verbosities: readonly unknown[] = [null, "allSubs", "allSubsUnsubs"];

/**
 * A Publisher that also receives messages from its subscribers: subscriptions (byte 1 and the prefix), unsubscriptions (byte
 * 0 and the prefix), and any other message. Brokers use it towards subscribers. libzmq: `ZMQ_XPUB`. RFC 29.
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
   * Creates an XPublisher socket. Pass its options, and its `context` unless it is the default one.
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
   * The socket still receives the subscription messages. Not a function of libzmq.
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
   * The subscription messages that the socket receives. `null`: only the first subscription and the last unsubscription of a
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
 * Other messages are sent to the publishers. Brokers use it towards publishers. libzmq: `ZMQ_XSUB`. RFC 29.
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
   * Creates an XSubscriber socket. Pass its options, and its `context` unless it is the default one.
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
