// The grammar of endpoints, for all transports. Rejects endpoints that libzmq would misread, reject with a wrong
// reason, or abort on, before anything is opened. lib/endpoint has one file per family of transports.

import { shown } from "../arguments/checks.js";
import * as zmq from "../binding/constants.js";
import { explained } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import { inproc, ipc } from "./inproc-ipc.js";
import { isPlainTcp } from "./ip.js";
import { norm, pgm } from "./pgm-norm.js";
import type { Plan, Reading, Transport } from "./plan.js";
import { refusal, type Use } from "./refusal.js";
import { tcp, undoTcp, ws } from "./tcp-ws.js";
import { tipc, vm } from "./tipc-vsock.js";
import { udp } from "./udp.js";

export type { Lookup, Plan, Transport } from "./plan.js";
export type { Use } from "./refusal.js";
export { datagramRefusal } from "./udp.js";

/** Returns an address as an endpoint. Throws a `TypeError` if it is not a string, or contains a NUL. */
export function toEndpoint(address: unknown): string {
  if (typeof address !== "string") throw noText(address);
  // libzmq reads up to a NUL, and would use another endpoint than the one that was named.
  if (address.includes("\0"))
    throw new TypeError(`Address must not contain a NUL, got ${JSON.stringify(address)}`);
  return address;
}

function noText(address: unknown): TypeError {
  const detail = `an endpoint must be a string such as "tcp://127.0.0.1:5555", got ${shown(address)}`;
  return explained(new TypeError("Address must be a string"), detail);
}

/** A transport and the parser of its endpoints. */
interface Row extends Omit<Transport, "scheme"> {
  /** Parses the part after `://`. */
  readonly read: (rest: string, use: Use, scheme: string) => Reading;
  /** Parses it for an unbind or disconnect. For transports whose address libzmq would misread, or whose name it would resolve. */
  readonly undo?: (rest: string, use: Use) => Partial<Reading>;
  /** The supported socket types in words, for the error if `serves` returns false. */
  readonly sockets: string;
  readonly serves: (use: Use) => boolean;
  /** The capability of libzmq that the transport needs, and its description for an error. */
  readonly built?: { readonly as: string; readonly needs: string };
}

const isNot =
  (...types: number[]) =>
  ({ type }: Use) =>
    !types.includes(type);
const usual = {
  datagrams: false,
  inProcess: false,
  multicast: "none",
  listens: false,
  bindByName: "now",
  disconnectsByAddress: false,
} as const;
const streams = { ...usual, sockets: "every type but Datagram", serves: isNot(zmq.ZMQ_DGRAM) };
/** A Stream socket uses the bare byte stream of a connection, which these transports lack. */
const messages = {
  ...usual,
  sockets: "every type but Stream and Datagram",
  serves: isNot(zmq.ZMQ_DGRAM, zmq.ZMQ_STREAM),
};
const multicastTypes = [zmq.ZMQ_PUB, zmq.ZMQ_SUB, zmq.ZMQ_XPUB, zmq.ZMQ_XSUB];
const multicast = {
  ...usual,
  multicast: "all",
  sockets: "Publisher, Subscriber, XPublisher and XSubscriber",
  serves: ({ type }: Use) => multicastTypes.includes(type),
} as const;
const openPgm = { as: "pgm", needs: "OpenPGM, which binaries for Linux have" };

const rows: Record<string, Row> = {
  tcp: { read: tcp, undo: undoTcp, ...streams, listens: true, disconnectsByAddress: true },
  ipc: {
    read: ipc,
    ...streams,
    listens: true,
    built: { as: "ipc", needs: "Unix-domain sockets, which every binary of a release has" },
  },
  inproc: { read: inproc, ...messages, inProcess: true },
  ws: {
    read: ws,
    ...messages,
    listens: true,
    built: { as: "WS", needs: "libzmq's drafts, which every binary of a release has" },
  },
  wss: {
    read: ws,
    ...messages,
    listens: true,
    built: { as: "WSS", needs: "Mbed TLS, which every binary of a release has" },
  },
  udp: {
    read: udp,
    ...usual,
    datagrams: true,
    multicast: "hops",
    bindByName: "never",
    sockets: "a Radio that connects, and a Dish or Datagram that binds",
    serves: ({ type, call }) =>
      call === "bind" ? type === zmq.ZMQ_DISH || type === zmq.ZMQ_DGRAM : type === zmq.ZMQ_RADIO,
  },
  pgm: { read: pgm, ...multicast, built: openPgm },
  epgm: { read: pgm, ...multicast, built: openPgm },
  norm: {
    read: norm,
    ...multicast,
    multicast: "hops",
    bindByName: "later",
    built: { as: "norm", needs: "NORM, which binaries for Linux have" },
  },
  tipc: { read: tipc, ...streams, built: { as: "tipc", needs: "TIPC, which binaries for Linux have" } },
  vmci: {
    read: vm,
    ...streams,
    built: { as: "vmci", needs: "VMware's VMCI, which no binary of a release has" },
  },
  vsock: {
    read: vm,
    ...streams,
    built: { as: "vsock", needs: "a later libzmq, which no binary of a release has" },
  },
};
const transports = new Map(
  Object.entries(rows).map(([scheme, row]): [string, Row & Transport] => [scheme, { scheme, ...row }]),
);

