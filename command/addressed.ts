// Sends the messages of Router, Stream and Datagram sockets, which need an address.

import { exitCodes, Failure } from "./exit.js";
import { joined } from "./input.js";
import type { AnySocket, SocketFlags } from "./open.js";
import { bufferOf, type Parcel } from "./parcel.js";
import type { SocketKind } from "./sockets.js";

type Send = (parcel: Parcel) => Promise<void>;

/** Whether an error says that the peer to send to is not connected. */
export const isGone = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "EHOSTUNREACH";

/** A Router drops messages to unknown peers, unless this option says that it refuses them. */
export function refusing(kind: SocketKind, flags: SocketFlags): SocketFlags {
  if (kind.name !== "router") return flags;
  return { ...flags, option: { mandatory: { text: "true", json: true }, ...flags.option } };
}

/** Sends to each server that a Stream has connected to. Nobody can know the routing ids that it gives them. */
function toServers(
  socket: AnySocket,
  flags: SocketFlags,
  separator: Buffer | undefined,
  send: Send,
  signal: AbortSignal,
): Send {
  return async (parcel) => {
    const { timeout } = flags;
    if (socket.peers.size === 0) {
      const limit = timeout === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
      await socket.waitForPeers(1, { signal: limit }).catch((error: unknown) => {
        if (signal.aborted || !limit.aborted) throw error;
        throw new Failure(`no peer has taken the message within ${timeout} ms`, exitCodes.timeout);
      });
    }
    const body = joined(parcel, separator);
    // Without bytes, a Stream would close the connection.
    if (body.length === 0) return;
    for (const { routingId } of socket.peers) await send({ frames: [routingId as Buffer, body] });
  };
}

/** Returns a function that sends the messages of the input. */
export function addressing(
  kind: SocketKind,
  socket: AnySocket,
  flags: SocketFlags & { readonly separator?: Buffer | undefined },
  send: Send,
  signal: AbortSignal,
): Send {
  if (kind.notices && !flags.bind?.length) return toServers(socket, flags, flags.separator, send, signal);
  return toAddresses(kind, send, "; see --separator");
}

/**
 * Returns a function that sends messages, and explains those that have no way.
 *
 * @param remedy The end of the error for a message without an address.
 */
export function toAddresses(kind: SocketKind, send: Send, remedy = ""): Send {
  if (kind.envelope !== "address") return send;
  const what = kind.name === "dgram" ? "address" : "routing id";
  return async (parcel) => {
    const [address, ...body] = parcel.frames;
    if (body.length === 0) {
      throw new Failure(`messages of a ${kind.className} begin with a frame that has the ${what}${remedy}`);
    }
    try {
      await send(parcel);
    } catch (error) {
      if (!isGone(error)) throw error;
      const id = JSON.stringify(bufferOf(address!).toString());
      throw new Failure(`no connected peer has the ${what} ${id}; --wait-peers waits for peers first`);
    }
  };
}
