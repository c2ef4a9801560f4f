// Socket options by number, and the short names of the common ones. To add an option, add a row.

import { ZMQ_MULTICAST_LOOP } from "../binding/constants.js";
import type { Socket } from "../index.js";
import * as zmq from "./constants.js";

/** The methods that read and write an option by number. They are protected in Socket. */
interface Access {
  getBoolOption(id: number): boolean;
  setBoolOption(id: number, value: boolean): void;
  getInt32Option(id: number): number;
  setInt32Option(id: number, value: number): void;
  getInt64Option(id: number): number;
  setInt64Option(id: number, value: number): void;
  getUint64Option(id: number): number;
  setUint64Option(id: number, value: number): void;
  getStringOption(id: number): string | null;
  setStringOption(id: number, value: Text): void;
}

type Text = string | Buffer | null;

/** How a value of type `R` is read, and one of type `W` written. A write-only option has no `read`, and vice versa. */
interface Kind<R, W = R> {
  readonly read?: Read<R>;
  readonly write?: Write<W>;
}

type Read<R> = (socket: Access, id: number) => R;
type Write<W> = (socket: Access, id: number, value: W) => void;

const int32 = {
  read: (socket, id) => socket.getInt32Option(id),
  write: (socket, id, value) => socket.setInt32Option(id, value),
} satisfies Kind<number>;

const int64 = {
  read: (socket, id) => socket.getInt64Option(id),
  write: (socket, id, value) => socket.setInt64Option(id, value),
} satisfies Kind<number>;

const uint64 = {
  read: (socket, id) => socket.getUint64Option(id),
  write: (socket, id, value) => socket.setUint64Option(id, value),
} satisfies Kind<number>;

/** Reads as 0 or 1. Any value can be written; it is converted to a boolean. */
const flag = {
  read: (socket, id) => (socket.getBoolOption(id) ? 1 : 0),
  write: (socket, id, value) => socket.setBoolOption(id, Boolean(value)),
} satisfies Kind<0 | 1, number | boolean | null>;

const text = {
  read: (socket, id) => socket.getStringOption(id),
  write: (socket, id, value) => socket.setStringOption(id, value),
} satisfies Kind<string | null, Text>;

/** A CURVE key. Read as a property, since libzmq requires the exact size of the buffer. */
function key(name: "curvePublicKey" | "curveSecretKey" | "curveServerKey") {
  return {
    read: (socket, _id) => (socket as unknown as Socket)[name],
    write: text.write,
  } satisfies Kind<string | null, Text>;
}

const readOnly = <R>({ read }: { read: Read<R> }) => ({ read }) satisfies Kind<R>;

const writeOnly = <W>({ write }: { write: Write<W> }) => ({ write }) satisfies Kind<unknown, W>;

function unsupported(name: string): () => never {
  return () => {
    throw new Error(`${name} is not supported in compatibility mode`);
  };
}

/** An option that libzmq also accepts on sockets of other types, where it may abort the process. */
function only<W>(type: number, name: string, { write }: { write: Write<W> }) {
  return (socket: Access, id: number, value: W): void => {
    if ((socket as unknown as Socket).type !== type)
      throw new Error(`Only ${name} sockets have option ${id}`);
    write(socket, id, value);
  };
}

/** `ZMQ_HWM` of libzmq 2, for both directions. */
const highWaterMark = {
  read: (socket, _id) => socket.getInt32Option(zmq.ZMQ_SNDHWM),
  write: (socket, _id, value) => {
    socket.setInt32Option(zmq.ZMQ_SNDHWM, value);
    socket.setInt32Option(zmq.ZMQ_RCVHWM, value);
  },
} satisfies Kind<number>;

let warnedOfSwap = false;

const swap = {
  read: () => 0,
  write: () => {
    if (warnedOfSwap) return;
    warnedOfSwap = true;
    process.emitWarning("ZMQ_SWAP has no effect: libzmq has had no swap file since version 3");
  },
} satisfies Kind<number>;

/** An option that has another number in libzmq. */
const renamed = <R, W>(id: number, { read, write }: Required<Kind<R, W>>) =>
  ({
    read: (socket: Access, _id: number) => read(socket, id),
    write: (socket: Access, _id: number, value: W) => write(socket, id, value),
  }) satisfies Kind<R, W>;

