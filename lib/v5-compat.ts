// The interface of zeromq 5: the exports of `zmq-native/v5-compat`.

import { curveKeyPair, version } from "./index.js";

export type { MessageLike } from "./index.js";
export { version } from "./index.js";
export * from "./v5-compat/constants.js";
export { Context } from "./v5-compat/context.js";
export { events, type MonitorEvents } from "./v5-compat/monitor.js";
export {
  type Option,
  type OptionInput,
  type OptionName,
  type OptionValue,
  options,
} from "./v5-compat/options.js";
export type { Payload, SendCallback } from "./v5-compat/outbox.js";
export { proxy } from "./v5-compat/proxy.js";
export {
  createSocket,
  createSocket as socket,
  type EndpointCallback,
  Socket,
  SocketBinding,
  type SocketEvents,
  type SocketOptions,
} from "./v5-compat/socket.js";
export { type SocketType, types } from "./v5-compat/types.js";

/**
 * Generates a key pair for CURVE security. Each key is a string of 40 characters (Z85). libzmq: `zmq_curve_keypair`.
 *
 * @throws ZmqError `ENOTSUP`: libzmq was built without CURVE.
 *
 * @example
 * ```ts
 * import * as zmq from "zmq-native/v5-compat";
 *
 * const keys = zmq.curveKeypair();
 * console.log(keys.public.length); // 40
 * ```
 */
export function curveKeypair(): {
  /** The public key. A server's is the `curve_serverkey` of its clients. */
  public: string;
  /** The secret key, for `curve_secretkey`. */
  secret: string;
} {
  const { publicKey, secretKey } = curveKeyPair();
  return { public: publicKey, secret: secretKey };
}

/** Returns the version of libzmq, the same as {@link version}. Never throws. */
export const zmqVersion = (): string => version;

export { curveKeypair as zmqCurveKeypair };

// Replaces the compiler's getters with plain properties, so that tests of programs can replace a function with a mock.
for (const [name, value] of Object.entries(exports)) {
  if (Object.getOwnPropertyDescriptor(exports, name)?.configurable) {
    Object.defineProperty(exports, name, { value, writable: true });
  }
}

// For `import zmq from`, which the compiler turns into `.default` in CommonJS. Not enumerable: programs that list the
// exports find those of zeromq only.
Object.defineProperty(exports, "default", { value: exports });
