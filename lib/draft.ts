// The sockets that libzmq calls drafts: what they are may still change in libzmq.

import { emitWarning } from "node:process";
import * as zmq from "./binding/constants.js";
import { coreOf } from "./core/registry.js";
import type { Message, MessageLike } from "./message/frames.js";
import type { GroupInfo, GroupOptions, RoutingOptions } from "./message/tag.js";
import type { Values } from "./options/kinds.js";
import { capability, conflateOptions, hiccupOptions, receiveOptions, sendOptions } from "./options/table.js";
import { defineSocketOptions, type SocketOptions } from "./socket/classes.js";
import { atEndpoint } from "./socket/endpoints.js";
import type { ReadableSocket, WritableSocket } from "./socket/interfaces.js";
import { Socket } from "./socket/socket.js";

export type { GroupInfo, GroupOptions, RoutingOptions } from "./message/tag.js";

if (!capability.draft) throw new Error("This build of libzmq has no draft sockets");
emitWarning("ZeroMQ draft features are experimental and could change at any time.");

/** Talks to many Clients; each message goes to, or comes from, a peer known by a number. `ZMQ_SERVER` */
export class Server extends Socket {
  constructor(options?: SocketOptions<Server>) {
    super(zmq.ZMQ_SERVER, options);
  }

  /**
   * Disconnects a peer, after what was sent to it. What came from it and has not been received is dropped. A Client that
   * is disconnected connects again, and is another peer then. Needs the bundled libzmq. `zmq_disconnect_peer`
   *
   * @throws ZmqError `EHOSTUNREACH` for a number that no peer has; `EINVAL` for one that none can have; `ENOTSUP` in a
   * build against the system's libzmq. TypeError for what is no number.
   */
  disconnectPeer(routingId: number): void {
    coreOf(this).disconnectPeer(routingId);
  }
}
export interface Server
  extends ReadableSocket<[Message, RoutingOptions]>,
    WritableSocket<MessageLike, [RoutingOptions]> {}

/** Talks to Servers: sends to them in turn, receives from all. Messages have one frame. `ZMQ_CLIENT` */
export class Client extends Socket {
  constructor(options?: SocketOptions<Client>) {
    super(zmq.ZMQ_CLIENT, options);
  }
}
export interface Client
  extends ReadableSocket<[Message]>,
    WritableSocket<MessageLike>,
    Values<typeof hiccupOptions> {}

/** Sends each message to the Dishes that joined its group. `ZMQ_RADIO` */
export class Radio extends Socket {
  constructor(options?: SocketOptions<Radio>) {
    super(zmq.ZMQ_RADIO, options);
  }
}
export interface Radio extends WritableSocket<MessageLike, [GroupOptions]> {}

/** Receives what Radios send to the groups it joined. `ZMQ_DISH` */
export class Dish extends Socket {
  constructor(options?: SocketOptions<Dish>) {
    super(zmq.ZMQ_DISH, options);
  }
}
export interface Dish extends ReadableSocket<[Message, GroupInfo]> {
  /**
   * Joins groups, of up to 255 bytes each.
   *
   * @throws ZmqError `EINVAL` for a group that it has joined already or that is too long. `zmq_join`
   */
  join(...groups: (Buffer | string)[]): void;
  /** Leaves groups; throws `EINVAL` for one that it has not joined. `zmq_leave` */
  leave(...groups: (Buffer | string)[]): void;
}

/** Receives from all Scatters in fair turns. `ZMQ_GATHER` */
export class Gather extends Socket {
  constructor(options?: SocketOptions<Gather>) {
    super(zmq.ZMQ_GATHER, options);
  }
}
export interface Gather extends ReadableSocket<[Message]>, Values<typeof conflateOptions> {}

/** Sends to its Gathers in turn. Messages have one frame. `ZMQ_SCATTER` */
export class Scatter extends Socket {
  constructor(options?: SocketOptions<Scatter>) {
    super(zmq.ZMQ_SCATTER, options);
  }
}
export interface Scatter extends WritableSocket<MessageLike>, Values<typeof conflateOptions> {}

/** Sends and receives UDP packets: each message is `[address, data]`. `ZMQ_DGRAM` */
export class Datagram extends Socket {
  constructor(options?: SocketOptions<Datagram>) {
    super(zmq.ZMQ_DGRAM, options);
  }
}
export interface Datagram
  extends ReadableSocket<[Message, Message]>,
    WritableSocket<[MessageLike, MessageLike]> {}

/** Talks to other Peers as a Server does to Clients; who connects learns the peer's number at once. `ZMQ_PEER` */
export class Peer extends Socket {
  constructor(options?: SocketOptions<Peer>) {
    super(zmq.ZMQ_PEER, options);
  }

  /**
   * As `connect`, and answers the routing id by which to send to that peer. `zmq_connect_peer`
   *
   * @throws ZmqError as `connect`; `EFAULT` with `immediate`, which leaves it open when there will be a peer.
   */
  connectPeer(address: string): number {
    return atEndpoint(coreOf(this), "connectPeer", address);
  }

  /**
   * Disconnects a peer, after what was sent to it. What came from it and has not been received is dropped. A Client that
   * is disconnected connects again, and is another peer then. Needs the bundled libzmq. `zmq_disconnect_peer`
   *
   * @throws ZmqError `EHOSTUNREACH` for a number that no peer has; `EINVAL` for one that none can have; `ENOTSUP` in a
   * build against the system's libzmq. TypeError for what is no number.
   */
  disconnectPeer(routingId: number): void {
    coreOf(this).disconnectPeer(routingId);
  }
}
export interface Peer
  extends ReadableSocket<[Message, RoutingOptions]>,
    WritableSocket<MessageLike, [RoutingOptions]>,
    Values<typeof hiccupOptions> {}

/** Talks to exactly one other Channel. Messages have one frame. `ZMQ_CHANNEL` */
export class Channel extends Socket {
  constructor(options?: SocketOptions<Channel>) {
    super(zmq.ZMQ_CHANNEL, options);
  }
}
export interface Channel extends ReadableSocket<[Message]>, WritableSocket<MessageLike> {}

defineSocketOptions([
  [Server, sendOptions, receiveOptions],
  [Client, sendOptions, receiveOptions, hiccupOptions],
  [Radio, sendOptions],
  [Dish, receiveOptions],
  [Gather, receiveOptions, conflateOptions],
  [Scatter, sendOptions, conflateOptions],
  [Datagram, sendOptions, receiveOptions],
  [Peer, sendOptions, receiveOptions, hiccupOptions],
  [Channel, sendOptions, receiveOptions],
]);

// What `import draft from` compiles to in CommonJS.
Object.defineProperty(exports, "default", { value: exports });
