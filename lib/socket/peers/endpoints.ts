// The endpoints of a socket, and how connecting to them fares.

import { constants as os } from "node:os";
import { check, ZmqError } from "../../binding/errors.js";
import { binding } from "../../binding/index.js";
import type { Core } from "../../core/open-socket.js";
import { knownEndpoint, unresolved } from "../endpoints.js";

/**
 * An endpoint that a socket is bound or connected to. `socket.endpoints` lists them.
 *
 * @example
 * ```ts
 * import { Dealer } from "zmq-native";
 *
 * const dealer = new Dealer();
 * dealer.connect("tcp://127.0.0.1:9");
 * const [endpoint] = dealer.endpoints;
 * console.log(endpoint!.endpoint, endpoint!.type); // tcp://127.0.0.1:9 connected
 * dealer.close();
 * ```
 */
export interface SocketEndpoint {
  /** The endpoint as the program gave it to `connect`. Bound: as `lastEndpoint` names it. */
  readonly endpoint: string;
  /** Whether the program has called `bind` or `connect`. */
  readonly type: "bound" | "connected";
  /**
   * - `"listening"`: peers can connect.
   * - `"resolving"`: the host name is being resolved.
   * - `"connecting"`: an attempt is in progress, or the next one is awaited.
   * - `"handshaking"`: the connection is made, and the handshake is in progress.
   * - `"connected"`: messages can be exchanged.
   * - `"stopped"`: the socket makes no further attempt. `reconnectInterval` is -1, one of the cases of `reconnectStop` has
   *   occurred, or the peer over inproc was closed. `socket.reconnect()` connects again.
   */
  readonly state: "listening" | "resolving" | "connecting" | "handshaking" | "connected" | "stopped";
  /** The number of failed attempts since the last peer, with those whose handshake failed. 0 if `bound`. */
  readonly retries: number;
  /** When the next attempt begins. Undefined unless the socket waits for it. */
  readonly nextRetry: Date | undefined;
  /**
   * Why the last attempt failed. Undefined once connected, also if the endpoint has stopped after that: the event `leave` of
   * `socket.peers` has the reason. Without a connection, it is the error of the system, such as `ECONNREFUSED`, `ETIMEDOUT`
   * after `connectTimeout`, or `ENODEV` if the host name cannot be resolved. The event `fail` of `socket.peers` has more
   * details of a failed handshake:
   *
   * - `EPROTOTYPE`: the types of the two sockets do not fit.
   * - `EACCES`: the peer denied access.
   * - `EFAULT`: this socket authenticates its peers, and no authenticator runs in its context.
   * - `EPROTO`: the peer speaks another protocol or mechanism, or TLS has failed.
   * - `ETIMEDOUT`: the handshake took longer than `handshakeInterval`.
   * - `ECONNRESET`: the peer ended the connection.
   */
  readonly lastError: ZmqError | undefined;
}

/** `endpoint_row_t::state_t` of the libzmq patch. */
const states = ["listening", "connecting", "handshaking", "connected", "stopped"] as const;

/** Messages of errors that have another cause here than elsewhere. */
const texts: Record<number, string> = {
  [os.errno.ENODEV]: "The host name cannot be resolved",
  [os.errno.EFAULT]:
    "No authenticator runs in this context, or zapDomain is not set: call context.authenticate()",
};

const plain = { retries: 0, nextRetry: undefined, lastError: undefined };

/** @internal Returns the endpoints of a socket: first those that are bound. */
export function endpointsOf(core: Core): SocketEndpoint[] {
  if (core.handle === 0) return [];
  const fields = binding.listEndpoints(core.handle);
  core.touched();
  if (typeof fields === "number") {
    check(fields);
    return [];
  }
  const isBound = new Set(core.record.bound);
  // By the names that libzmq has for them.
  const addresses = new Map(core.record.connected.map((address) => [knownEndpoint(core, address), address]));
  // libzmq does not list the endpoints that are bound over inproc.
  const bound: SocketEndpoint[] = [...isBound].map((endpoint) => ({
    endpoint,
    type: "bound",
    state: "listening",
    ...plain,
  }));
  const pending = unresolved(core);
  const listed = new Set(pending);
  const connected: SocketEndpoint[] = pending.map((endpoint) => ({
    endpoint,
    type: "connected",
    state: "resolving",
    ...plain,
  }));
  for (let at = 0; at < fields.length; at += 5) {
    const [name, state, retries, error, time] = fields.slice(at, at + 5) as Fields;
    const endpoint = addresses.get(name);
    // Some transports bind by a session, which has the state of a connection. The socket may be connected to itself, too.
    if (states[state] === "listening" || (endpoint === undefined && isBound.has(name))) continue;
    listed.add(name);
    connected.push({
      endpoint: endpoint ?? name,
      type: "connected",
      state: states[state]!,
      retries,
      nextRetry: time === 0 ? undefined : new Date(time),
      lastError: error === 0 ? undefined : new ZmqError(error, texts[error]),
    });
  }
  // libzmq forgets endpoints that it gives up.
  const stopped: SocketEndpoint[] = [...addresses]
    .filter(([name]) => !listed.has(name))
    .map(([, endpoint]) => ({ endpoint, type: "connected", state: "stopped", ...plain }));
  return [...bound, ...connected, ...stopped];
}

type Fields = [name: string, state: number, retries: number, error: number, time: number];
