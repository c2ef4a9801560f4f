// Two sockets connected over a transport.

import type { Socket } from "zmq-native";
import { freshEndpoint, type Transport } from "./transports.js";

/** Binds `bound`, connects `connected` to it, and closes both when disposed. */
export async function join<A extends Socket, B extends Socket>(bound: A, connected: B, transport: Transport) {
  await bound.bind(freshEndpoint(transport));
  connected.connect(bound.lastEndpoint as string);
  return {
    bound,
    connected,
    [Symbol.dispose]() {
      connected.close();
      bound.close();
    },
  };
}
