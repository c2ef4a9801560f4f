// Sends and receives messages as each socket type does, with time limits that have an exit code.

import { exitCodes, Failure, interrupted, isTimeout } from "./exit.js";
import type { AnySocket, SocketFlags } from "./open.js";
import type { Parcel } from "./parcel.js";
import { counted } from "./print.js";
import type { SocketKind } from "./sockets.js";

export interface MessageFlags {
  readonly timeout?: number;
  readonly waitPeers?: number;
  readonly group?: string;
  readonly routingId?: number;
}

/** Runs an operation, and gives an expired time limit its exit code. */
// biome-ignore lint/suspicious/noExplicitAny: what is received depends on the class
async function limited(what: string, { timeout }: MessageFlags, operation: Promise<any>): Promise<any> {
  try {
    return await operation;
  } catch (error) {
    if (timeout === undefined || !isTimeout(error)) throw error;
    throw new Failure(`${what} within ${timeout} ms`, exitCodes.timeout);
  }
}

/** The texts of a timeout before the first message, and after it. */
const noMessage = "no message has arrived";
const noFurther = "no further message has arrived";

/** Returns a function that sends a message as the socket type takes it. */
export function sender(
  socket: AnySocket,
  kind: SocketKind,
  flags: MessageFlags,
  signal: AbortSignal = interrupted,
): (parcel: Parcel) => Promise<void> {
  const { timeout, group, routingId } = flags;
  const options = timeout === undefined ? {} : { timeout };
  const what = "no peer has taken the message";
  if (kind.envelope === "none" || kind.envelope === "address") {
    return ({ frames }) => limited(what, flags, socket.send(frames, { ...options, signal }));
  }
  return async (parcel) => {
    const { frames } = parcel;
    if (frames.length > 1) {
      throw new Failure(`messages of a ${kind.className} have one frame, got ${frames.length}`);
    }
    const tag =
      kind.envelope === "group"
        ? { group: parcel.group ?? group }
        : { routingId: parcel.routingId ?? routingId };
    await limited(what, flags, socket.send(frames[0], { ...options, ...tag, signal }));
  };
}

/** A message of Server, Peer, Client and Dish sockets: its frame, and a routing id or group. */
function tagged([frame, tag]: [Uint8Array, { routingId?: number; group?: Uint8Array }?]): Parcel {
  return {
    frames: [frame],
    routingId: tag?.routingId,
    group: tag?.group === undefined ? undefined : String(tag.group),
  };
}

/** Returns a function that receives a message of any socket type. */
export function receiver(socket: AnySocket, kind: SocketKind, flags: MessageFlags): () => Promise<Parcel> {
  const options = { ...(flags.timeout === undefined ? {} : { timeout: flags.timeout }), signal: interrupted };
  let what = noMessage;
  return async () => {
    const received = await limited(what, flags, socket.receive(options));
    what = noFurther;
    if (kind.envelope === "none" || kind.envelope === "address") return { frames: received };
    return tagged(received);
  };
}

/** Returns a function that receives a message and the address of its sender, where the transport has one. */
export function receiverWithPeer(
  socket: AnySocket,
  kind: SocketKind,
  flags: MessageFlags,
): () => Promise<Parcel & { peer?: string }> {
  const options = { ...(flags.timeout === undefined ? {} : { timeout: flags.timeout }), signal: interrupted };
  const isTagged = kind.envelope === "routingId" || kind.envelope === "group";
  let what = noMessage;
  return async () => {
    const { message, metadata } = await limited(
      what,
      flags,
      socket.receiveWithMetadata({ ...options, properties: ["Peer-Address"] }),
    );
    what = noFurther;
    const peer = metadata["Peer-Address"];
    const parcel = isTagged ? tagged(message) : { frames: message };
    return peer ? { ...parcel, peer } : parcel;
  };
}

/** The transports whose sockets do not know their peers. */
const withoutPeers = /^(?:udp|e?pgm|norm):/;

/** Returns a function that waits for `--wait-peers`. By default a Publisher waits for one subscriber. */
export function waiter(
  socket: AnySocket,
  kind: SocketKind,
  flags: MessageFlags & Pick<SocketFlags, "bind" | "connect">,
): () => Promise<void> {
  const { timeout, waitPeers, bind = [], connect = [] } = flags;
  const isPublisher = kind.name === "pub";
  const count = waitPeers ?? (isPublisher ? 1 : 0);
  if (count === 0) return async () => {};
  const endpoint = [...bind, ...connect].find((at) => withoutPeers.test(at));
  if (waitPeers !== undefined && endpoint !== undefined) {
    throw new Failure(
      `${endpoint}: this transport has no peers to wait for; leave out --wait-peers`,
      exitCodes.usage,
    );
  }
  const options = { ...(timeout === undefined ? {} : { timeout }), signal: interrupted };
  return async () => {
    try {
      if (isPublisher) await socket.waitForSubscribers(count, options);
      else await socket.waitForPeers(count, options);
    } catch (error) {
      if (interrupted.aborted || !isTimeout(error)) throw error;
      const who = isPublisher ? "subscriber" : "peer";
      const few = count === 1 ? `no ${who}` : `fewer than ${counted(count, who)}`;
      throw new Failure(`${few} within ${timeout} ms`, exitCodes.timeout);
    }
  };
}
