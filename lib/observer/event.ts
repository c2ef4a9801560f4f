// Events of a socket's connections: their types, and how the frames of a monitor are read.

import * as zmq from "../binding/constants.js";
import { explained, ZmqError } from "../binding/errors.js";
import type { Message } from "../message/frames.js";

type CodeOf<Name> = Name extends `ZMQ_PROTOCOL_ERROR_${infer Rest}` ? `ERR_${Rest}` : never;
/**
 * The codes of protocol errors, such as `"ERR_ZMTP_UNEXPECTED_COMMAND"`. libzmq: `ZMQ_PROTOCOL_ERROR_…`.
 *
 * @useDeclaredType
 */
export type ProtocolErrorCode = CodeOf<keyof typeof zmq.protocolErrors>;

/** The error of a failed handshake: the peer violated ZMTP, ZAP or WebSocket, or TLS failed. */
export interface ProtocolError extends Error {
  /** The violation, such as `"ERR_ZMTP_UNEXPECTED_COMMAND"`. */
  code: ProtocolErrorCode;
  /** An explanation of a failure of WebSocket or TLS. Undefined for other protocols. */
  readonly detail?: string;
}

/** The error of a failed handshake: the ZAP handler rejected the peer. */
export interface AuthenticationError extends Error {
  /** The status code of ZAP (RFC 27): 300 temporary error, 400 authentication failure, 500 internal error. */
  status: 300 | 400 | 500;
}

/** Fields of events about a connection. */
export interface ConnectionFields {
  /** The endpoint that was bound or connected to. Missing in the few events for which libzmq reports none. */
  address: string;
  /** The local end of the connection. Empty while there is none. Not enumerable. */
  localAddress: string;
  /** The peer's end of the connection. Empty while there is none. Not enumerable. */
  remoteAddress: string;
}

/** Fields of events about a connection that is, or was, open. */
export interface DescriptorFields extends ConnectionFields {
  /** The file descriptor of the connection. It identifies the peer while it is connected. Not enumerable. */
  fd: number;
}

/** Fields of events about an error. */
export interface ErrorFields<E extends Error = ZmqError> extends ConnectionFields {
  /** The error. */
  error: E;
}

