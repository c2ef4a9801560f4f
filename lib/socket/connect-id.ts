// The routing id that a program chooses for a peer when it connects.

import { expectBytes } from "../arguments/checks.js";
import { copyOf } from "../message/frames.js";

/** Options of `connect` with a routing id. */
interface ConnectOptions {
  routingId?: string | Buffer;
}

/** Reads and copies the id before the socket is used: getters run user code. */
export function connectIdOf(options: ConnectOptions | null | undefined): Uint8Array | undefined {
  const id: unknown = options?.routingId;
  if (id === undefined || id === null) return undefined;
  expectBytes(id, "routingId");
  const bytes = typeof id === "string" ? Buffer.from(id) : copyOf(id);
  // An empty id means none. libzmq before 4.3.5 rejects it.
  return bytes.length === 0 ? undefined : bytes;
}
