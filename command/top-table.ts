// The table of `zmq top`: rates from the difference of two snapshots, and rows of text.

import type { PeerSnapshot, Snapshot, SocketSnapshot } from "zmq-native/inspector";
import { lineOf } from "./harmless.js";
import type { TopOrder } from "./orders.js";
import { cut, widthOf } from "./width.js";

/** Messages and bytes per second. */
export interface Rates {
  readonly messagesReceived: number;
  readonly messagesSent: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

const rateNames = ["messagesReceived", "messagesSent", "bytesReceived", "bytesSent"] as const;

type Counts = Pick<PeerSnapshot, (typeof rateNames)[number]>;
const none: Counts = { messagesReceived: 0, messagesSent: 0, bytesReceived: 0, bytesSent: 0 };

const keyOf = (socket: SocketSnapshot, peer: PeerSnapshot) => `${socket.id}/${peer.id}`;

/** A snapshot, and the rates since the one before it. */
export interface Reading {
  readonly snapshot: Snapshot;
  /** The rates of a connection. Undefined without an earlier snapshot of the process. */
  ratesOf(socket: SocketSnapshot, peer: PeerSnapshot): Rates | undefined;
}

/** Compares two snapshots. A connection that is new has begun with 0. */
export function compare(snapshot: Snapshot, before: Snapshot | undefined): Reading {
  if (before?.process.pid !== snapshot.process.pid) return { snapshot, ratesOf: () => undefined };
  const seconds = Math.max(1, snapshot.time - before.time) / 1000;
  const earlier = new Map(
    before.sockets.flatMap((socket) => socket.peers.map((peer) => [keyOf(socket, peer), peer] as const)),
  );
  return {
    snapshot,
    ratesOf(socket, peer) {
      const from: Counts = earlier.get(keyOf(socket, peer)) ?? none;
      const rates = rateNames.map((name) => [name, Math.max(0, peer[name] - from[name]) / seconds]);
      return Object.fromEntries(rates) as unknown as Rates;
    },
  };
}

/** The sum of the rates of all connections. */
export function totalRates({ ratesOf }: Reading, socket: SocketSnapshot): Rates | undefined {
  const all = socket.peers.map((peer) => ratesOf(socket, peer));
  if (all.includes(undefined)) return undefined;
  const sums = rateNames.map((name) => [name, all.reduce((sum, rates) => sum + rates![name], 0)]);
  return Object.fromEntries(sums) as unknown as Rates;
}

const sum = (peers: readonly PeerSnapshot[], name: "receiveQueue" | "sendQueue") =>
  peers.reduce((total, peer) => total + peer[name], 0);

const rateOf = (reading: Reading, socket: SocketSnapshot) => {
  const rates = totalRates(reading, socket);
  return rates === undefined ? 0 : rates.messagesReceived + rates.messagesSent;
};

const weights: Record<Exclude<TopOrder, "id">, (reading: Reading, socket: SocketSnapshot) => number> = {
  rate: rateOf,
  queue: (_, { peers }) => sum(peers, "receiveQueue") + sum(peers, "sendQueue"),
  peers: (_, { peers }) => peers.length,
  drops: (_, { dropped }) => dropped.total,
};

function sorted(reading: Reading, order: TopOrder): SocketSnapshot[] {
  const sockets = [...reading.snapshot.sockets];
  if (order === "id") return sockets;
  const weight = weights[order];
  return sockets.sort((a, b) => weight(reading, b) - weight(reading, a) || a.id - b.id);
}

/** The states of endpoints, from the one that needs attention most. */
const troubles = ["stopped", "connecting", "resolving", "handshaking"];

/** The state to show, and its endpoint. */
function stateOf({ endpoints }: SocketSnapshot): { text: string; endpoint: string; trouble: boolean } {
  for (const state of troubles) {
    const found = endpoints.find((endpoint) => endpoint.state === state);
    if (found === undefined) continue;
    const { endpoint, lastError } = found;
    return { text: lastError ? `${state} ${lastError}` : state, endpoint, trouble: true };
  }
  const [first] = endpoints;
  return { text: first?.state ?? "", endpoint: first?.endpoint ?? "-", trouble: false };
}

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const number = (value: number | undefined) => (value === undefined ? "-" : compact.format(value));

interface Column {
  readonly title: string;
  /** Text columns are aligned to the left. */
  readonly text?: true;
  /** Columns that a narrow terminal does not show, those with 1 first. */
  readonly drop?: 1 | 2 | 3;
}

const columns: readonly Column[] = [
  { title: "ID" },
  { title: "TYPE", text: true },
  { title: "ENDPOINT", text: true },
  { title: "STATE", text: true },
  { title: "PEERS" },
  { title: "IN/s", drop: 3 },
  { title: "OUT/s", drop: 3 },
  { title: "IN B/s", drop: 1 },
  { title: "OUT B/s", drop: 1 },
  { title: "IN Q" },
  { title: "OUT Q" },
  { title: "DROPS" },
  { title: "PENDING", text: true, drop: 2 },
];
const endpointColumn = 2;
const stateColumn = 3;
/** The spaces between two columns. */
const gap = 2;
/** Endpoints are cut to this width before columns are left out. */
const readableEndpoint = 24;
/** States are cut after endpoints, but not below this width: `connecting` and an ellipsis. */
const narrowestState = 11;

interface Row {
  readonly cells: readonly string[];
  readonly trouble: boolean;
}

const rateCells = (rates: Rates | undefined) => rateNames.map((name) => number(rates?.[name]));

function socketRow(reading: Reading, socket: SocketSnapshot): Row {
  const { id, type, endpoints, peers, pending, state, dropped } = socket;
  const { text, endpoint, trouble } = stateOf(socket);
  const calls = [...pending, ...(state === "blocked" ? ["blocked"] : [])];
  const cells = [
    ...[`${id}`, type, endpoints.length > 1 ? `${endpoint} +${endpoints.length - 1}` : endpoint],
    ...[text, number(peers.length), ...rateCells(totalRates(reading, socket))],
    ...[number(sum(peers, "receiveQueue")), number(sum(peers, "sendQueue")), number(dropped.total)],
    calls.join(" "),
  ];
  return { cells, trouble };
}

/** How to call a peer: the name that it has chosen, or its address. Clients over ipc have none: `ipc://`. */
function peerName({ routingId, userId, remoteAddress, localAddress }: PeerSnapshot): string {
  if (typeof routingId === "string") return routingId;
  return userId || remoteAddress.replace(/^ipc:\/\/$/, "") || localAddress || "peer";
}

function peerRow(reading: Reading, socket: SocketSnapshot, peer: PeerSnapshot): Row {
  const { direction, socketType, mechanism } = peer;
  const arrow = direction === "bound" ? "<-" : "->";
  const cells = [
    ...["", socketType ?? "", `${arrow} ${peerName(peer)}`, mechanism ?? "", ""],
    ...[
      ...rateCells(reading.ratesOf(socket, peer)),
      number(peer.receiveQueue),
      number(peer.sendQueue),
      "",
      "",
    ],
  ];
  return { cells, trouble: false };
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`;
}

/** The line about the process. */
export function heading({ process, sockets }: Snapshot): string {
  const peers = sockets.reduce((sum, socket) => sum + socket.peers.length, 0);
  return [
    ...[process.name, `pid ${process.pid}`, `up ${duration(process.uptime)}`],
    ...[`Node ${process.node}`, `libzmq ${process.libzmq}`],
    `${plural(sockets.length, "socket")}, ${plural(peers, "peer")}`,
  ].join("  ");
}

/** A line of the table. */
export interface TableLine {
  readonly text: string;
  readonly style: "title" | "trouble" | "plain";
}

interface TableOptions {
  readonly sort: TopOrder;
  /** Whether there is a row for each peer. */
  readonly peers: boolean;
  /** The width of the terminal. Without it, nothing is cut. */
  readonly width?: number | undefined;
}

/** The parts of an endpoint: its arrow and scheme; host or path; the port, or the end of the path, with the number of others. */
function endpointParts(text: string): [start: string, middle: string, end: string] | undefined {
  const [others = ""] = / \+\d+$/.exec(text) ?? [];
  const endpoint = text.slice(0, text.length - others.length);
  const [start] = /^(?:(?:<-|->) )?\w+:\/\//.exec(endpoint) ?? [];
  if (start === undefined) return undefined;
  const rest = endpoint.slice(start.length);
  const [end = rest.slice(-6)] = /:\d+$/.exec(rest) ?? [];
  return [start, rest.slice(0, rest.length - end.length), end + others];
}

/** Cuts an endpoint so that its port, or the end of its path, stays. */
function cutEndpoint(text: string, width: number): string {
  const parts = endpointParts(text);
  // Characters of two columns are rare in endpoints.
  if (text.length <= width || parts === undefined || widthOf(text) !== text.length) return cut(text, width);
  const [start, middle, end] = parts;
  const room = width - start.length - end.length - 1;
  if (room < 0) return cut(text, width);
  return `${start}…${middle.slice(middle.length - room)}${end}`;
}

/** The width below which an endpoint would lose its port. */
function leastWidth(text: string): number {
  const parts = endpointParts(text);
  if (parts === undefined) return Math.min(text.length, 12);
  return Math.min(text.length, parts[0].length + 1 + parts[2].length);
}

/** Fits the columns to the width of a terminal: cuts endpoints and states, and leaves columns out. Returns those to show. */
function fit(widths: number[], leastEndpoint: number, width: number): Set<Column> {
  const natural = widths[endpointColumn]!;
  let shown = columns;
  const excess = () => {
    const indices = shown.map((column) => columns.indexOf(column));
    return indices.reduce((total, index) => total + widths[index]! + gap, -gap) - width;
  };
  const shrink = (column: number, least: number) => {
    const current = widths[column]!;
    widths[column] = Math.min(current, Math.max(least, current - Math.max(0, excess())));
  };
  shrink(endpointColumn, Math.max(leastEndpoint, readableEndpoint));
  const state = widths[stateColumn]!;
  for (const level of [1, 2, 3]) {
    if (excess() <= 0) break;
    shown = shown.filter(({ drop }) => drop !== level);
    widths[endpointColumn] = natural;
    widths[stateColumn] = state;
    shrink(endpointColumn, leastEndpoint);
    shrink(stateColumn, narrowestState);
  }
  return new Set(shown);
}

/** The table. Its texts come from a program and its peers. */
export function table(reading: Reading, { sort, peers, width }: TableOptions): TableLine[] {
  const rows = sorted(reading, sort)
    .flatMap((socket) => [
      socketRow(reading, socket),
      ...(peers ? socket.peers.map((peer) => peerRow(reading, socket, peer)) : []),
    ])
    // Escaped before widths are computed.
    .map((row) => ({ ...row, cells: row.cells.map(lineOf) }));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map(({ cells }) => widthOf(cells[index]!))),
  );
  const leastEndpoint = Math.max(...rows.map(({ cells }) => leastWidth(cells[endpointColumn]!)), 8);
  const shown = width === undefined ? new Set(columns) : fit(widths, leastEndpoint, width);
  const line = (cells: readonly string[]) =>
    columns
      .flatMap((column, index) => {
        if (!shown.has(column)) return [];
        const size = widths[index]!;
        const cell = index === endpointColumn ? cutEndpoint(cells[index]!, size) : cut(cells[index]!, size);
        const padding = " ".repeat(Math.max(0, size - widthOf(cell)));
        return column.text ? cell + padding : padding + cell;
      })
      .join(" ".repeat(gap))
      .trimEnd();
  return [
    { text: line(columns.map(({ title }) => title)), style: "title" },
    ...rows.map(
      ({ cells, trouble }) => ({ text: line(cells), style: trouble ? "trouble" : "plain" }) as const,
    ),
  ];
}
