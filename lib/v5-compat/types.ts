// The types of sockets of version 5: which class of this library does the work, and what it can do.

import * as zmq from "../index.js";
import * as constants from "./constants.js";

/** @internal A socket of whatever type: what it cannot do fails when it is tried. */
export type AnySocket = zmq.Socket & zmq.WritableSocket & zmq.ReadableSocket;

/** @internal */
export type Turn = "send" | "receive";

interface Traits {
  readonly class: new () => zmq.Socket;
  readonly sends?: false;
  readonly receives?: false;
  /** It sends and receives in turn, and does this first. */
  readonly first?: Turn;
}

const traits = {
  pair: { class: zmq.Pair },
  req: { class: zmq.Request, first: "send" },
  rep: { class: zmq.Reply, first: "receive" },
  pub: { class: zmq.Publisher, receives: false },
  sub: { class: zmq.Subscriber, sends: false },
  dealer: { class: zmq.Dealer },
  xreq: { class: zmq.Dealer },
  router: { class: zmq.Router },
  xrep: { class: zmq.Router },
  pull: { class: zmq.Pull, sends: false },
  push: { class: zmq.Push, receives: false },
  xpub: { class: zmq.XPublisher },
  xsub: { class: zmq.XSubscriber },
  stream: { class: zmq.Stream },
} as const satisfies Record<string, Traits>;

/** What sockets are made by. @useDeclaredType */
export type SocketType = keyof typeof traits;

/** Numbers of the types of sockets, by name. */
export const types: Record<SocketType, number> = {
  pub: constants.ZMQ_PUB,
  xpub: constants.ZMQ_XPUB,
  sub: constants.ZMQ_SUB,
  xsub: constants.ZMQ_XSUB,
  req: constants.ZMQ_REQ,
  xreq: constants.ZMQ_XREQ,
  rep: constants.ZMQ_REP,
  xrep: constants.ZMQ_XREP,
  push: constants.ZMQ_PUSH,
  pull: constants.ZMQ_PULL,
  dealer: constants.ZMQ_DEALER,
  router: constants.ZMQ_ROUTER,
  pair: constants.ZMQ_PAIR,
  stream: constants.ZMQ_STREAM,
};

/** A value without a type, as in the declarations of zeromq: programs that were written for them compile unchanged. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Untyped = any;

/** @internal @throws Error for a type that there is not. */
export function traitsOf(type: SocketType): Traits {
  if (!Object.hasOwn(traits, type)) throw new Error(`Invalid socket type: ${String(type)}`);
  return traits[type];
}
