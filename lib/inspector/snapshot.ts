// Describes the sockets of this thread. Nothing is recorded while nobody asks: libzmq and the sockets have the state anyway.

import { isUtf8 } from "node:buffer";
import { hostname } from "node:os";
import { basename } from "node:path";
import { binding } from "../binding/index.js";
import { openContexts } from "../context/context.js";
import { identityOf, receiveOnly, sendOnly } from "../core/identity.js";
import type { Core } from "../core/open-socket.js";
import { commonOptions, receiveOptions, sendOptions } from "../options/table.js";
import { packageVersion } from "../runtime/version.js";
import { endpointsOf } from "../socket/peers/endpoints.js";
import { type Row, readRows } from "../socket/peers/rows.js";
import { statisticsOf } from "../socket/statistics.js";
import type { EndpointSnapshot, PeerSnapshot, ProcessSnapshot, Snapshot, SocketSnapshot } from "./types.js";

/** The name of the program, unless it has chosen one. */
export const defaultName = (): string => (process.argv[1] ? basename(process.argv[1]) : process.title);

function processOf(name: string): ProcessSnapshot {
  return {
    name,
    pid: process.pid,
    title: process.title,
    host: hostname(),
    cwd: process.cwd(),
    node: process.versions.node,
    library: packageVersion,
    libzmq: binding.version(),
    uptime: Math.round(process.uptime()),
  };
}

/** Printable text, or hexadecimal digits. */
function shownId(id: Buffer | undefined): PeerSnapshot["routingId"] {
  if (id === undefined) return undefined;
  const text = isUtf8(id) ? String(id) : "";
  return /^[^\p{C}]+$/u.test(text) ? text : { hex: id.toString("hex") };
}

function peerOf(row: Row): PeerSnapshot {
  return {
    id: row.id,
    direction: row.accepted ? "bound" : "connected",
    localAddress: row.localAddress,
    remoteAddress: row.remoteAddress,
    connectedAt: row.since || undefined,
    mechanism: row.mechanism,
    socketType: row.properties["Socket-Type"],
    userId: row.properties["User-Id"],
    routingId: shownId(row.routingId) ?? (row.routingNumber || undefined),
    ...row.statistics,
  };
}

function peersOf(core: Core): PeerSnapshot[] {
  const fields = binding.listPeers(core.handle, 0);
  core.touched();
  return typeof fields === "number" ? [] : readRows(fields).rows.map(peerOf);
}

function optionsOf(core: Core, type: string): Record<string, number> {
  const options: Record<string, number> = { linger: core.getOption(commonOptions.linger) };
  const { sendHighWaterMark } = sendOptions;
  const { receiveHighWaterMark } = receiveOptions;
  if (!receiveOnly.includes(type)) options.sendHighWaterMark = core.getOption(sendHighWaterMark);
  if (!sendOnly.includes(type)) options.receiveHighWaterMark = core.getOption(receiveHighWaterMark);
  return options;
}

function socketOf(core: Core, context: number): SocketSnapshot {
  const { socketId: id, socketType: type } = identityOf(core);
  const { sending, receiving, watching, sendingMany, blocked } = core;
  const pending = [sendingMany ? "sendMany()" : sending?.call, receiving?.call, ...(watching?.calls ?? [])];
  const endpoints = endpointsOf(core).map(
    ({ nextRetry, lastError, ...plain }): EndpointSnapshot => ({
      ...plain,
      nextRetry: nextRetry?.getTime(),
      lastError: lastError?.code,
    }),
  );
  return {
    id,
    type,
    context,
    state: blocked ? "blocked" : "open",
    pending: pending.filter((call) => call !== undefined),
    options: optionsOf(core, type),
    endpoints,
    peers: peersOf(core),
    dropped: statisticsOf(core).dropped,
  };
}

/** The sockets of this copy of the library in this thread. Not the internal ones, such as those of observers. */
function socketsOf(): SocketSnapshot[] {
  const sockets: SocketSnapshot[] = [];
  for (const token of openContexts()) {
    for (const core of binding.ownersOf(token) as Core[]) {
      if (core.socket === undefined || core.handle === 0) continue;
      try {
        sockets.push(socketOf(core, token));
      } catch {
        // Another thread has ended the context, or a hook of async_hooks has closed the socket.
      }
    }
  }
  return sockets.sort((a, b) => a.id - b.id);
}

export function snapshot(name: string): Snapshot {
  return {
    format: "zmq-inspector",
    version: 1,
    time: Date.now(),
    process: processOf(name),
    sockets: socketsOf(),
  };
}
