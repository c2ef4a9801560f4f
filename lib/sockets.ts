// The socket classes: which type, which options, and what each can do. How it is done is in the other rooms.

import * as zmq from "./constants.js";
import type { Context } from "./context.js";
import type { Message, MessageLike } from "./message.js";
import { defineMulticast, type Multicast } from "./multicast.js";
import { defineOptions, kinds, type Option, type Values } from "./option.js";
import {
  conflateOptions,
  matchOptions,
  probeOptions,
  publishOptions,
  receiveOptions,
  requestOptions,
  routerOptions,
  routingIdOptions,
  sendOptions,
  streamOptions,
  xpublisherOptions,
} from "./options.js";
import type { OperationOptions } from "./pending.js";
import type { BatchOptions, MetadataOptions, Received, SocketIterator } from "./receiver.js";
import { coreOf, Socket } from "./socket.js";
import { type SubscriberOptions, waitForSubscribers } from "./subscribers.js";

type Properties<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type WritableKeys<T> = {
  [K in keyof T]-?: T[K] extends (...parameters: never[]) => unknown
    ? never
    : Properties<{ [Q in K]: T[K] }, { -readonly [Q in K]: T[K] }> extends true
      ? K
      : never;
}[keyof T];

/** What the constructor of a socket class takes: any of its writable properties, and a context. */
export type SocketOptions<S extends Socket> = Partial<Pick<S, WritableKeys<S>>> & {
  context?: Context | undefined;
};

/** Sockets that send, as the package that this one stands in for knows them. `M`: what they send, `O`: what else must be said. */
export interface Writable<
  M extends MessageLike | MessageLike[] = MessageLike | MessageLike[],
  O extends object[] = [],
> extends Values<typeof sendOptions> {
  /**
   * Sends a message, an array being one of several frames: all of it or nothing. When libzmq takes it, which is when
   * the promise resolves, it is queued, not delivered. At most one send may wait at a time.
   *
   * @throws ZmqError rejects with `EAGAIN` after `sendTimeout`, or when the socket closes before there was room;
   * with `EFSM` when it is not this socket's turn; with `EHOSTUNREACH` when no such peer is there.
   * @throws ZmqError at once: `EBUSY` while another send waits, `EBADF` when the socket is closed. `zmq_msg_send`
   */
  send(message: M, ...options: O): Promise<void>;
}

/** What the library's own sockets that send can do besides. */
export interface WritableSocket<
  M extends MessageLike | MessageLike[] = MessageLike | MessageLike[],
  O extends object[] = [],
> extends Writable<M, O> {
  /** As {@link Writable.send}, with a time-out or a signal of its own, which come last. */
  send(message: M, ...options: O | [...O, OperationOptions]): Promise<void>;
  /** Sends a message if that is possible without waiting; false: nothing of it was sent. Throws as `send` rejects. */
  trySend(message: M, ...options: O): boolean;
  /**
   * Sends messages in order, waiting as needed: the fast way to send many. A rejection's `sent` says how many of them
   * were handed to libzmq before it failed. No other send may begin meanwhile, and the messages must stay as they are.
   * Where `send` needs options, each message is `[message, options]`.
   */
  sendMany(messages: Iterable<O extends [] ? M : [M, ...O]>, options?: OperationOptions): Promise<void>;
}

/** Sockets that receive, as the package that this one stands in for knows them. `M`: the frames of a message. */
export interface Readable<M extends object[] = Message[]> extends Values<typeof receiveOptions> {
  /**
   * Receives a message: one Buffer for each of its frames. Small frames share memory (32 KiB at most are kept alive
   * by one of them); copy what is to be kept long. At most one receive may wait at a time.
   *
   * @throws ZmqError rejects with `EAGAIN` after `receiveTimeout`, or when the socket closes; with `EFSM` when it is
   * not this socket's turn.
   * @throws ZmqError at once: `EBUSY` while another receive waits, `EBADF` when the socket is closed. `zmq_msg_recv`
   */
  receive(): Promise<M>;
  /**
   * Loops over messages, one at a time; ends when the socket is closed. Breaking out leaves the socket open, and what
   * the loop fetched ahead (32 messages, or a 16th of the high-water mark if that is less) goes to the next receive.
   */
  [Symbol.asyncIterator](): AsyncIterator<M, undefined>;
}