/** Caches whether this binary has each optional transport. */
const has = new Map<string, boolean>();
function isBuilt(name: string): boolean {
  let built = has.get(name);
  if (built === undefined) {
    built = binding.has(name);
    has.set(name, built);
  }
  return built;
}

/** The scheme of an endpoint, and the part after `://`. */
function splitScheme(endpoint: string): [scheme: string, rest: string] {
  const at = endpoint.indexOf("://");
  if (at <= 0 || at + 3 === endpoint.length) {
    throw refusal("EINVAL", "an endpoint must be transport://address, as in tcp://127.0.0.1:5555", {
      endpoint,
    });
  }
  return [endpoint.slice(0, at), endpoint.slice(at + 3)];
}

/** The schemes that this binary supports. */
function schemes(): string[] {
  return [...transports].filter(([, { built }]) => !built || isBuilt(built.as)).map(([scheme]) => scheme);
}

/** The transport of an address, and the part after `://`. Throws `EPROTONOSUPPORT` if this binary lacks it. */
function transportOf(use: Use): [transport: Row & Transport, rest: string] {
  const [scheme, rest] = splitScheme(use.endpoint);
  const transport = transports.get(scheme);
  if (transport === undefined) {
    const why = transports.has(scheme.trim().toLowerCase())
      ? `the scheme must be in lower case and without spaces, as in ${scheme.trim().toLowerCase()}://`
      : `unknown transport ${scheme}://: use one of ${schemes().join(", ")}`;
    throw refusal("EPROTONOSUPPORT", why, use);
  }
  const { built } = transport;
  if (built && !isBuilt(built.as)) {
    throw refusal(
      "EPROTONOSUPPORT",
      `${scheme}:// needs ${built.needs}, but this binary was built without it (see docs/transports.md)`,
      use,
    );
  }
  return [transport, rest];
}

/** Wildcard addresses are undone only by `lastEndpoint`: one may have become several endpoints. */
const wildcard = /^ipc:\/\/\*$|:(?:\*|0+)(?:\/|$)/;
export const isWildcard = (address: string): boolean => wildcard.test(address);

/**
 * Parses the address of an endpoint to unbind or disconnect.
 *
 * @throws ZmqError `EINVAL`: libzmq would misread the address. `EPROTONOSUPPORT`: this binary lacks the transport.
 */
export function undoPlanFor(use: Use): Plan {
  const [transport, rest] = transportOf(use);
  return { endpoint: use.endpoint, ...transport.undo?.(rest, use), transport };
}

/**
 * Parses an address and plans what libzmq is given.
 *
 * @throws ZmqError with the codes of libzmq: `EINVAL`; `ENODEV` for a host that cannot be bound to; `EADDRNOTAVAIL` for
 * an address of another machine; `ENAMETOOLONG`; `EPROTONOSUPPORT` for a transport that this binary lacks;
 * `ENOCOMPATPROTO` for one that does not support the socket type.
 */
export function planFor(use: Use): Plan {
  if (use.call === "connect" && use.type !== zmq.ZMQ_DGRAM && isPlainTcp(use.endpoint)) {
    return { endpoint: use.endpoint, transport: transports.get("tcp")! };
  }
  const [transport, rest] = transportOf(use);
  if (!transport.serves(use)) {
    throw refusal("ENOCOMPATPROTO", `${transport.scheme}:// only supports ${transport.sockets}`, use);
  }
  return { ...transport.read(rest, use, transport.scheme), transport };
}
