// The public interface, and nothing else.

import { binding } from "./binding.js";

export { Context, type ContextOptions, context } from "./context.js";
export { curveKeyPair } from "./curve.js";
export { ZmqError } from "./errors.js";
export type { Message, MessageLike } from "./message.js";
export { capability } from "./options.js";
export type { OperationOptions } from "./pending.js";
export type { BatchOptions } from "./receiver.js";
export { Socket } from "./socket.js";
export {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  type Readable,
  Reply,
  Request,
  Router,
  type RouterConnectOptions,
  type SocketOptions,
  Stream,
  type StreamConnectOptions,
  Subscriber,
  type Writable,
  XPublisher,
  XSubscriber,
} from "./sockets.js";

/** The version of libzmq inside, for instance `"4.3.4"`. */
export const version: string = binding.version();