/** What the library's own sockets that receive can do besides. */
export interface ReadableSocket<M extends object[] = Message[]> extends Readable<M> {
  /** As {@link Readable.receive}, with a time-out or a signal of its own. */
  receive(options?: OperationOptions): Promise<M>;
  /** Receives a message if one is there; undefined if none is. */
  tryReceive(): M | undefined;
  /** Waits for a message, then receives all that are there, up to `max`. */
  receiveMany(options?: BatchOptions): Promise<M[]>;
  /**
   * As `receive`, with what libzmq knows of the message besides: its sender's address, for instance. What a loop had
   * fetched ahead comes first, without that. `zmq_msg_gets`
   */
  receiveWithMetadata(options?: MetadataOptions): Promise<Received<M>>;
  /** Loops over messages with their metadata, as `receiveWithMetadata` gets them. */
  messagesWithMetadata(options?: MetadataOptions): SocketIterator<Received<M>>;
  /** Loops over batches: the fast way to receive many. Ends when the socket is closed. */
  batches(options?: BatchOptions): SocketIterator<M[]>;
  /** As {@link Readable}'s, and itself iterable. */
  [Symbol.asyncIterator](): SocketIterator<M>;
}

type Prefix = Buffer | string;

/** Talks to exactly one other Pair. `ZMQ_PAIR` */
export class Pair extends Socket {
  constructor(options?: SocketOptions<Pair>) {
    super(zmq.ZMQ_PAIR, options);
  }
}
export interface Pair extends WritableSocket, ReadableSocket {}

/** Sends each message to all subscribers whose prefixes it matches; drops it when there is none. `ZMQ_PUB` */
export class Publisher extends Socket {
  constructor(options?: SocketOptions<Publisher>) {
    super(zmq.ZMQ_PUB, options);
  }

  /**
   * Resolves once `count` peers have subscribed, with their number: what is published from then on reaches them.
   * A message that is published earlier is lost to whoever had not subscribed yet.
   *
   * @throws ZmqError rejects with `EAGAIN` after `timeout` (milliseconds; by default it waits for ever), or when the
   * socket closes.
   */
  waitForSubscribers(count: number, options?: SubscriberOptions): Promise<number> {
    return waitForSubscribers(coreOf(this), count, options);
  }
}
export interface Publisher
  extends WritableSocket,
    Multicast,
    Values<typeof conflateOptions>,
    Values<typeof publishOptions>,
    Values<typeof matchOptions> {}

/** Receives what publishers send that matches one of its prefixes. `ZMQ_SUB` */
export class Subscriber extends Socket {
  constructor(options?: SocketOptions<Subscriber>) {
    super(zmq.ZMQ_SUB, options);
  }

  /** Also receives messages whose first frame begins with one of the prefixes; all messages, without one. */
  subscribe(...prefixes: Prefix[]): void {
    setEach(this, zmq.ZMQ_SUBSCRIBE, prefixes);
  }

  /** Undoes one `subscribe` for each of the prefixes; for the empty one, without one. */
  unsubscribe(...prefixes: Prefix[]): void {
    setEach(this, zmq.ZMQ_UNSUBSCRIBE, prefixes);
  }
}
export interface Subscriber
  extends ReadableSocket,
    Multicast,
    Values<typeof conflateOptions>,
    Values<typeof matchOptions> {}

function setEach(socket: Socket, option: number, prefixes: Prefix[]): void {
  const core = coreOf(socket);
  for (const prefix of prefixes.length === 0 ? [""] : prefixes) {
    core.setOption({ id: option, kind: kinds.string }, prefix);
  }
}

/** Sends a request, then receives its reply, in turn. `ZMQ_REQ` */
export class Request extends Socket {
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

/** Receives a request, then sends its reply, in turn. `ZMQ_REP` */
export class Reply extends Socket {
  constructor(options?: SocketOptions<Reply>) {
    super(zmq.ZMQ_REP, options);
  }
}
export interface Reply extends ReadableSocket, WritableSocket, Values<typeof routingIdOptions> {}

/** Sends to its peers in turn, receives from all of them, in any order. `ZMQ_DEALER` */
export class Dealer extends Socket {
  constructor(options?: SocketOptions<Dealer>) {
    super(zmq.ZMQ_DEALER, options);
  }
}
export interface Dealer
  extends ReadableSocket,
    WritableSocket,
    Values<typeof routingIdOptions>,
    Values<typeof probeOptions>,
    Values<typeof conflateOptions> {}

/** What `Router.connect` takes besides the endpoint. */
export interface RouterConnectOptions {
  /** The id by which to address this peer; a Buffer for one that is no text. `ZMQ_CONNECT_ROUTING_ID` */
  routingId?: string | Buffer;
}

/** What `Stream.connect` takes besides the endpoint. */
export interface StreamConnectOptions {
  /** The id by which to address this peer; a Buffer for one that is no text. `ZMQ_CONNECT_ROUTING_ID` */
  routingId?: string | Buffer;
}

function setConnectId(socket: Socket, options: RouterConnectOptions | undefined): void {
  const id = options?.routingId;
  // An empty id is none, and refused by libzmq before 4.3.5.
  if (id === undefined || id === null || id.length === 0) return;
  const core = coreOf(socket);
  core.usable();
  // Meant for the connect that follows, so no warning that it comes too late.
  core.setOption({ id: zmq.ZMQ_CONNECT_ROUTING_ID, kind: kinds.string }, id);
}

/** Addresses peers by the first frame: their routing id, which received messages begin with. `ZMQ_ROUTER` */
export class Router extends Socket {
  constructor(options?: SocketOptions<Router>) {
    super(zmq.ZMQ_ROUTER, options);
  }

