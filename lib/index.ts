// The public interface of the package.

import "./auth/authenticate.js";
import { binding } from "./binding/index.js";
import "./binding/pgm-log.js";
import { startLog } from "./diagnostics/log.js";
import { explainVersion5 } from "./version5-hint.js";

export type { OperationOptions, SendOptions } from "./arguments/operation-options.js";
export type { Overflow, ReceiveQueueOptions, SendQueueOptions } from "./arguments/queue-options.js";
export type { Authenticator } from "./auth/authenticator.js";
export { Certificate, type CertificateFields } from "./auth/certificate.js";
export { curveKeyPair, curvePublicKey } from "./auth/keys.js";
export type {
  Admission,
  AuthenticateOptions,
  AuthenticatorEvents,
  CurveRequest,
  Decide,
  Decision,
  DecisionReason,
  PeerRequest,
  PlainRequest,
  Reload,
  Verdict,
} from "./auth/types.js";
export { z85 } from "./auth/z85.js";
export { capability } from "./binding/capability.js";
export { ZmqError } from "./binding/errors.js";
export { Context, type ContextOptions, context } from "./context/context.js";
export { allocate } from "./message/allocate.js";
export type { Message, MessageLike } from "./message/frames.js";
export type {
  AuthenticationError,
  ConnectionFields,
  DescriptorFields,
  ErrorFields,
  Event,
  EventFields,
  EventOfType,
  EventSubscriber,
  EventType,
  ProtocolError,
  ProtocolErrorCode,
} from "./observer/event.js";
export type { EventListeners } from "./observer/listeners.js";
export { Observer } from "./observer/observer.js";
export { Proxy, type ProxyOptions, type ProxyStatistics, type SocketTraffic, type Traffic } from "./proxy.js";
export type { SocketOptions } from "./socket/class-options.js";
export type { RouterConnectOptions } from "./socket/classes/request-reply.js";
export type { StreamConnectOptions } from "./socket/classes/stream.js";
export {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Stream,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "./socket/classes.js";
export type { DropCounts } from "./socket/drops.js";
export type { Readable, ReadableSocket, Writable, WritableSocket } from "./socket/interfaces.js";
export type { SocketIterator } from "./socket/loop.js";
export type { Multicast, MulticastOptions } from "./socket/multicast.js";
export type {
  BindPayload,
  ConnectPayload,
  DropPayload,
  HandshakePayload,
  MessagesPayload,
  PeerLeavePayload,
  PeerPayload,
  ReceivePayload,
  SendPayload,
  SocketClosePayload,
  SocketPayload,
} from "./socket/payloads.js";
export type { SocketEndpoint } from "./socket/peers/endpoints.js";
export type { Peers } from "./socket/peers/peers.js";
export type {
  ChangeOptions,
  ConnectedPeer,
  DropReport,
  LeaveReason,
  PeerChange,
  PeerEvents,
  PeerFailure,
  PeerJoin,
  PeerLeave,
  PeerStatistics,
} from "./socket/peers/types.js";
export type { BatchOptions, MetadataOptions, Received } from "./socket/receiver.js";
export { type CloseOptions, Socket } from "./socket/socket.js";
export type { SocketStatistics } from "./socket/statistics.js";

export type { SubscriberOptions } from "./socket/subscribers.js";

/** The version of libzmq, such as `"4.3.4"`. libzmq: `zmq_version`. */
export const version: string = binding.version();

// Replaces the compiler's getters with plain properties, so that tests of programs can replace a class with a mock.
for (const [name, value] of Object.entries(exports)) {
  // Programs that list the exports find those of zeromq only.
  const enumerable = !["ZmqError", "Certificate", "allocate", "curvePublicKey", "z85"].includes(name);
  Object.defineProperty(exports, name, { value, writable: true, enumerable });
}

// For `import zmq from`, which the compiler turns into `.default` in CommonJS. Not enumerable, for the same reason.
Object.defineProperty(exports, "default", { value: exports });
explainVersion5(exports);
startLog();
