// The socket classes: which type, which options, and what each can do. How it is done is in the other rooms.

import { types } from "node:util";
import { shown } from "../arguments/checks.js";
import * as zmq from "../binding/constants.js";
import { explained } from "../binding/errors.js";
import type { Context } from "../context/context.js";
import { coreOf } from "../core/registry.js";
import { copyOf, type Message, type MessageLike } from "../message/frames.js";
import { explainValue } from "../options/explain.js";
import { defineOptions, kinds, type Option, type Values } from "../options/kinds.js";
import {
  capability,
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
import { type Multicast, type MulticastOptions, readMulticast, writeMulticast } from "./multicast.js";
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

/** What the constructor of a socket class takes: any of its writable properties, and a context. */
export type SocketOptions<S extends Socket> = Partial<Pick<S, WritableKeys<S>>> & {
  /** The context that it belongs to. Default: {@link context}, which all threads share. */
  context?: Context | undefined;
};

/** @inline */
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
    Readonly<Values<typeof topicOptions>>,
    Values<typeof normOptions>,
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
    Readonly<Values<typeof topicOptions>>,
    Values<typeof normOptions>,
    Values<typeof conflateOptions>,
    Values<typeof matchOptions> {}

/** Throws a `TypeError` for what is no text and no bytes. */
function expectBytes(value: unknown, what: string): asserts value is Prefix {
  if (typeof value === "string" || types.isUint8Array(value)) return;
  throw explained(
    new TypeError("Option value must be a string or buffer"),
    `${what} is a string or a Buffer, got ${shown(value)}`,
  );
}

function setEach(socket: Socket, option: number, prefixes: Prefix[]): void {
  const core = coreOf(socket);
  const read = prefixes.length === 0 ? [""] : prefixes;
  // All are looked at before the first takes effect.
  for (const prefix of read) if (prefix !== null) expectBytes(prefix, "a topic");
  for (const prefix of read) core.setOption({ id: option, kind: kinds.string }, prefix);
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
    Values<typeof conflateOptions>,
    Values<typeof hiccupOptions> {}

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

/** Reads and copies the id, before anything is done to the socket. */
function connectIdOf(options: RouterConnectOptions | null | undefined): Uint8Array | undefined {
  const id: unknown = options?.routingId;
  if (id === undefined || id === null) return undefined;
  expectBytes(id, "routingId");
  const bytes = typeof id === "string" ? Buffer.from(id) : copyOf(id);
  // An empty id is none, and refused by libzmq before 4.3.5.
  return bytes.length === 0 ? undefined : bytes;
}

/** Addresses peers by the first frame: their routing id, which received messages begin with. `ZMQ_ROUTER` */
export class Router extends Socket {
  constructor(options?: SocketOptions<Router>) {
    super(zmq.ZMQ_ROUTER, options);
  }

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

const verbosities: readonly unknown[] = [null, "allSubs", "allSubsUnsubs"];

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

/** A Subscriber that sends subscriptions as messages: a byte 1 (or 0, to undo) and the prefix. `ZMQ_XSUB` */
export class XSubscriber extends Socket {
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

/** Talks to plain TCP peers: each message is `[id, data]`. `ZMQ_STREAM` */
export class Stream extends Socket {
  constructor(options?: SocketOptions<Stream>) {
    super(zmq.ZMQ_STREAM, options);
  }

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
  Object.defineProperty(prototype, "multicast", {
    configurable: true,
    get(this: object): MulticastOptions {
      return readMulticast(coreOf(this));
    },
    set(this: object, value: unknown) {
      writeMulticast(coreOf(this), value);
    },
  });
}