/** The options by number. Those of subscriptions can only be written, through the methods of a sub socket. */
const table = {
  [zmq.ZMQ_HWM]: highWaterMark,
  [zmq.ZMQ_SWAP]: swap,
  [zmq.ZMQ_AFFINITY]: uint64,
  [zmq.ZMQ_IDENTITY]: text,
  [zmq.ZMQ_SUBSCRIBE]: writeOnly(text),
  [zmq.ZMQ_UNSUBSCRIBE]: writeOnly(text),
  [zmq.ZMQ_RATE]: int32,
  [zmq.ZMQ_RECOVERY_IVL]: int32,
  [zmq.ZMQ_RECOVERY_IVL_MSEC]: renamed(zmq.ZMQ_RECOVERY_IVL, int32),
  [zmq.ZMQ_MCAST_LOOP]: renamed(ZMQ_MULTICAST_LOOP, flag),
  [zmq.ZMQ_SNDBUF]: int32,
  [zmq.ZMQ_RCVBUF]: int32,
  [zmq.ZMQ_RCVMORE]: { read: unsupported("ZMQ_RCVMORE") },
  [zmq.ZMQ_FD]: { read: unsupported("ZMQ_FD") },
  [zmq.ZMQ_EVENTS]: readOnly(int32),
  [zmq.ZMQ_TYPE]: readOnly(int32),
  [zmq.ZMQ_LINGER]: int32,
  [zmq.ZMQ_RECONNECT_IVL]: int32,
  [zmq.ZMQ_BACKLOG]: int32,
  [zmq.ZMQ_RECONNECT_IVL_MAX]: int32,
  [zmq.ZMQ_MAXMSGSIZE]: int64,
  [zmq.ZMQ_SNDHWM]: int32,
  [zmq.ZMQ_RCVHWM]: int32,
  [zmq.ZMQ_MULTICAST_HOPS]: int32,
  [zmq.ZMQ_RCVTIMEO]: int32,
  [zmq.ZMQ_SNDTIMEO]: int32,
  [zmq.ZMQ_IPV4ONLY]: {
    read: (socket, _id) => (socket.getBoolOption(zmq.ZMQ_IPV6) ? 0 : 1),
    write: (socket, _id, value) => socket.setBoolOption(zmq.ZMQ_IPV6, !value),
  } satisfies Kind<0 | 1, number | boolean | null>,
  [zmq.ZMQ_LAST_ENDPOINT]: readOnly(text),
  [zmq.ZMQ_ROUTER_MANDATORY]: { write: only(zmq.ZMQ_ROUTER, "router", flag) },
  [zmq.ZMQ_TCP_KEEPALIVE]: int32,
  [zmq.ZMQ_TCP_KEEPALIVE_CNT]: int32,
  [zmq.ZMQ_TCP_KEEPALIVE_IDLE]: int32,
  [zmq.ZMQ_TCP_KEEPALIVE_INTVL]: int32,
  [zmq.ZMQ_TCP_ACCEPT_FILTER]: writeOnly(text),
  [zmq.ZMQ_DELAY_ATTACH_ON_CONNECT]: flag,
  [zmq.ZMQ_XPUB_VERBOSE]: {
    read: () => {
      throw new Error("Reading ZMQ_XPUB_VERBOSE is not supported");
    },
    write: only(zmq.ZMQ_XPUB, "xpub", flag),
  },
  [zmq.ZMQ_ROUTER_RAW]: { read: unsupported("ZMQ_ROUTER_RAW"), write: unsupported("ZMQ_ROUTER_RAW") },
  [zmq.ZMQ_IPV6]: flag,
  [zmq.ZMQ_MECHANISM]: readOnly(int32),
  [zmq.ZMQ_PLAIN_SERVER]: flag,
  [zmq.ZMQ_PLAIN_USERNAME]: text,
  [zmq.ZMQ_PLAIN_PASSWORD]: text,
  [zmq.ZMQ_CURVE_SERVER]: flag,
  [zmq.ZMQ_CURVE_PUBLICKEY]: key("curvePublicKey"),
  [zmq.ZMQ_CURVE_SECRETKEY]: key("curveSecretKey"),
  [zmq.ZMQ_CURVE_SERVERKEY]: key("curveServerKey"),
  [zmq.ZMQ_ZAP_DOMAIN]: text,
  [zmq.ZMQ_ROUTER_HANDOVER]: { write: only(zmq.ZMQ_ROUTER, "router", flag) },
  [zmq.ZMQ_HEARTBEAT_IVL]: int32,
  [zmq.ZMQ_HEARTBEAT_TTL]: int32,
  [zmq.ZMQ_HEARTBEAT_TIMEOUT]: int32,
  [zmq.ZMQ_CONNECT_TIMEOUT]: int32,
} satisfies Record<number, Kind<unknown, never>>;

