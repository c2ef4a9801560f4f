// Waiting until peers are there, so that an example shows the same each time.

import type { Socket } from "zmq-native";

/** Resolves when `count` peers have connected to a socket. Call it before the socket is bound, to miss none. */
export async function handshakes(socket: Socket, count = 1): Promise<void> {
  let missing = count;
  for await (const { type } of socket.events) {
    if (type === "handshake" && --missing === 0) return;
  }
}
