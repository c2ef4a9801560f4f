// Counts the messages of all sockets by attributes, from `socket.statistics()`. The sockets are read when an exporter
// collects, and once more when they are closed, so messages cost nothing.

import type { Attributes, BatchObservableResult } from "@opentelemetry/api";
import { receiveOnly, sendOnly } from "../core/identity.js";
import { nextTick } from "../runtime/timers.js";
import type { SocketClosePayload, SocketPayload } from "../socket/payloads.js";
import type { Socket } from "../socket/socket.js";
import type { SocketStatistics } from "../socket/statistics.js";
import { placeOf, systemName } from "./attributes.js";
import type { Observables } from "./metrics.js";

/**
 * The most sets of attributes. The messages of further sockets are counted together: a program may connect to any number
 * of endpoints in the course of time.
 */
const mostSeries = 1000;

/** Cumulative counts of a socket or of a series. */
type Counts = Record<string, number>;

const sent = "sent";
const consumed = "consumed";
const transmitted = "transmitted";
const received = "received";
const dropped = "dropped ";

function countsOf(type: string, statistics: SocketStatistics): Counts {
  const { messagesSent, messagesReceived, bytesSent, bytesReceived, receiveQueue } = statistics;
  const { total: _, ...reasons } = statistics.dropped;
  // Other types also send, and a drop of that reason may be one of a message that they have sent.
  const gone = receiveOnly.includes(type) ? reasons.filtered + reasons.conflated : 0;
  return {
    [sent]: receiveOnly.includes(type) ? 0 : messagesSent,
    [consumed]: sendOnly.includes(type)
      ? 0
      : messagesReceived - receiveQueue - reasons.unread - reasons.unexpected - gone,
    [transmitted]: bytesSent,
    [received]: bytesReceived,
    ...Object.fromEntries(Object.entries(reasons).map(([reason, count]) => [dropped + reason, count])),
  };
}

/**
 * Reads a property, or calls a method, of the base class of sockets: classes of programs may have one with that name. Undefined
 * if the addon was built against the system's libzmq, or if another thread has closed the context.
 */
function read<T>(socket: Socket, name: "closed" | "endpoints" | "peers" | "statistics"): T | undefined {
  let member: PropertyDescriptor = {};
  for (let object: object | null = socket; object !== null; object = Object.getPrototypeOf(object)) {
    member = Object.getOwnPropertyDescriptor(object, name) ?? member;
  }
  try {
    return (member.get ?? member.value).call(socket);
  } catch {
    return undefined;
  }
}

/** An open socket. */
interface Tracked {
  /** Weak: an idle socket may be garbage-collected. */
  readonly socket: WeakRef<Socket>;
  readonly type: string;
  endpoint: string | null;
  /** The counts that were already added to a series. */
  readonly counted: Counts;
}

/** Messages with the same attributes. */
interface Series {
  readonly attributes: Attributes;
  readonly totals: Counts;
  /** Of the open sockets, at the last collection. */
  receiveQueue: number;
  sendQueue: number;
  peers: number;
}

type Destination = (socket: Socket, endpoint: string | null) => string | null;

export class Census {
  readonly #destination: Destination;
  readonly #bySocket = new WeakMap<Socket, Tracked>();
  readonly #open = new Set<Tracked>();
  readonly #collected = new FinalizationRegistry<Tracked>((tracked) => this.#open.delete(tracked));
  readonly #series = new Map<string, Series>();

  /** `destination` names the destination of a socket, and does not throw. */
  constructor(destination: Destination) {
    this.#destination = destination;
  }

  opened({ socket, socketType: type }: SocketPayload): void {
    const tracked: Tracked = { socket: new WeakRef(socket), type, endpoint: null, counted: {} };
    this.#bySocket.set(socket, tracked);
    this.#open.add(tracked);
    this.#collected.register(socket, tracked);
  }

