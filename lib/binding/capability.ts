// The optional features of the libzmq in this build.

import { binding } from "./index.js";

/**
 * The optional features that this build of libzmq has: transports, security mechanisms and draft sockets. libzmq:
 * `zmq_has`.
 *
 * @example
 * ```ts
 * import { capability, Push } from "zmq-native";
 *
 * const push = new Push();
 * push.connect(capability.ipc ? "ipc:///tmp/jobs" : "tcp://127.0.0.1:9");
 * console.log(capability.curve); // true
 * push.close({ linger: 0 });
 * ```
 */
export const capability: Record<
  "ipc" | "pgm" | "tipc" | "norm" | "ws" | "wss" | "curve" | "gssapi" | "draft",
  boolean
> = {
  ipc: binding.has("ipc"),
  pgm: binding.has("pgm"),
  tipc: binding.has("tipc"),
  norm: binding.has("norm"),
  ws: binding.has("WS"),
  wss: binding.has("WSS"),
  curve: binding.has("curve"),
  gssapi: binding.has("gssapi"),
  draft: binding.has("draft"),
};
