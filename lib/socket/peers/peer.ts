// A connected peer. Its methods ask libzmq while it is connected.

import { type OperationOptions, operationOptions } from "../../arguments/operation-options.js";
import { ZMQ_PEER, ZMQ_ROUTER, ZMQ_SERVER, ZMQ_STREAM } from "../../binding/constants.js";
import { binding } from "../../binding/index.js";
import type { Core } from "../../core/open-socket.js";
import { flushPeer } from "../flush.js";
import { type Row, readRows } from "./rows.js";
import type { ConnectedPeer, PeerStatistics } from "./types.js";

/** @internal Sets what the socket knows the peer by, if it is in the row and was not known before. */
export let identify: (peer: TrackedPeer | undefined, row: Row) => void;
/** @internal Called once the connection has ended. `statistics` are the last ones, if they are known. */
export let close: (peer: TrackedPeer, statistics?: PeerStatistics) => void;

const bytesTypes = [ZMQ_ROUTER, ZMQ_STREAM];
const numberTypes = [ZMQ_SERVER, ZMQ_PEER];

function routingIdOf(type: number, row: Row): Buffer | number | undefined {
  if (bytesTypes.includes(type)) return row.routingId;
  return numberTypes.includes(type) && row.routingNumber !== 0 ? row.routingNumber : undefined;
}

export class TrackedPeer implements ConnectedPeer {
  readonly direction: "bound" | "connected";
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly connectedAt: Date | undefined;
  readonly mechanism: "plain" | "curve" | "gssapi" | null;
  readonly userId: string | undefined;
  readonly properties: Readonly<Record<string, string>>;
  readonly #id: number;
  /** Undefined once the connection has ended. */
  #core: Core | undefined;
  #routingId: Buffer | number | undefined;
  #statistics: PeerStatistics;

  static {
    identify = (peer, row) => {
      if (peer !== undefined && peer.#core !== undefined)
        peer.#routingId ??= routingIdOf(peer.#core.type, row);
    };
    close = (peer, statistics) => {
      if (statistics !== undefined) peer.#statistics = statistics;
      const core = peer.#core;
      peer.#core = undefined;
      // For a pending `flush`. libzmq signals nothing if a socket that connects keeps the queue.
      if (core?.watching !== undefined) core.touched();
    };
  }

  constructor(core: Core, row: Row) {
    this.#core = core;
    this.#id = row.id;
    this.#statistics = row.statistics;
    this.#routingId = routingIdOf(core.type, row);
    this.direction = row.accepted ? "bound" : "connected";
    this.localAddress = row.localAddress;
    this.remoteAddress = row.remoteAddress;
    this.connectedAt = row.since === 0 ? undefined : new Date(row.since);
    this.mechanism = row.mechanism;
    this.properties = row.properties;
    this.userId = row.properties["User-Id"];
  }

  get state(): "ready" | "closed" {
    return this.#core === undefined ? "closed" : "ready";
  }

  get routingId(): Buffer | number | undefined {
    const type = this.#core?.type ?? -1;
    // The socket may have been busy when the peer was listed.
    if (this.#routingId === undefined && (bytesTypes.includes(type) || numberTypes.includes(type))) {
      const row = this.#read();
      if (row !== undefined) this.#routingId = routingIdOf(type, row);
    }
    return this.#routingId;
  }

  statistics(): PeerStatistics {
    const row = this.#read();
    // Hooks of async_hooks may have ended the connection after the read.
    if (row !== undefined && this.#core !== undefined) this.#statistics = row.statistics;
    return this.#statistics;
  }

  flush(options?: OperationOptions): Promise<void> {
    const core = this.#core;
    if (core !== undefined) return flushPeer(core, this.#id, () => this.#core !== undefined, options);
    const { signal, aborted } = operationOptions(options);
    return aborted ? Promise.reject(signal!.reason) : Promise.resolve();
  }

  /** Undefined if the connection has ended, also if this thread does not know it yet. */
  #read(): Row | undefined {
    const core = this.#core;
    if (core === undefined || core.handle === 0) return undefined;
    const fields = binding.listPeers(core.handle, this.#id);
    core.touched();
    return typeof fields === "number" ? undefined : readRows(fields).rows[0];
  }
}
