// A handshake of `zmq probe` that a socket makes.

import { capability } from "zmq-native";
import { Failure, textOf } from "./exit.js";
import { explain, mayBeType } from "./handshakes.js";
import { type AnySocket, type SocketFlags, withSocket } from "./open.js";
import { socketKinds } from "./sockets.js";

/**
 * The types that are tried, in this order. A peer sends none of them a message that another peer should get: PUSH, DEALER, REQ, PAIR
 * and others might.
 */
const tried = [
  "req",
  "push",
  "sub",
  "pub",
  ...(capability.draft ? ["client", "scatter", "radio", "dish"] : []),
];

/** The peer has ended the handshake, perhaps because of the socket type. */
class TypeFailure extends Failure {}

/** A handshake that has succeeded. */
interface Handshake {
  /** Milliseconds from the connect call to the end of the handshake. */
  readonly time: number;
  readonly mechanism: string;
  readonly properties: Record<string, string>;
}

/** The errors of an endpoint that a failed handshake explains better. */
const explained = new Set(["EPROTOTYPE", "EACCES", "EPROTO", "ETIMEDOUT", "ECONNRESET"]);

/**
 * Makes a handshake as the given type, or as each of several types until one fits.
 *
 * @throws Failure: why the connection or the handshake has failed. Otherwise the reason of `signal`.
 */
export async function shakeHands(
  endpoint: string,
  flags: SocketFlags & { readonly as?: string },
  signal: AbortSignal,
): Promise<Handshake> {
  if (flags.as !== undefined) return shakeHandsAs(flags.as, endpoint, flags, signal);
  for (const as of tried) {
    try {
      return await shakeHandsAs(as, endpoint, flags, signal);
    } catch (error) {
      if (!(error instanceof TypeFailure)) throw error;
    }
  }
  const key =
    flags.curveServerKey === undefined ? "" : "compare --curve-server-key with the key of the server, ";
  throw new Failure(
    `the peer ends each connection, as ${tried.join(", ").toUpperCase()}; ${key}read its log, or give --as if it is a PUSH, DEALER, REQ or PAIR`,
  );
}

/**
 * Connects a socket, and closes it after the handshake.
 *
 * @throws Failure: why the connection or the handshake has failed. Otherwise the reason of `signal`.
 */
async function shakeHandsAs(
  as: string,
  endpoint: string,
  flags: SocketFlags,
  signal: AbortSignal,
): Promise<Handshake> {
  const kind = socketKinds.find(({ name }) => name === as)!;
  const { promise, resolve, reject } = deferred<Handshake>();
  // Awaited when the socket is open.
  promise.catch(() => {});
  signal.addEventListener("abort", () => reject(signal.reason));
  if (signal.aborted) reject(signal.reason);

  function prepare(socket: AnySocket): void {
    const start = performance.now();
    socket.peers.on("join", ({ peer }) => {
      // libzmq adds the address.
      const { "Peer-Address": _, ...properties } = peer.properties;
      const mechanism = peer.mechanism?.toUpperCase() ?? "NULL";
      resolve({ time: performance.now() - start, mechanism, properties });
    });
    socket.peers.on("fail", (failure) => {
      const Class = mayBeType(failure) ? TypeFailure : Failure;
      reject(new Class(explain(failure)));
    });
    socket.events.on("connect:retry", () => {
      const error = socket.endpoints[0]?.lastError;
      if (error && !explained.has(error.code ?? "")) reject(new Failure(textOf(error)));
    });
  }

  // It sends nothing. Its name is for errors.
  const silent = { ...kind, name: "probe", sends: false };
  const work = async () => void (await promise);
  await withSocket(silent, { ...flags, connect: [endpoint], linger: 0 }, work, prepare);
  return promise;
}

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((...functions) => {
    [resolve, reject] = functions;
  });
  return { promise, resolve, reject };
}
