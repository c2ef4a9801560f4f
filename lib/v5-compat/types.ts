// The socket types of zeromq 5, and the class of this library that implements each.

import * as zmq from "../index.js";
import * as constants from "./constants.js";

/** @internal A socket of any type. Operations that its type does not support fail at run time. */
export type AnySocket = zmq.Socket & zmq.WritableSocket & zmq.ReadableSocket;

/** @internal */
export type Turn = "send" | "receive";

interface Traits {
  readonly class: new () => zmq.Socket;
  readonly sends?: false;
  readonly receives?: false;
  /** The first operation of a socket that alternates between send and receive. */
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

/**
 * The name of a socket type.
 *
 * @useDeclaredType
 */
export type SocketType = keyof typeof traits;

/** The numbers of the socket types by name. */
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

/** `any`, as in the declarations of zeromq, so that programs written for them compile unchanged. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Untyped = any;

/** @internal Throws an Error for an unknown type. */
export function traitsOf(type: SocketType): Traits {
  if (!Object.hasOwn(traits, type)) throw new Error(`Invalid socket type: ${String(type)}`);
  return traits[type];
}
