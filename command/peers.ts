// Waits for the peers of `--wait-peers`.

import type { AnySocket } from "./open.js";

/**
 * Counts the handshakes of a socket from now on. Returns a function that resolves when there have been `count`.
 * Handshakes do not exist over inproc and udp.
 */
export function countPeers(socket: AnySocket): (count: number, signal: AbortSignal) => Promise<void> {
  let peers = 0;
  let check = () => {};
  socket.events.on("handshake", () => {
    peers++;
    check();
  });
  socket.events.on("disconnect", () => {
    peers = Math.max(0, peers - 1);
  });
  return (count, signal) =>
    new Promise((resolve, reject) => {
      check = () => {
        if (peers >= count) resolve();
      };
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      check();
    });
}
