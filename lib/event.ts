// Events of a socket's connections: what they are to a user, and how they are read from the frames of a monitor.

import * as zmq from "./constants.js";
import { ZmqError } from "./errors.js";
import type { Message } from "./message.js";

type CodeOf<Name> = Name extends `ZMQ_PROTOCOL_ERROR_${infer Rest}` ? `ERR_${Rest}` : never;
/** What a peer did wrong in a handshake. */
export type ProtocolErrorCode = CodeOf<keyof typeof zmq>;

/** An error that a handshake ended with because the peer did not keep to ZMTP, the ZAP protocol or WebSocket. */
export interface ProtocolError extends Error {
  /** For instance `"ERR_ZMTP_UNEXPECTED_COMMAND"`. */
  code: ProtocolErrorCode;
}

/** An error that a handshake ended with because authentication failed. */
export interface AuthenticationError extends Error {
  /** The status by ZAP: 300, 400 or 500. */
  status: 300 | 400 | 500;
}

interface Fields {
  /** The endpoint that was bound or connected to; not there in the few events for which libzmq tells none. */
  address: string;
  /** Our end of the connection; empty as long as there is none. */
  localAddress: string;
  /** The peer's end of the connection; empty as long as there is none. */
  remoteAddress: string;
}

interface WithDescriptor extends Fields {
  /** The connection's file descriptor, by which a peer can be told from others while it is connected. */
  fd: number;
}

interface WithError<E extends Error = ZmqError> extends Fields {
  error: E;
}

/** Fields of each type of event, besides its type. */
interface FieldsOf {
  accept: WithDescriptor;
  "accept:error": WithError;
  bind: WithDescriptor;
  "bind:error": WithError;
  connect: WithDescriptor;
  "connect:delay": Fields;
  "connect:retry": Fields & {
    /** Milliseconds until the next attempt. */
    interval: number;
  };
  close: WithDescriptor;
  "close:error": WithError;
  disconnect: WithDescriptor;
  handshake: Fields;
  "handshake:error:protocol": WithError<ProtocolError>;
  "handshake:error:auth": WithError<AuthenticationError>;
  "handshake:error:other": WithError;
  "pipe:stats": Fields & {
    /** Messages that wait to go out through this connection. */
    outbound: number;
    /** Messages that wait to be received from this connection. */
    inbound: number;
  };
  /** The socket is gone, its linger included; the last event. */
  // biome-ignore lint/complexity/noBannedTypes: no fields at all
  end: {};
  unknown: Fields;
}

/** What happens to a socket's connections: the names by which events are listened for. */
export type EventType = keyof FieldsOf;
type Events = { [E in EventType]: { type: E } & FieldsOf[E] };
/** An event of one type, or of several: then `type` tells them apart. */
export type EventOfType<E extends EventType = EventType> = Events[E];
/** What happened to a connection; `type` says what, and which fields there are. */
export type Event = EventOfType;

/** What can be asked to call back for events. */
export interface EventSubscriber {
  on<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): EventSubscriber;
  off<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): EventSubscriber;
}

type Values = readonly number[];
type Read<E extends EventType> = (values: Values) => Omit<FieldsOf[E], keyof Fields>;
type Row = { [E in EventType]: [type: E, read: Read<E>] }[EventType];

const nothing = () => ({});
const descriptor = ([fd]: Values) => ({ fd: fd! });

const systemError = ([errno]: Values) => ({ error: new ZmqError(errno!) });

const protocolCodes = new Map<number, ProtocolErrorCode>(
  Object.entries(zmq).flatMap(([name, value]) =>
    name.startsWith("ZMQ_PROTOCOL_ERROR_")
      ? [[value, name.replace("ZMQ_PROTOCOL_ERROR", "ERR") as ProtocolErrorCode]]
      : [],
  ),
);

