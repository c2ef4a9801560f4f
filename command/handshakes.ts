// Tells the user why peers cannot join: wrong keys, another mechanism, socket types that do not fit.

import type * as zmq from "zmq-native";
import { textOf } from "./exit.js";
import { report } from "./print.js";

/** The failures that a peer meets by chance once, such as the end of its process during the handshake. */
const passing = new Set<zmq.LeaveReason>(["local", "peer", "error", "unknown"]);

/** The most endpoints to remember: a bound socket has one, but a command may connect to many. */
const mostEndpoints = 1000;

/** Whether the reason of a failure may be the type of the peer's socket. With CURVE and PLAIN, a server only ends the connection. */
export function mayBeType({ reason, error }: zmq.PeerFailure): boolean {
  const { code } = (error ?? {}) as { code?: string };
  return code === "EPROTOTYPE" || passing.has(reason);
}

/** A failure in words, with the options to look at. */
export function explain({ reason, error }: zmq.PeerFailure): string {
  const { code } = (error ?? {}) as { code?: string };
  switch (code) {
    case "ERR_ZMTP_MECHANISM_MISMATCH":
      return "the two sides have different security mechanisms; compare their CURVE and PLAIN options";
    case "ERR_ZMTP_CRYPTOGRAPHIC":
      return "a CURVE key is wrong; compare --curve-server-key of the client with the key of the server";
    case "EPROTOTYPE":
      return "the type of the peer's socket does not fit; zmq probe shows its type";
    case "EFAULT":
      return "no authenticator runs, so nobody is admitted; give --plain-users or --curve-allow";
  }
  switch (code === "ECONNRESET" ? "peer" : reason) {
    case "authentication":
      return "access is denied; compare the keys or passwords with those that the server admits";
    case "handshakeTimeout":
      return "the handshake has taken too long; the peer may not speak ZMTP";
    case "peer":
      return "the peer ends each connection; compare the socket types, mechanisms and --curve-server-key";
  }
  return error === undefined ? reason : textOf(error);
}

/**
 * Reports once per endpoint and reason on standard error why handshakes of the socket fail.
 *
 * @param typeHint The end of the line for a failure that may be due to the socket type.
 */
export function reportFailures(socket: zmq.Socket, typeHint = ""): void {
  const counts = new Map<string, number>();
  socket.peers.on("fail", (failure) => {
    const { peer, reason } = failure;
    const isOwn = peer.direction === "connected";
    // Anybody may connect to a bound socket and leave.
    if (passing.has(reason) && !isOwn) return;
    const endpoint = isOwn ? peer.remoteAddress : peer.localAddress;
    const line = `${endpoint}: the handshake fails: ${explain(failure)}${mayBeType(failure) ? typeHint : ""}`;
    if (counts.size >= mostEndpoints && !counts.has(line)) return;
    const count = (counts.get(line) ?? 0) + 1;
    counts.set(line, count);
    if (count === (passing.has(reason) ? 2 : 1)) report(line);
  });
}
