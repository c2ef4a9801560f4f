// Two sockets joined: what one receives, the other sends.

import type { Socket } from "./socket.js";

/** Frames that a capture is spared: a router's messages begin with whom they are for, and an empty frame. */
const envelopes = new Map([
  ["push/pull", 0],
  ["pull/push", 0],
  ["xpub/xsub", 0],
  ["router/dealer", 2],
  ["xrep/xreq", 2],
]);

/**
 * Passes messages on in both directions, until the sockets are closed. What comes from the backend is also sent to
 * `capture`.
 *
 * @throws Error for types that do not go together in this order.
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
