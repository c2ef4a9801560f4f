// The public types of peers and their changes.

import type { OperationOptions } from "../../arguments/operation-options.js";
import type { DropCounts } from "../drops.js";

/**
 * Why a connection has ended:
 *
 * - `"local"`: this socket closed it, by `close`, `disconnect` or `unbind`. A Pair with a peer rejects a second one for this
 *   reason; the connection of the second one stays open, without its messages.
 * - `"peer"`: the peer closed it, or its process ended.
 * - `"error"`: the system reports an error, such as `ECONNRESET`. See `error`.
 * - `"authentication"`: the ZAP handler rejected the peer, or disconnected it later. Or this socket needs a ZAP handler, and
 *   none is bound: the code of `error` is then `EFAULT`, and `context.authenticate()` is missing.
 * - `"protocol"`: the peer violated a protocol, or its message was too large. See `error`.
 * - `"handshakeTimeout"`: the handshake took longer than `handshakeInterval`.
 * - `"heartbeatTimeout"`: the peer was silent for `heartbeatTimeout`.
 * - `"unknown"`: the connection ended while this thread was busy and more than 10,000 changes were pending.
 */
export type LeaveReason =
  | "local"
  | "peer"
  | "error"
  | "authentication"
  | "protocol"
  | "handshakeTimeout"
  | "heartbeatTimeout"
  | "unknown";

/** Counts of one connection. {@link ConnectedPeer.statistics} returns them. */
export interface PeerStatistics {
  /**
   * Messages that arrived from the peer, with those in the receive queue. Subscriptions that a publisher receives count as
   * messages.
   */
  readonly messagesReceived: number;
  /** Messages that were handed to the network. Over inproc: messages that the peer has received. */
  readonly messagesSent: number;
  /** Bytes that arrived from the network, with those of the handshake and of heartbeats. 0 over inproc. */
  readonly bytesReceived: number;
  /** Bytes that were handed to the network. 0 over inproc. */
  readonly bytesSent: number;
  /** Messages of the peer that wait for `receive`. */
  readonly receiveQueue: number;
  /** Messages that wait for the network. On a socket that connects, they outlive the connection. */
  readonly sendQueue: number;
  /**
   * Messages of the queues of this peer that were dropped, by reason. On a socket that connects, with those of earlier
   * connections of the endpoint. Messages that are lost with the queue of a peer that leaves are in the sum of the socket
   * only: `socket.statistics()`.
   */
  readonly dropped: DropCounts;
}

/**
 * A peer, as long as its connection lasts: a peer that reconnects is another object. {@link Socket.peers} lists them.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 *
 * const pull = new Pull();
 * await pull.bind("tcp://127.0.0.1:*");
 * const push = new Push();
 * push.connect(pull.lastEndpoint!);
 * await pull.waitForPeers();
 * for (const peer of pull.peers) console.log(peer.direction, peer.properties["Socket-Type"]); // bound PUSH
 * ```
 */
