// Events of a socket's connections: what they are to a user, and how they are read from the frames of a monitor.

import * as zmq from "../binding/constants.js";
import { ZmqError } from "../binding/errors.js";
import type { Message } from "../message/frames.js";

type CodeOf<Name> = Name extends `ZMQ_PROTOCOL_ERROR_${infer Rest}` ? `ERR_${Rest}` : never;
/** What a peer did wrong in a handshake. @useDeclaredType */
export type ProtocolErrorCode = CodeOf<keyof typeof zmq.protocolErrors>;

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

/** What an event says of a connection. */
export interface ConnectionFields {
  /** The endpoint that was bound or connected to; not there in the few events for which libzmq tells none. */
  address: string;
  /** Our end of the connection; empty as long as there is none. Not enumerable. */
  localAddress: string;
  /** The peer's end of the connection; empty as long as there is none. Not enumerable. */
  remoteAddress: string;
}

/** What an event says of a connection that is, or was, open. */
export interface DescriptorFields extends ConnectionFields {
  /** The connection's file descriptor, by which a peer can be told from others while it is connected. Not enumerable. */
  fd: number;
}

/** What an event says of something that failed. */
export interface ErrorFields<E extends Error = ZmqError> extends ConnectionFields {
  /** Why it failed. */
  error: E;
}

/** Fields of each type of event, besides its type. */
export interface EventFields {
  /** A peer has connected to an endpoint that was bound. `ZMQ_EVENT_ACCEPTED` */
  accept: DescriptorFields;
  /** A peer's connection could not be accepted. `ZMQ_EVENT_ACCEPT_FAILED` */
  "accept:error": ErrorFields;
  /** An endpoint is bound. `ZMQ_EVENT_LISTENING` */
  bind: DescriptorFields;
  /** An endpoint could not be bound. `ZMQ_EVENT_BIND_FAILED` */
  "bind:error": ErrorFields;
  /** A connection to a peer is there; the handshake follows. `ZMQ_EVENT_CONNECTED` */
  connect: DescriptorFields;
  /** A connect could not be done at once, and goes on. `ZMQ_EVENT_CONNECT_DELAYED` */
  "connect:delay": ConnectionFields;
  /** A connect has failed, and will be tried again. `ZMQ_EVENT_CONNECT_RETRIED` */
  "connect:retry": ConnectionFields & {
    /** Milliseconds until the next attempt. */
    interval: number;
  };
  /** A connection, or a bound endpoint, was closed from this side. `ZMQ_EVENT_CLOSED` */
  close: DescriptorFields;
  /** Closing has failed. `ZMQ_EVENT_CLOSE_FAILED` */
  "close:error": ErrorFields;
  /** A connection was lost. `ZMQ_EVENT_DISCONNECTED` */
  disconnect: DescriptorFields;
  /** The handshake is done, and messages can pass. `ZMQ_EVENT_HANDSHAKE_SUCCEEDED` */
  handshake: ConnectionFields;
  /** The peer does not keep to a protocol. `ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL` */
  "handshake:error:protocol": ErrorFields<ProtocolError>;
  /** The peer was refused by the ZAP handler. `ZMQ_EVENT_HANDSHAKE_FAILED_AUTH` */
  "handshake:error:auth": ErrorFields<AuthenticationError>;
  /** The handshake has failed for another reason. `ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL` */
  "handshake:error:other": ErrorFields;
  /** An answer to {@link Observer.requestPipeStats}. `ZMQ_EVENT_PIPES_STATS` */
  "pipe:stats": ConnectionFields & {
    /** Messages that wait to go out through this connection. */
    outbound: number;
    /** Messages that wait to be received from this connection. */
    inbound: number;
  };
  /**
   * A peer's message was dropped before it reached the socket. Only the bundled libzmq emits this event.
   * `ZMQ_EVENT_MESSAGE_REJECTED`
   */
  "message:rejected": ConnectionFields & {
    /**
     * `"frames"`: the message had more than `maxFrames` frames. `"size"`: it had more than `maxMessageSize` bytes. libzmq
     * then closes the connection. `"conflate"`: the message had several frames and the socket has `conflate`; the
     * connection stays open, and at most one such event is emitted per connection and second.
     */
    reason: "frames" | "size" | "conflate";
  };
  /** The socket is gone, its linger included; the last event. `ZMQ_EVENT_MONITOR_STOPPED` */
  // biome-ignore lint/complexity/noBannedTypes: no fields at all
  end: {};
  /** An event that this library does not know yet. */
  unknown: ConnectionFields;
}

/** What happens to a socket's connections: the names by which events are listened for. @useDeclaredType */
export type EventType = keyof EventFields;
type Events = { [E in EventType]: { type: E } & EventFields[E] };
/** An event of one type, with its {@link EventFields}, or of several: then `type` tells them apart. */
export type EventOfType<E extends EventType = EventType> = Events[E];
/** What happened to a connection; `type` says what, and which fields there are. */
export type Event = EventOfType;

/** What can be asked to call back for events. */
export interface EventSubscriber {
  /** Calls `listener` for each event of a type. */
  on<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): EventSubscriber;
  /** Undoes `on`. */
  off<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): EventSubscriber;
}

type Values = readonly number[];
type Read<E extends EventType> = (values: Values) => Omit<EventFields[E], keyof ConnectionFields>;
type Row = { [E in EventType]: [type: E, read: Read<E>] }[EventType];

const nothing = () => ({});
const descriptor = ([fd]: Values) => ({ fd: fd! });

const systemError = ([errno]: Values) => ({ error: new ZmqError(errno!) });

const protocolCodes = new Map<number, ProtocolErrorCode>(
  Object.entries(zmq.protocolErrors).map(([name, value]) => [
    value,
    name.replace("ZMQ_PROTOCOL_ERROR", "ERR") as ProtocolErrorCode,
  ]),
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

const reasons: Record<number, EventFields["message:rejected"]["reason"]> = {
  [zmq.ZMQ_REJECTED_FRAMES]: "frames",
  [zmq.ZMQ_REJECTED_SIZE]: "size",
  [zmq.ZMQ_REJECTED_CONFLATE]: "conflate",
};

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
  [zmq.ZMQ_EVENT_MESSAGE_REJECTED, ["message:rejected", ([reason]) => ({ reason: reasons[reason!]! })]],
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
  const { fd, ...fields } = read(values) as { fd?: number };
  const event = { type, ...named, ...fields };
  // zeromq's events do not have these, and its programs compare whole events.
  hide(event, { localAddress, remoteAddress, ...(fd === undefined ? {} : { fd }) });
  return event as Event;
}

/** Adds properties that are neither listed nor compared. */
function hide(object: object, properties: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(object, name, { value, writable: true, configurable: true });
  }
}
