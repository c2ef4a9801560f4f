// The proxy of zeromq 5: each socket sends what the other receives.

import type { Socket } from "./socket.js";

/** Frames that are not captured: messages of a router begin with the routing id and an empty frame. */
const envelopes = new Map([
  ["push/pull", 0],
  ["pull/push", 0],
  ["xpub/xsub", 0],
  ["router/dealer", 2],
  ["xrep/xreq", 2],
]);

/**
 * Forwards messages in both directions, until the sockets are closed. Messages of the backend are also sent to `capture`.
 *
 * @throws Error: the types are not push/pull, pull/push, xpub/xsub, router/dealer or xrep/xreq.
 *
 * @example
 * ```ts
 * import * as zmq from "zmq-native/v5-compat";
 *
 * const [frontend, backend] = [zmq.socket("router"), zmq.socket("dealer")];
 * frontend.bindSync("tcp://127.0.0.1:*");
 * backend.bindSync("tcp://127.0.0.1:*");
 * zmq.proxy(frontend, backend);
 * ```
 */
export function proxy(frontend: Socket, backend: Socket, capture?: Socket): void {
  const envelope = envelopes.get(`${frontend.type}/${backend.type}`);
  if (envelope === undefined) {
    throw new Error("This socket type order is not supported in compatibility mode");
  }
  frontend.on("message", (...frames) => {
    backend.send(frames);
  });
  backend.on("message", (...frames) => {
    frontend.send(frames);
    capture?.send(frames.slice(envelope));
  });
}