  closed({ socket, endpoint, statistics }: SocketClosePayload): void {
    const tracked = this.#bySocket.get(socket);
    // A socket that was opened before the metrics were enabled.
    if (tracked === undefined || !this.#open.delete(tracked)) return;
    tracked.endpoint ??= endpoint;
    if (statistics !== undefined) this.#count(tracked, socket, statistics);
  }

  /** Reports all values. Sockets that have just been closed are counted first. */
  async observe(observables: Observables, result: BatchObservableResult, countPeers: boolean): Promise<void> {
    // `socket:close` follows the close in a turn of its own.
    await new Promise<void>((resolve) => nextTick(resolve));
    this.#read(countPeers);
    const { sent: sending, consumed: receiving, bytes, dropped: drops, queued, peers } = observables;
    for (const { attributes, totals, receiveQueue, sendQueue, peers: count } of this.#series.values()) {
      const of = (direction: "send" | "receive"): Attributes => ({
        ...attributes,
        "messaging.operation.name": direction,
        "messaging.operation.type": direction,
      });
      const type = `${attributes["zmq.socket.type"]}`;
      if (!receiveOnly.includes(type)) {
        result.observe(sending, totals[sent] ?? 0, of("send"));
        result.observe(queued, sendQueue, of("send"));
      }
      if (!sendOnly.includes(type)) {
        result.observe(receiving, totals[consumed] ?? 0, of("receive"));
        result.observe(queued, receiveQueue, of("receive"));
      }
      const io = (direction: string) => ({ ...attributes, "network.io.direction": direction });
      result.observe(bytes, totals[transmitted] ?? 0, io("transmit"));
      result.observe(bytes, totals[received] ?? 0, io("receive"));
      if (countPeers) result.observe(peers, count, attributes);
      for (const [name, value] of Object.entries(totals)) {
        if (value === 0 || !name.startsWith(dropped)) continue;
        result.observe(drops, value, { ...attributes, "zmq.drop.reason": name.slice(dropped.length) });
      }
    }
  }

  #read(countPeers: boolean): void {
    for (const series of this.#series.values()) {
      series.receiveQueue = 0;
      series.sendQueue = 0;
      series.peers = 0;
    }
    for (const tracked of this.#open) {
      const socket = tracked.socket.deref();
      // Closed while the metrics were disabled.
      if (socket === undefined || read<boolean>(socket, "closed")) {
        this.#open.delete(tracked);
        continue;
      }
      const endpoints = read<Socket["endpoints"]>(socket, "endpoints") ?? [];
      // Their order can change: keep the endpoint while it is listed.
      if (!endpoints.some(({ endpoint }) => endpoint === tracked.endpoint)) {
        tracked.endpoint = endpoints[0]?.endpoint ?? tracked.endpoint;
      }
      const statistics = read<SocketStatistics>(socket, "statistics");
      if (statistics === undefined) continue;
      const series = this.#count(tracked, socket, statistics);
      series.receiveQueue += statistics.receiveQueue;
      series.sendQueue += statistics.sendQueue;
      if (countPeers) series.peers += read<Socket["peers"]>(socket, "peers")?.size ?? 0;
    }
  }

  /**
   * Adds what a socket has exchanged since it was counted last. So the totals of a series never decrease: not when the socket is
   * closed or garbage-collected, nor when its endpoint or destination changes.
   */
  #count(tracked: Tracked, socket: Socket, statistics: SocketStatistics): Series {
    const series = this.#seriesOf(tracked, socket);
    const { counted } = tracked;
    for (const [name, value] of Object.entries(countsOf(tracked.type, statistics))) {
      const before = counted[name] ?? 0;
      // The parts of a number are not read at the same time, so a difference can decrease for a moment.
      if (value <= before) continue;
      counted[name] = value;
      series.totals[name] = (series.totals[name] ?? 0) + value - before;
    }
    return series;
  }

  #seriesOf({ type, endpoint }: Tracked, socket: Socket): Series {
    const common = { "messaging.system": systemName, "zmq.socket.type": type };
    const attributes = { ...common, ...placeOf(this.#destination(socket, endpoint), endpoint) };
    const key = JSON.stringify(attributes);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size < mostSeries) return this.#add(key, attributes);
    // The attribute by which the SDK marks what exceeds a limit of its own.
    const rest = { ...common, "otel.metric.overflow": true };
    const shared = JSON.stringify(rest);
    return this.#series.get(shared) ?? this.#add(shared, rest);
  }

  #add(key: string, attributes: Attributes): Series {
    const series = { attributes, totals: {}, receiveQueue: 0, sendQueue: 0, peers: 0 };
    this.#series.set(key, series);
    return series;
  }
}
