// The payloads of the channels of node:diagnostics_channel. The objects come from lib/socket, lib/observer and lib/core.

import type { Socket } from "./socket.js";
import type { SocketStatistics } from "./statistics.js";

/** The payload of `zmq-native:socket:open`, and the fields that all payloads have. */
export interface SocketPayload {
  /** The socket. For a socket of `v5-compat`, the socket of `zmq-native` that it uses. */
  readonly socket: Socket;
  /** The name of the socket type in libzmq, such as `"PUSH"`. */
  readonly socketType: string;
  /** A number that no other socket of this thread has. */
  readonly socketId: number;
}

/** The payload of `zmq-native:socket:close`: the socket is closed, so its last state is in the payload. */
export interface SocketClosePayload extends SocketPayload {
  /** The first endpoint that the socket was bound to, or else connected to. Null if there was none. */
  readonly endpoint: string | null;
  /**
   * The counts at the end. Messages in `sendQueue` can still be sent, until `linger` is over. Undefined if another thread has
   * closed the context before, or if the addon was built against the system's libzmq.
   */
  readonly statistics: SocketStatistics | undefined;
}

/** The fields of the payloads of `zmq-native:send` and `zmq-native:receive`. */
export interface MessagesPayload extends SocketPayload {
  /** The first endpoint that the socket is bound to, or else connected to. Null if there is none. */
  readonly endpoint: string | null;
  /** The number of messages. 0 for a send of an empty array, which sends nothing, and while a receive is pending. */
  readonly count: number;
  /** The number of frames of all these messages, without appended ones. */
  readonly frames: number;
  /** The number of bytes of all these frames. */
  readonly bytes: number;
  /** The reason why the operation failed. It is missing while the operation is pending, and after a success. */
  readonly error?: unknown;
}

/** The payload of the tracing channel `zmq-native:send`. */
export interface SendPayload extends MessagesPayload {
  /** The method of the socket. `trySend` is synchronous: it has no `asyncStart` and no `asyncEnd`. */
  readonly operation: "send" | "trySend" | "sendMany";
  /**
   * The frames of each message, without the routing id or group of a draft socket. Do not change their bytes. After a send
   * with `transfer`, the frames may be detached.
   */
  readonly messages: (string | Uint8Array)[][];
  /** After `trySend`: whether libzmq has queued the message. */
  readonly result?: boolean | undefined;
  /**
   * Adds a frame to the end of each message. Only subscribers of `start` can do so.
   *
   * Returns false, and adds nothing, if the messages of the socket cannot have another frame: on Stream, on draft sockets,
   * with `conflate`, and when the socket is closed. A subscription that an XSubscriber sends stays unchanged.
   *
   * @throws TypeError: the frame is neither a string nor a `Uint8Array`.
   *
   * @example
   * ```ts
   * import { tracingChannel } from "node:diagnostics_channel";
   * import { Pull, Push, type SendPayload } from "zmq-native";
   *
   * const sign = (payload: unknown) => (payload as SendPayload).append("signed");
   * const { start } = tracingChannel("zmq-native:send");
   * start.subscribe(sign);
   * const [push, pull] = [new Push(), new Pull()];
   * await pull.bind("inproc://append");
   * push.connect("inproc://append");
   * await push.send("message");
   * start.unsubscribe(sign);
   * console.log(String(await pull.receive())); // message,signed
   * ```
   */
  append(frame: string | Uint8Array): boolean;
}

/** The payload of the tracing channel `zmq-native:receive`. */
export interface ReceivePayload extends MessagesPayload {
  /**
   * The method or loop. `tryReceive` is synchronous: it has no `asyncStart` and no `asyncEnd`. A loop is reported once for
   * each message or batch.
   */
  readonly operation:
    | "receive"
    | "receiveMany"
    | "receiveWithMetadata"
    | "tryReceive"
    | "for await"
    | "batches"
    | "messagesWithMetadata";
  /**
   * The arrays of frames that the program gets. A subscriber may remove frames that another program appended, in
   * `asyncStart`, or in `end` of `tryReceive`. Empty before, after a failure, and at the end of a loop.
   */
  readonly messages: object[][];
}

/** The payload of the tracing channel `zmq-native:connect`, whose operations are synchronous. */
export interface ConnectPayload extends SocketPayload {
  /** The method of the socket. */
  readonly operation: "connect" | "disconnect" | "connectPeer";
  /** The endpoint that the program passed. */
  readonly endpoint: string;
  /** The reason why the operation failed. */
  readonly error?: unknown;
}

/** The payload of the tracing channel `zmq-native:bind`. */
export interface BindPayload extends SocketPayload {
  /** The method of the socket. `bindSync` and `unbindSync` have no `asyncStart` and no `asyncEnd`. */
  readonly operation: "bind" | "bindSync" | "unbind" | "unbindSync";
  /** The endpoint that the program passed. */
  readonly endpoint: string;
  /** The endpoint with the port that the system chose, after a successful bind. Otherwise null. */
  readonly boundEndpoint: string | null;
  /** The reason why the operation failed. */
  readonly error?: unknown;
}

/** The payload of `zmq-native:peer:join`: the handshake with a peer has succeeded. */
export interface PeerPayload extends SocketPayload {
  /** The endpoint that the socket is bound or connected to. Null if libzmq reports none. */
  readonly endpoint: string | null;
  /** The local end of the connection. */
  readonly localAddress: string;
  /** The peer's end of the connection. Empty for ipc. */
  readonly remoteAddress: string;
}

/** The payload of `zmq-native:peer:leave`. */
export interface PeerLeavePayload extends Omit<PeerPayload, "socket"> {
  /** The socket. Undefined if it has been garbage-collected. */
  readonly socket: Socket | undefined;
  /** `"disconnect"`: the connection has ended. `"close"`: the socket has ended. */
  readonly reason: "disconnect" | "close";
}

/**
 * The payload of the tracing channel `zmq-native:handshake`. `start` and `end` follow each other when the connection is
 * established, `asyncStart` and `asyncEnd` when the handshake has ended.
 *
 * Read `socket` in the subscriber. A payload that is kept does not keep the socket from being garbage-collected.
 */
export interface HandshakePayload extends PeerPayload {
  /** The reason why the handshake failed, as the `handshake:error` events of {@link Observer} have it. */
  readonly error?: unknown;
}

/** The payload of `zmq-native:message:drop`: one message was dropped. */
export interface DropPayload extends SocketPayload {
  /**
   * Dropped by `sendQueue`: `"overflow"`, `"replaced"` by a newer message with the same topic, or `"expired"`. Dropped by
   * libzmq before the socket received it: `"frames"`, `"size"` or `"conflate"`, the reasons of the event `message:rejected`.
   */
  readonly reason: "overflow" | "replaced" | "expired" | "frames" | "size" | "conflate";
  /** The endpoint that the message came from. Null for a message of this socket. */
  readonly endpoint: string | null;
}
