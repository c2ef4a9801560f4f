// Sends the messages of Router, Stream and Datagram sockets, which need an address.

import { exitCodes, Failure, isTimeout } from "./exit.js";
import { joined } from "./input.js";
import type { AnySocket, SocketFlags } from "./open.js";
import { bufferOf, type Parcel } from "./parcel.js";
import { countedWere, Tally } from "./print.js";
import type { SocketKind } from "./sockets.js";

type Send = (parcel: Parcel) => Promise<void>;

/** Whether an error says that the peer to send to is not connected. */
export const isGone = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "EHOSTUNREACH";

/**
 * A Router drops messages to unknown peers and to those whose queue is full, unless this option says that it refuses them. It is not
 * for a Router that computes answers: one client that does not read would delay those of all others.
 */
export function refusing(kind: SocketKind, flags: SocketFlags): SocketFlags {
  if (kind.name !== "router") return flags;
  return { ...flags, option: { mandatory: { text: "true", json: true }, ...flags.option } };
}

const serverGone = new Tally((count) => `${countedWere(count, "message")} dropped: their server had left`);

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
      const limit = timeout === undefined ? {} : { timeout };
      await socket.waitForPeers(1, { signal, ...limit }).catch((error: unknown) => {
        if (signal.aborted || !isTimeout(error)) throw error;
        throw new Failure(`no peer has taken the message within ${timeout} ms`, exitCodes.timeout);
      });
    }
    const body = joined(parcel, separator);
    // Without bytes, a Stream would close the connection.
    if (body.length === 0) return;
    for (const { routingId } of socket.peers) {
      try {
        await send({ frames: [routingId as Buffer, body] });
      } catch (error) {
        if (!isGone(error)) throw error;
        serverGone.add("a server has left before it got the message");
        process.exitCode ??= exitCodes.dropped;
      }
    }
  };
}

const unknownPeer = (what: string, id: string | number) =>
  new Failure(`no connected peer has the ${what} ${id}; --wait-peers waits for peers first`);

const routingIdRemedy = '; give --routing-id NUMBER, or {"frames": ["…"], "routingId": 1} with --input json';

/** Sends messages whose routing id is not a frame. `routingId` is for those that have none. */
function toRoutingIds(kind: SocketKind, send: Send, routingId?: number, remedy = ""): Send {
  return async (parcel) => {
    const id = parcel.routingId ?? routingId;
    if (id === undefined) {
      throw new Failure(
        `messages of a ${kind.className} need the routing id of a peer${remedy}`,
        exitCodes.usage,
      );
    }
    try {
      await send(parcel);
    } catch (error) {
      throw isGone(error) ? unknownPeer("routing id", id) : error;
    }
  };
}

/** Returns a function that sends the messages of the input. */
export function addressing(
  kind: SocketKind,
  socket: AnySocket,
  flags: SocketFlags & { readonly separator?: Buffer | undefined; readonly routingId?: number },
  send: Send,
  signal: AbortSignal,
): Send {
  if (kind.envelope === "routingId") return toRoutingIds(kind, send, flags.routingId, routingIdRemedy);
  if (kind.notices && !flags.bind?.length) return toServers(socket, flags, flags.separator, send, signal);
  return toAddresses(kind, send, "; see --separator");
}

/**
 * Returns a function that sends messages, and explains those that have no way.
 *
 * @param remedy The end of the error for a message without an address.
 */
export function toAddresses(kind: SocketKind, send: Send, remedy = ""): Send {
  if (kind.envelope === "routingId") return toRoutingIds(kind, send);
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
      throw isGone(error) ? unknownPeer(what, JSON.stringify(bufferOf(address!).toString())) : error;
    }
  };
}