function protocolError([number]: Values): { error: ProtocolError } {
  const code = protocolCodes.get(number!) ?? "ERR_ZMTP_UNSPECIFIED";
  const protocol = code.startsWith("ERR_ZAP") ? "ZAP" : code.startsWith("ERR_WS") ? "WebSocket" : "ZMTP";
  return { error: Object.assign(new Error(`${protocol} protocol error`), { code }) };
}

const statusTexts: Record<AuthenticationError["status"], string> = {
  300: "Temporary error",
  400: "Authentication failure",
  500: "Internal error",
};

function authenticationError([number]: Values): { error: AuthenticationError } {
  // libzmq reports no other status.
  const status = number as AuthenticationError["status"];
  return { error: Object.assign(new Error(statusTexts[status] ?? "Unknown error"), { status }) };
}

const rows = new Map<number, Row>([
  [zmq.ZMQ_EVENT_CONNECTED, ["connect", descriptor]],
  [zmq.ZMQ_EVENT_CONNECT_DELAYED, ["connect:delay", nothing]],
  [zmq.ZMQ_EVENT_CONNECT_RETRIED, ["connect:retry", ([interval]) => ({ interval: interval! })]],
  [zmq.ZMQ_EVENT_LISTENING, ["bind", descriptor]],
  [zmq.ZMQ_EVENT_BIND_FAILED, ["bind:error", systemError]],
  [zmq.ZMQ_EVENT_ACCEPTED, ["accept", descriptor]],
  [zmq.ZMQ_EVENT_ACCEPT_FAILED, ["accept:error", systemError]],
  [zmq.ZMQ_EVENT_CLOSED, ["close", descriptor]],
  [zmq.ZMQ_EVENT_CLOSE_FAILED, ["close:error", systemError]],
  [zmq.ZMQ_EVENT_DISCONNECTED, ["disconnect", descriptor]],
  [zmq.ZMQ_EVENT_MONITOR_STOPPED, ["end", nothing]],
  [zmq.ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ["handshake:error:other", systemError]],
  [zmq.ZMQ_EVENT_HANDSHAKE_SUCCEEDED, ["handshake", nothing]],
  [zmq.ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ["handshake:error:protocol", protocolError]],
  [zmq.ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, ["handshake:error:auth", authenticationError]],
  [
    zmq.ZMQ_EVENT_PIPES_STATS,
    ["pipe:stats", ([outbound, inbound]) => ({ outbound: outbound!, inbound: inbound! })],
  ],
]);

/** Scheme and port of a TCP or WebSocket address. */
const port = /^(\w+):\/\/.*:(\d+)/;

/** Whether `local` is the near end of a connection that came in through one of the endpoints `bound`. */
function cameIn(local: string, bound: readonly string[]): boolean {
  if (bound.includes(local)) return true;
  const [, scheme, number] = port.exec(local) ?? [];
  // An endpoint of all interfaces, 0.0.0.0, has the address of one of them in its connections.
  return (
    number !== undefined &&
    bound.some((endpoint) => {
      const [, boundScheme, boundNumber] = port.exec(endpoint) ?? [];
      return boundScheme === scheme && boundNumber === number;
    })
  );
}

/** @internal A monitor's message, in version 2 of its format: event, number of values, values, local and remote address. */
export function toEvent(frames: readonly Message[], bound: readonly string[]): Event {
  const number = Number(frames[0]!.readBigUInt64LE());
  const values = frames.slice(2, -2).map((frame) => Number(frame.readBigUInt64LE()));
  const localAddress = frames.at(-2)!.toString();
  const remoteAddress = frames.at(-1)!.toString();
  const [type, read] = rows.get(number) ?? (["unknown", nothing] as const);
  if (type === "end") return { type };
  const address =
    remoteAddress === "" || (localAddress !== "" && cameIn(localAddress, bound))
      ? localAddress
      : remoteAddress;
  const named = address === "" ? {} : { address };
  return { type, ...named, localAddress, remoteAddress, ...read(values) } as Event;
}
