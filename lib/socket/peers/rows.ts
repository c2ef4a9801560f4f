// Reads the rows about connections that native/peers.cc returns.

import * as zmq from "../../binding/constants.js";
import { ZmqError } from "../../binding/errors.js";
import type { PeerFields } from "../../binding/index.js";
import { authenticationError, handshakeError, protocolError } from "../../observer/event.js";
import { dropCounts } from "../drops.js";
import type { LeaveReason, PeerStatistics } from "./types.js";

/** `connection_row_t::event_t` of the libzmq patch. */
const events = ["listed", "ready", "ended", "failed"] as const;

/** `connection_end_t` of the libzmq patch. */
const reasons: readonly LeaveReason[] = [
  "local",
  "peer",
  "error",
  "authentication",
  "protocol",
  "handshakeTimeout",
  "heartbeatTimeout",
];

const mechanisms: Record<number, "plain" | "curve" | "gssapi"> = {
  [zmq.ZMQ_PLAIN]: "plain",
  [zmq.ZMQ_CURVE]: "curve",
  [zmq.ZMQ_GSSAPI]: "gssapi",
};

/** A row: a connection, and what has become of it. */
export interface Row {
  readonly event: (typeof events)[number];
  readonly id: number;
  readonly accepted: boolean;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly since: number;
  readonly mechanism: "plain" | "curve" | "gssapi" | null;
  readonly reason: LeaveReason;
  readonly error: Error | undefined;
  readonly statistics: PeerStatistics;
  /** The routing id of a Router or Stream, and of a Server or Peer. */
  readonly routingId: Buffer | undefined;
  readonly routingNumber: number;
  readonly properties: Readonly<Record<string, string>>;
}

/** Properties that libzmq adds for itself. */
const hidden = "__fd";

function errorFor(reason: LeaveReason, detail: number): Error | undefined {
  if (detail === 0) return undefined;
  if (reason === "error") return new ZmqError(detail);
  // Errors of the system have small numbers: that of a missing ZAP handler is below the statuses of ZAP.
  if (reason === "authentication")
    return (detail < 300 ? handshakeError : authenticationError)([detail]).error;
  if (reason !== "protocol") return undefined;
  return detail < 0x1000_0000 ? new ZmqError(detail) : protocolError([detail]).error;
}

/** Reads all rows. `complete` is false if changes were dropped: the rows then are those of all peers. */
export function readRows(fields: PeerFields): { complete: boolean; rows: Row[] } {
  let at = 0;
  const number = () => fields[at++] as number;
  const text = () => fields[at++] as string;
  const complete = number() === 1;
  const rows: Row[] = [];
  while (at < fields.length) rows.push(readRow(number, text));
  return { complete, rows };
}

// The initializers run in the order of the fields.
function readRow(number: () => number, text: () => string): Row {
  const event = events[number()]!;
  const id = number();
  const accepted = number() === 1;
  const localAddress = text();
  const remoteAddress = text();
  const since = number();
  const mechanism = mechanisms[number()] ?? null;
  const reason = reasons[number()] ?? "unknown";
  const error = errorFor(reason, number());
  const messagesReceived = number();
  const messagesSent = number();
  const bytesReceived = number();
  const bytesSent = number();
  const receiveQueue = number();
  const sendQueue = number();
  const dropped = dropCounts(number);
  const routing = text();
  const routingNumber = number();
  const properties: Record<string, string> = Object.create(null);
  for (let count = number(); count > 0; count--) {
    const name = text();
    const value = text();
    if (name !== hidden) properties[name] = value;
  }
  return {
    event,
    id,
    accepted,
    localAddress,
    remoteAddress,
    since,
    mechanism,
    reason,
    error,
    statistics: {
      messagesReceived,
      messagesSent,
      bytesReceived,
      bytesSent,
      receiveQueue,
      sendQueue,
      dropped,
    },
    routingId: routing === "" ? undefined : Buffer.from(routing, "latin1"),
    routingNumber,
    properties: Object.freeze(properties),
  };
}
