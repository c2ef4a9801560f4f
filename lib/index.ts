// The public interface, and nothing else.

import "./auth/authenticate.js";
import { binding } from "./binding/index.js";
import "./binding/pgm-log.js";
import { explainVersion5 } from "./version5-hint.js";

export type { OperationOptions } from "./arguments/operation-options.js";
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
export { ZmqError } from "./binding/errors.js";
export { Context, type ContextOptions, context } from "./context/context.js";
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
export { Observer } from "./observer/observer.js";
export { capability } from "./options/table.js";
export { Proxy, type ProxyOptions, type ProxyStatistics, type SocketTraffic, type Traffic } from "./proxy.js";
export {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type RouterConnectOptions,
  type SocketOptions,
  Stream,
  type StreamConnectOptions,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "./socket/classes.js";
export type { Readable, ReadableSocket, Writable, WritableSocket } from "./socket/interfaces.js";
export type { Multicast, MulticastOptions } from "./socket/multicast.js";
export type { BatchOptions, MetadataOptions, Received, SocketIterator } from "./socket/receiver.js";
export { type CloseOptions, Socket } from "./socket/socket.js";

export type { SubscriberOptions } from "./socket/subscribers.js";

/** The version of libzmq inside, for instance `"4.3.4"`. */
export const version: string = binding.version();

// Plain properties, where the compiler makes getters: a program's tests can put a double in the place of a class.
for (const [name, value] of Object.entries(exports)) {
  // Programs and tests that list what zeromq exports find just that.
  const enumerable = !["ZmqError", "Certificate", "curvePublicKey", "z85"].includes(name);
  Object.defineProperty(exports, name, { value, writable: true, enumerable });
}

// What `import zmq from` compiles to in CommonJS. Not enumerable, as above.
Object.defineProperty(exports, "default", { value: exports });
explainVersion5(exports);
