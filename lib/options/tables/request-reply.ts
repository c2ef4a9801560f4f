// Options of Request, Reply, Dealer and Router.

import * as zmq from "../../binding/constants.js";
import { type Option, rows } from "../kinds.js";

const { boolean, string, binary } = rows;

/** Options of Request, Reply, Dealer, Router. */
export const routingIdOptions = {
  /**
   * The name by which a Router addresses this socket. It must be unique among the Router's peers. Reads as text, up
   * to the first NUL.
   *
   * Default null: the Router assigns an id. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_ROUTING_ID`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 1 to 255 bytes, of which the first is not 0.
   */
  routingId: string(zmq.ZMQ_ROUTING_ID),
  /**
   * The same as `routingId`, but reads as a Buffer: for ids that are not text.
   *
   * Default: an empty Buffer. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_ROUTING_ID`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 1 to 255 bytes, of which the first is not 0.
   */
  routingIdBytes: binary(zmq.ZMQ_ROUTING_ID) as Option<Buffer>,
};

/** Options of Router. */
export const routerOptions = {
  /**
   * When true, `send` rejects with `EHOSTUNREACH` if no peer has the routing id, and waits while the peer's queue is
   * full. When false, such messages are dropped.
   *
   * Default false. Can only be set. Takes effect at once. libzmq: `ZMQ_ROUTER_MANDATORY`.
   */
  mandatory: boolean(zmq.ZMQ_ROUTER_MANDATORY, { access: "w", live: true }),
  /**
   * Whether a new peer takes over a routing id that another peer is using. When false, the new peer stays connected but is
   * not served until the other one disconnects, and `handshake:error:other` is emitted with `EADDRINUSE`.
   *
   * Default false. Can only be set. Takes effect at once. libzmq: `ZMQ_ROUTER_HANDOVER`.
   */
  handover: boolean(zmq.ZMQ_ROUTER_HANDOVER, { access: "w", live: true }),
};

/** Options of Router, Dealer, Request. */
export const probeOptions = {
  /**
   * Whether the socket sends an empty message on each new connection, so that a Router learns its routing id.
   *
   * Default false. Can only be set. Takes effect at once. libzmq: `ZMQ_PROBE_ROUTER`.
   */
  probeRouter: boolean(zmq.ZMQ_PROBE_ROUTER, { access: "w", live: true }),
};

/** Options of Request. */
export const requestOptions = {
  /**
   * Whether replies must match their request by an id. Replies to earlier requests are dropped.
   *
   * Default false. Can only be set. Takes effect at once. libzmq: `ZMQ_REQ_CORRELATE`.
   */
  correlate: boolean(zmq.ZMQ_REQ_CORRELATE, { access: "w", live: true }),
  /**
   * Whether a new request may be sent before the reply to the last one has arrived. Set `correlate` as well: otherwise
   * a late reply may be taken for the reply to the new request.
   *
   * Default false. Can only be set. Takes effect at once. libzmq: `ZMQ_REQ_RELAXED`.
   */
  relaxed: boolean(zmq.ZMQ_REQ_RELAXED, { access: "w", live: true }),
};

/** Options of Dealer, Router, Client, Server and Peer. */
export const helloOptions = {
  /**
   * The message that every new peer of this socket receives first, also after a reconnection. Null sends none.
   *
   * Default null. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_HELLO_MSG`.
   */
  helloMessage: string(zmq.ZMQ_HELLO_MSG, { access: "w" }),
};

/** Options of Router, Server and Peer. */
export const disconnectOptions = {
  /**
   * The message that this socket itself receives when a peer that connected to it is gone. It comes with the routing id of
   * that peer. Null receives none.
   *
   * Default null. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_DISCONNECT_MSG`.
   */
  disconnectMessage: string(zmq.ZMQ_DISCONNECT_MSG, { access: "w" }),
};

/** Options of Dealer, Client and Peer. */
export const hiccupOptions = {
  /**
   * The message that this socket itself receives whenever it loses a connection that it made. Null receives none.
   * While the queue is full, only one such message is added.
   *
   * Default null. Since libzmq 4.3.5. Can only be set. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_HICCUP_MSG`.
   */
  hiccupMessage: string(zmq.ZMQ_HICCUP_MSG, { access: "w" }),
};