export interface ConnectedPeer {
  /** `"bound"`: the peer connected to this socket. `"connected"`: this socket connected to the peer. */
  readonly direction: "bound" | "connected";
  /** The local end of the connection, such as `"tcp://127.0.0.1:5555"`. Empty for the side of inproc that connected. */
  readonly localAddress: string;
  /** The peer's end of the connection. Empty for the side of inproc that is bound. */
  readonly remoteAddress: string;
  /**
   * `"ready"`: messages can be exchanged. `"closed"`: the connection has ended. Endpoints that are not connected have no
   * peer: `socket.endpoints` lists those.
   */
  readonly state: "ready" | "closed";
  /**
   * When the connection was made, before the handshake. Undefined for inproc if that was before the first access to
   * `peers`.
   */
  readonly connectedAt: Date | undefined;
  /** The security mechanism. `null`: none, also if the handshake failed. */
  readonly mechanism: "plain" | "curve" | "gssapi" | null;
  /** The user id that the ZAP handler has given the peer. */
  readonly userId: string | undefined;
  /**
   * The properties of the handshake, such as `Socket-Type`, `Peer-Address`, and those that the peer's `metadata` adds.
   * Empty over inproc. The peer chooses them: only the ZAP handler's are verified. At most 8 KiB, where each property counts
   * as the bytes of its name and value, and 128 more. Above that, properties that come last by name are left out, but never
   * `User-Id`, `Peer-Address` and `Socket-Type`.
   */
  readonly properties: Readonly<Record<string, string>>;
  /**
   * The address of the peer in this socket: a Buffer on Router and Stream, a number on Server and Peer, undefined on others.
   * Known from `join` to `leave`. Undefined if the peer was rejected, or left while more than 10,000 changes were pending.
   * Never throws.
   */
  readonly routingId: Buffer | number | undefined;
  /**
   * Returns the counts of the connection, and the last ones once it has ended. Never throws.
   *
   * @example
   * ```ts
   * import { Pull, Push } from "zmq-native";
   *
   * const pull = new Pull();
   * await pull.bind("tcp://127.0.0.1:*");
   * const push = new Push();
   * push.connect(pull.lastEndpoint!);
   * await push.send("hello");
   * await pull.receive();
   * for (const peer of pull.peers) console.log(peer.statistics().messagesReceived); // 1
   * ```
   */
  statistics(): PeerStatistics;
  /**
   * Waits until all messages for this peer have been handed to the network, as `socket.flush()` does for all peers.
   * Messages that still wait in a pending `send` or in `sendQueue` have no peer yet.
   *
   * Resolves also when the peer leaves. On a socket that connects, the queue is then for the next peer of the endpoint. On a
   * bound socket, the messages are lost, and `statistics().dropped.peerGone` of the socket counts them.
   *
   * @param options `timeout` has no limit by default; `sendTimeout` does not apply.
   *
   * @throws ZmqError `EAGAIN` (rejects): messages are left after the timeout, or the socket was closed meanwhile. With
   * `distinctErrors` the codes are `ETIMEDOUT` and `ECANCELED`.
   * @throws ZmqError `EBUSY` (throws): `bind` or `unbind` of the socket is pending.
   * @throws TypeError (throws): an option has the wrong type.
   * @throws The reason of `signal` (rejects) when it is aborted.
   *
   * @example
   * ```ts
   * import { Dealer, Router } from "zmq-native";
   *
   * const router = new Router();
   * await router.bind("tcp://127.0.0.1:*");
   * const dealer = new Dealer({ routingId: "worker" });
   * dealer.connect(router.lastEndpoint!);
   * await router.waitForPeers();
   * await router.send(["worker", "job"]);
   * const [worker] = router.peers;
   * await worker!.flush({ timeout: 5000 });
   * ```
   */
  flush(options?: OperationOptions): Promise<void>;
}

/** A peer joined. */
export interface PeerJoin {
  /** The type of the change. */
  readonly type: "join";
  /** The peer, with which messages can be exchanged. */
  readonly peer: ConnectedPeer;
  /** Only other changes have a reason. */
  readonly reason?: undefined;
  /** Only other changes have an error. */
  readonly error?: undefined;
}

/** A peer left. */
export interface PeerLeave {
  /** The type of the change. */
  readonly type: "leave";
  /** The peer, which had joined before. */
  readonly peer: ConnectedPeer;
  /** Why the connection has ended. */
  readonly reason: LeaveReason;
  /** The error, if there is one. */
  readonly error: Error | undefined;
}

/** A connection ended before its handshake had succeeded. */
export interface PeerFailure {
  /** The type of the change. */
  readonly type: "fail";
  /**
   * The peer, which never joined. Its `properties` are empty, and it has no `userId`. The event `decision` of an
   * authenticator reports its key or user name.
   */
  readonly peer: ConnectedPeer;
  /** Why the connection has ended. */
  readonly reason: LeaveReason;
  /** The error, if there is one. */
  readonly error: Error | undefined;
}

/** Messages were dropped. Reported at most once in a second. */
export interface DropReport {
  /** The type of the event. */
  readonly type: "drop";
  /** The messages that were dropped since the last report, or since the listener was added. */
  readonly dropped: DropCounts;
  /** The messages that were dropped since the socket was created. */
  readonly total: DropCounts;
}

/** A change of a socket's peers. `type` is the discriminant. */
export type PeerChange = PeerJoin | PeerLeave | PeerFailure;

/** The events of {@link Peers}, with their arguments. */
export interface PeerEvents {
  /** A peer joined: messages can be exchanged. */
  join: PeerJoin;
  /** A peer that had joined left. */
  leave: PeerLeave;
  /** A connection ended before its handshake had succeeded. */
  fail: PeerFailure;
  /** The socket has dropped messages. Reported at most once in a second, and when the socket is closed. */
  drop: DropReport;
}

/** Options of {@link Peers.changes}. */
export interface ChangeOptions {
  /** Ends the loop by rejecting with `signal.reason`. */
  signal?: AbortSignal | undefined;
}