const shortNames = {
  _fd: zmq.ZMQ_FD,
  _ioevents: zmq.ZMQ_EVENTS,
  _receiveMore: zmq.ZMQ_RCVMORE,
  _subscribe: zmq.ZMQ_SUBSCRIBE,
  _unsubscribe: zmq.ZMQ_UNSUBSCRIBE,
  affinity: zmq.ZMQ_AFFINITY,
  backlog: zmq.ZMQ_BACKLOG,
  hwm: zmq.ZMQ_HWM,
  identity: zmq.ZMQ_IDENTITY,
  linger: zmq.ZMQ_LINGER,
  mcast_loop: zmq.ZMQ_MCAST_LOOP,
  rate: zmq.ZMQ_RATE,
  rcvbuf: zmq.ZMQ_RCVBUF,
  last_endpoint: zmq.ZMQ_LAST_ENDPOINT,
  reconnect_ivl: zmq.ZMQ_RECONNECT_IVL,
  recovery_ivl: zmq.ZMQ_RECOVERY_IVL,
  sndbuf: zmq.ZMQ_SNDBUF,
  swap: zmq.ZMQ_SWAP,
  mechanism: zmq.ZMQ_MECHANISM,
  plain_server: zmq.ZMQ_PLAIN_SERVER,
  plain_username: zmq.ZMQ_PLAIN_USERNAME,
  plain_password: zmq.ZMQ_PLAIN_PASSWORD,
  curve_server: zmq.ZMQ_CURVE_SERVER,
  curve_publickey: zmq.ZMQ_CURVE_PUBLICKEY,
  curve_secretkey: zmq.ZMQ_CURVE_SECRETKEY,
  curve_serverkey: zmq.ZMQ_CURVE_SERVERKEY,
  zap_domain: zmq.ZMQ_ZAP_DOMAIN,
  heartbeat_ivl: zmq.ZMQ_HEARTBEAT_IVL,
  heartbeat_ttl: zmq.ZMQ_HEARTBEAT_TTL,
  heartbeat_timeout: zmq.ZMQ_HEARTBEAT_TIMEOUT,
  connect_timeout: zmq.ZMQ_CONNECT_TIMEOUT,
} as const;

/** The short names of options and their numbers. `setsockopt` and `getsockopt` accept them; sockets have them as properties. */
export const options: typeof shortNames = shortNames;

/**
 * The short name of an option.
 *
 * @useDeclaredType
 */
export type OptionName = keyof typeof options;

type Table = typeof table;
type IdOf<O> = O extends OptionName ? (typeof options)[O] : O;

/** A socket option: its number (one of the `ZMQ_` constants) or its short name. */
export type Option = keyof Table | OptionName;

/** The type of the value of an option when it is read. */
export type OptionValue<O extends Option> = Table[IdOf<O> & keyof Table] extends {
  read: (...parameters: never[]) => infer R;
}
  ? R
  : never;

/** The type of the value of an option when it is set. */
export type OptionInput<O extends Option> = Table[IdOf<O> & keyof Table] extends {
  write: (socket: never, id: never, value: infer W) => void;
}
  ? W
  : never;

/** @internal The number of an option. Any other value is returned unchanged. */
export function numberOf(option: unknown): unknown {
  return typeof option === "string" && Object.hasOwn(options, option)
    ? options[option as OptionName]
    : option;
}

function kindOf(id: unknown): Kind<unknown, unknown> | undefined {
  return typeof id === "number" && Object.hasOwn(table, id)
    ? (table as unknown as Record<number, Kind<unknown, unknown>>)[id]
    : undefined;
}

/** @internal Reads an option. Throws an Error if it is unknown or write-only. libzmq: `zmq_getsockopt`. */
export function getOption(socket: Socket, option: unknown): unknown {
  const id = numberOf(option);
  const read = kindOf(id)?.read;
  if (read === undefined) throw new Error(`Unknown option: ${String(option)}`);
  return read(socket as unknown as Access, id as number);
}

/** @internal Sets an option. Throws an Error if it is unknown or read-only. libzmq: `zmq_setsockopt`. */
export function setOption(socket: Socket, option: unknown, value: unknown): void {
  const id = numberOf(option);
  const write = kindOf(id)?.write;
  if (write === undefined) throw new Error(`Unknown option: ${String(option)}`);
  write(socket as unknown as Access, id as number, value);
}
