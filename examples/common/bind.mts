// Binding to a free port: no example claims one that somebody else may have.

import type { Socket } from "zmq-native";

/** Binds a socket to any free port of this machine, or to the endpoint given; answers where to connect to. */
export async function bind(socket: Socket, endpoint = "tcp://127.0.0.1:*"): Promise<string> {
  await socket.bind(endpoint);
  return socket.lastEndpoint as string;
}