/** The types of events, and the fields that each has in addition to `type`. */
export interface EventFields {
  /** A peer has connected to a bound endpoint. The handshake follows. libzmq: `ZMQ_EVENT_ACCEPTED`. */
  accept: DescriptorFields;
  /** A peer's connection could not be accepted. libzmq: `ZMQ_EVENT_ACCEPT_FAILED`. */
  "accept:error": ErrorFields;
  /** An endpoint was bound. libzmq: `ZMQ_EVENT_LISTENING`. */
  bind: DescriptorFields;
  /** An endpoint could not be bound. libzmq: `ZMQ_EVENT_BIND_FAILED`. */
  "bind:error": ErrorFields;
  /** A connection to a peer was established. The handshake follows. libzmq: `ZMQ_EVENT_CONNECTED`. */
  connect: DescriptorFields;
  /** A connection attempt continues in the background. libzmq: `ZMQ_EVENT_CONNECT_DELAYED`. */
  "connect:delay": ConnectionFields;
  /** A connection attempt has failed, and libzmq will retry. libzmq: `ZMQ_EVENT_CONNECT_RETRIED`. */
  "connect:retry": ConnectionFields & {
    /** The time until the next attempt, in milliseconds. */
    interval: number;
  };
  /** This side closed a connection or a bound endpoint. libzmq: `ZMQ_EVENT_CLOSED`. */
  close: DescriptorFields;
  /** A connection or endpoint could not be closed. libzmq: `ZMQ_EVENT_CLOSE_FAILED`. */
  "close:error": ErrorFields;
  /** A connection was lost. libzmq: `ZMQ_EVENT_DISCONNECTED`. */
  disconnect: DescriptorFields;
  /** The handshake succeeded: messages can be exchanged. libzmq: `ZMQ_EVENT_HANDSHAKE_SUCCEEDED`. */
  handshake: ConnectionFields;
  /** The peer violated a protocol during the handshake, or TLS failed. libzmq: `ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL`. */
  "handshake:error:protocol": ErrorFields<ProtocolError>;
  /** The ZAP handler rejected the peer. libzmq: `ZMQ_EVENT_HANDSHAKE_FAILED_AUTH`. */
  "handshake:error:auth": ErrorFields<AuthenticationError>;
  /** The handshake failed for another reason. libzmq: `ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL`. */
  "handshake:error:other": ErrorFields;
  /** The queue lengths of one connection, after {@link Observer.requestPipeStats}. libzmq: `ZMQ_EVENT_PIPES_STATS`. */
  "pipe:stats": ConnectionFields & {
    /** The number of messages that are queued for sending. */
    outbound: number;
    /** The number of messages that are queued for receiving. */
    inbound: number;
  };
  /**
   * A message of a peer was dropped before it reached the socket. Only the bundled libzmq emits this event. libzmq:
   * `ZMQ_EVENT_MESSAGE_REJECTED`.
   */
  "message:rejected": ConnectionFields & {
    /**
     * Why the message was dropped. `"frames"`: it had more than `maxFrames` frames. `"size"`: it had more than
     * `maxMessageSize` bytes. In both cases libzmq closes the connection. `"conflate"`: it had several frames and the socket
     * has `conflate`. The connection stays open; at most one such event per second is emitted for it.
     */
    reason: "frames" | "size" | "conflate";
  };
  /** The socket has ended: it was closed and its `linger` is over. This is the last event. libzmq: `ZMQ_EVENT_MONITOR_STOPPED`. */
  // biome-ignore lint/complexity/noBannedTypes: no fields at all
  end: {};
  /** An event that this version of the library does not know. */
  unknown: ConnectionFields;
}

/**
 * The types of events, such as `"connect"`. {@link EventFields} describes each.
 *
 * @useDeclaredType
 */
export type EventType = keyof EventFields;
type Events = {
  [E in EventType]: {
    /** The type of the event, which tells its fields. */
    type: E;
  } & EventFields[E];
};
/** An event of the type `E`, with its {@link EventFields}. If `E` is a union, `type` is the discriminant. */
export type EventOfType<E extends EventType = EventType> = Events[E];
/** An event of a socket's connections. `type` is the discriminant of the union. */
export type Event = EventOfType;

/** An object that calls listeners for events, such as an {@link Observer}. */
export interface EventSubscriber {
  /**
   * Adds a listener for a type of event. Returns the object itself. Never throws.
   *
   * @example
   * ```ts
   * import { Pull, type EventSubscriber } from "zmq-native";
   *
   * function untilBound(events: EventSubscriber) {
   *   return new Promise<string>((resolve) => events.on("bind", ({ address }) => resolve(address)));
   * }
   * const pull = new Pull();
   * const bound = untilBound(pull.events);
   * await pull.bind("tcp://127.0.0.1:*");
   * console.log((await bound) === pull.lastEndpoint); // true
   * ```
   */
  on<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): EventSubscriber;
  /** Removes a listener that `on` added. Returns the object itself. Never throws. */
  off<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): EventSubscriber;
}

type Values = readonly number[];
type Read<E extends EventType> = (values: Values) => Omit<EventFields[E], keyof ConnectionFields>;
type Row = { [E in EventType]: [type: E, read: Read<E>] }[EventType];

const nothing = () => ({});
const descriptor = ([fd]: Values) => ({ fd: fd! });

const systemError = ([errno]: Values) => ({ error: new ZmqError(errno!) });

/** @internal libzmq reports EFAULT, whose text is "Context is closed", where it finds no ZAP handler. */
export function handshakeError([errno]: Values): { error: ZmqError } {
  const error = new ZmqError(errno!);
  return {
    error:
      error.code === "EFAULT"
        ? error.explain(
            "the server authenticates peers, and no ZAP handler is bound to inproc://zeromq.zap.01 in its context, or zapEnforceDomain is set without zapDomain: call context.authenticate() before bind(), and set zapDomain",
          )
        : error,
  };
}

