// The interface of version 5: what `zmq-native/v5-compat` exports, and nothing else.

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
 * A new key pair for CURVE, each key 40 characters of Z85.
 *
 * @throws ZmqError `ENOTSUP` where the addon was built without CURVE. `zmq_curve_keypair`
 */
export function curveKeypair(): {
  /** For peers: `curve_serverkey` of those that connect. */
  public: string;
  /** For `curve_secretkey` alone. */
  secret: string;
} {
  const { publicKey, secretKey } = curveKeyPair();
  return { public: publicKey, secret: secretKey };
}

/** The version of libzmq, as `version`. */
export const zmqVersion = (): string => version;

export { curveKeypair as zmqCurveKeypair };

// Plain properties, where the compiler makes getters: a program's tests can put a double in the place of a function.
for (const [name, value] of Object.entries(exports)) {
  if (Object.getOwnPropertyDescriptor(exports, name)?.configurable) {
    Object.defineProperty(exports, name, { value, writable: true });
  }
}

// What `import zmq from` compiles to in CommonJS. Not enumerable: programs that list the exports find those of zeromq.
Object.defineProperty(exports, "default", { value: exports });
