// A connected peer. Its methods ask libzmq while it is connected.

import { ZMQ_PEER, ZMQ_ROUTER, ZMQ_SERVER, ZMQ_STREAM } from "../../binding/constants.js";
import { binding } from "../../binding/index.js";
import type { Core } from "../../core/open-socket.js";
import { type Row, readRows } from "./rows.js";
import type { ConnectedPeer, PeerStatistics } from "./types.js";

/** @internal Called once the connection has ended. `statistics` are the last ones, if they are known. */
export let close: (peer: TrackedPeer, statistics?: PeerStatistics) => void;

const bytesTypes = [ZMQ_ROUTER, ZMQ_STREAM];
const numberTypes = [ZMQ_SERVER, ZMQ_PEER];

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
    close = (peer, statistics) => {
      if (statistics !== undefined) peer.#statistics = statistics;
      peer.#core = undefined;
    };
  }

  constructor(core: Core, row: Row) {
    this.#core = core;
    this.#id = row.id;
    this.#statistics = row.statistics;
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
    const type = this.#core?.type;
    if (type === undefined || this.#routingId !== undefined) return this.#routingId;
    const row = numberTypes.includes(type) || bytesTypes.includes(type) ? this.#read() : undefined;
    if (row === undefined) return undefined;
    if (bytesTypes.includes(type)) this.#routingId = row.routingId;
    else if (row.routingNumber !== 0) this.#routingId = row.routingNumber;
    return this.#routingId;
  }

  statistics(): PeerStatistics {
    const row = this.#read();
    // Hooks of async_hooks may have ended the connection after the read.
    if (row !== undefined && this.#core !== undefined) this.#statistics = row.statistics;
    return this.#statistics;
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
