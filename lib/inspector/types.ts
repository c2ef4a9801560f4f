// The format of a snapshot, which docs/observability.md documents for other languages. All values are those of JSON.

import type { DropCounts } from "../socket/drops.js";
import type { SocketEndpoint } from "../socket/peers/endpoints.js";
import type { ConnectedPeer, PeerStatistics } from "../socket/peers/types.js";

/** The process of a snapshot. */
export interface ProcessSnapshot {
  /** The name that `listen` got, or that of the program's file. */
  readonly name: string;
  /** The id of the process. */
  readonly pid: number;
  /** `process.title`. */
  readonly title: string;
  /** The name of the machine. */
  readonly host: string;
  /** The working directory, which relative paths of ipc endpoints begin at. */
  readonly cwd: string;
  /** The version of Node, such as `"22.12.0"`. */
  readonly node: string;
  /** The version of zmq-native. */
  readonly library: string;
  /** The version of libzmq. */
  readonly libzmq: string;
  /** Seconds since the process has started. */
  readonly uptime: number;
}

/** An endpoint of a socket: see {@link SocketEndpoint}. */
export interface EndpointSnapshot extends Pick<SocketEndpoint, "endpoint" | "type" | "state" | "retries"> {
  /** When the next attempt begins, in milliseconds since 1970. */
  readonly nextRetry?: number | undefined;
  /** The code of the last error, such as `"ECONNREFUSED"`. */
  readonly lastError?: string | undefined;
}

/** Bytes that are not printable text. */
export interface HexBytes {
  /** The bytes in hexadecimal digits. */
  readonly hex: string;
}

/** A connected peer: see {@link ConnectedPeer}. */
export interface PeerSnapshot
  extends Pick<ConnectedPeer, "direction" | "localAddress" | "remoteAddress" | "mechanism">,
    PeerStatistics {
  /** Identifies the connection within its socket. A peer that reconnects gets another number. */
  readonly id: number;
  /** The time of the connection, in milliseconds since 1970. */
  readonly connectedAt?: number | undefined;
  /** The type of the peer's socket, such as `"PUSH"`, as the peer names it. */
  readonly socketType?: string | undefined;
  /** The user id that the ZAP handler has given the peer. */
  readonly userId?: string | undefined;
  /** The routing id: a number, printable text, or other bytes. */
  readonly routingId?: number | string | HexBytes | undefined;
}

/** A socket. */
export interface SocketSnapshot {
  /** Identifies the socket in its thread, as in the log of `NODE_DEBUG=zmq`. */
  readonly id: number;
  /** The type, such as `"ROUTER"`. */
  readonly type: string;
  /** Identifies the context in the process. Sockets reach each other over inproc within a context. */
  readonly context: number;
  /** `"blocked"`: a `bind` or `unbind` is pending, or a proxy uses the socket. */
  readonly state: "open" | "blocked";
  /** The pending operations, such as `"receive()"`. */
  readonly pending: readonly string[];
  /** `linger`, and the high-water marks of the directions that the socket has. */
  readonly options: Readonly<Record<string, number>>;
  /** The endpoints that the socket is bound or connected to. */
  readonly endpoints: readonly EndpointSnapshot[];
  /** The connected peers. */
  readonly peers: readonly PeerSnapshot[];
  /** The messages that the socket has dropped since it was created, by reason. */
  readonly dropped: DropCounts;
}

/**
 * The sockets of a thread at one time. It has values of JSON only.
 *
 * @example
 * ```ts
 * import { Pull } from "zmq-native";
 * import { inspector, type Snapshot } from "zmq-native/inspector";
 *
 * const types = ({ sockets }: Snapshot) => sockets.map(({ type }) => type);
 * const pull = new Pull();
 * console.log(types(inspector.snapshot()).includes("PULL")); // true
 * pull.close();
 * ```
 */
export interface Snapshot {
  /** Names the format. */
  readonly format: "zmq-inspector";
  /** The version of the format. It changes if a field is removed or gets another meaning. */
  readonly version: 1;
  /** The time of the snapshot, in milliseconds since 1970. */
  readonly time: number;
  /** The process. */
  readonly process: ProcessSnapshot;
  /** The sockets by id. */
  readonly sockets: readonly SocketSnapshot[];
}