const protocolCodes = new Map<number, ProtocolErrorCode>(
  Object.entries(zmq.protocolErrors).map(([name, value]) => [
    value,
    name.replace("ZMQ_PROTOCOL_ERROR", "ERR") as ProtocolErrorCode,
  ]),
);

const protocols: Record<string, string> = {
  ERR_ZAP: "ZAP",
  ERR_WS: "WebSocket",
  ERR_TLS: "TLS",
  ERR_ZMTP: "ZMTP",
};

/** The meaning of codes that say too little. */
const failures: Partial<Record<ProtocolErrorCode, string>> = {
  ERR_WS_UNSPECIFIED:
    "the peer does not speak WebSocket with a protocol of ZeroMQ, uses another mechanism, or has refused the connection",
  ERR_TLS_UNSPECIFIED: "the handshake failed, or the peer ended it with an alert",
  ERR_TLS_MALFORMED: "the peer does not speak TLS: its endpoint may be ws:// or http://",
  ERR_TLS_UNSUPPORTED: "the peers have no version of TLS, cipher or signature algorithm in common",
  ERR_TLS_CERTIFICATE_UNTRUSTED:
    "no authority in wssTrust or, with wssTrustSystem, of the system has issued the server's certificate",
  ERR_TLS_CERTIFICATE_EXPIRED: "the server's certificate has expired",
  ERR_TLS_CERTIFICATE_NOT_YET_VALID: "the server's certificate is not valid yet: check the clocks",
  ERR_TLS_CERTIFICATE_WRONG_NAME:
    "the server's certificate is for another host than that of the endpoint: set wssHostname to a name in the certificate",
  ERR_TLS_CERTIFICATE_UNSUITABLE:
    "the server's certificate or one of its issuers has a weak key or signature, or is for another use",
  ERR_TLS_CERTIFICATE_REFUSED: "the client has refused the certificate of this server",
};

/** @internal The error of `ZMQ_PROTOCOL_ERROR_…`. */
export function protocolError([number]: Values): { error: ProtocolError } {
  const code = protocolCodes.get(number!) ?? "ERR_ZMTP_UNSPECIFIED";
  const [prefix] = /^ERR_(?:ZAP|WS|TLS)/.exec(code) ?? ["ERR_ZMTP"];
  const error = Object.assign(new Error(`${protocols[prefix]} protocol error`), { code });
  const detail = failures[code];
  return { error: detail === undefined ? error : explained(error, detail) };
}

const statusTexts: Record<AuthenticationError["status"], string> = {
  300: "Temporary error",
  400: "Authentication failure",
  500: "Internal error",
};

/** @internal The error of a status of ZAP. */
export function authenticationError([number]: Values): { error: AuthenticationError } {
  // libzmq reports only these three statuses.
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
  [zmq.ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ["handshake:error:other", handshakeError]],
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

/** Whether `local` is the local end of a connection that was accepted by one of the `bound` endpoints. */
function cameIn(local: string, bound: readonly string[]): boolean {
  if (bound.includes(local)) return true;
  const [, scheme, number] = port.exec(local) ?? [];
  // Connections to 0.0.0.0 have the address of one interface.
  return (
    number !== undefined &&
    bound.some((endpoint) => {
      const [, boundScheme, boundNumber] = port.exec(endpoint) ?? [];
      return boundScheme === scheme && boundNumber === number;
    })
  );
}

/** @internal Reads a monitor message, version 2: event, number of values, values, local address, remote address. */
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
  // Hidden, since events of zeromq do not have these and its programs compare whole events.
  hide(event, { localAddress, remoteAddress, ...(fd === undefined ? {} : { fd }) });
  return event as Event;
}

/** Adds non-enumerable properties. */
function hide(object: object, properties: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(object, name, { value, writable: true, configurable: true });
  }
}