  override connect(address: string, options?: RouterConnectOptions): void {
    setConnectId(this, options);
    super.connect(address);
  }
}
export interface Router
  extends ReadableSocket,
    WritableSocket,
    Values<typeof routingIdOptions>,
    Values<typeof routerOptions>,
    Values<typeof probeOptions> {}

/** Receives from all Push peers in fair turns. `ZMQ_PULL` */
export class Pull extends Socket {
  constructor(options?: SocketOptions<Pull>) {
    super(zmq.ZMQ_PULL, options);
  }
}
export interface Pull extends ReadableSocket, Values<typeof conflateOptions> {}

/** Sends to its Pull peers in turn, skipping those that are full. `ZMQ_PUSH` */
export class Push extends Socket {
  constructor(options?: SocketOptions<Push>) {
    super(zmq.ZMQ_PUSH, options);
  }
}
export interface Push extends WritableSocket, Values<typeof conflateOptions> {}

/** A Publisher that also receives its subscribers' messages: subscriptions, and others. `ZMQ_XPUB` */
export class XPublisher extends Socket {
  constructor(options?: SocketOptions<XPublisher>) {
    super(zmq.ZMQ_XPUB, options);
  }

  /** As {@link Publisher.waitForSubscribers}; the subscription messages can be received besides. */
  waitForSubscribers(count: number, options?: SubscriberOptions): Promise<number> {
    return waitForSubscribers(coreOf(this), count, options);
  }

  /**
   * Which subscription messages are received: those that change what is subscribed to (null), repeated subscriptions
   * too, or repeated unsubscriptions as well. `ZMQ_XPUB_VERBOSE`, `ZMQ_XPUB_VERBOSER`
   */
  set verbosity(value: null | "allSubs" | "allSubsUnsubs") {
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
    Values<typeof publishOptions>,
    Values<typeof xpublisherOptions>,
    Values<typeof matchOptions> {}

/** A Subscriber that sends subscriptions as messages: a byte 1 (or 0, to undo) and the prefix. `ZMQ_XSUB` */
export class XSubscriber extends Socket {
  constructor(options?: SocketOptions<XSubscriber>) {
    super(zmq.ZMQ_XSUB, options);
  }
}
export interface XSubscriber extends ReadableSocket, WritableSocket, Multicast {}

/** Talks to plain TCP peers: each message is `[id, data]`. `ZMQ_STREAM` */
export class Stream extends Socket {
  constructor(options?: SocketOptions<Stream>) {
    super(zmq.ZMQ_STREAM, options);
  }

  override connect(address: string, options?: StreamConnectOptions): void {
    setConnectId(this, options);
    super.connect(address);
  }
}
export interface Stream
  extends ReadableSocket<[Message, Message]>,
    WritableSocket<[MessageLike, MessageLike]>,
    Values<typeof streamOptions> {}

type Table = Record<string, Option<unknown>>;
type SocketClass = { readonly prototype: Socket };

/** @internal Gives classes their options, besides those of every socket. */
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
  [Dealer, sendOptions, receiveOptions, routingIdOptions, probeOptions, conflateOptions],
  [Router, sendOptions, receiveOptions, routingIdOptions, routerOptions, probeOptions],
  [Pull, receiveOptions, conflateOptions],
  [Push, sendOptions, conflateOptions],
  [XPublisher, sendOptions, receiveOptions, publishOptions, xpublisherOptions, matchOptions],
  [XSubscriber, sendOptions, receiveOptions],
  [Stream, sendOptions, receiveOptions, streamOptions],
]);
for (const { prototype } of [Publisher, Subscriber, XPublisher, XSubscriber]) {
  defineMulticast<Socket>(prototype, coreOf);
}
