// Ports that were free a moment ago, for programs that cannot learn which port the system chose.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** Different UDP ports, free on all addresses. libzmq does not report the port of a wildcard over UDP. */
export async function freeUdpPorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket("udp4").bind(0));
  await Promise.all(sockets.map((socket) => once(socket, "listening")));
  return Promise.all(
    sockets.map(async (socket) => {
      const { port } = socket.address();
      socket.close();
      await once(socket, "close");
      return port;
    }),
  );
}

export async function freeUdpPort(): Promise<number> {
  const [port] = await freeUdpPorts(1);
  return port!;
}

/** A TCP port on 127.0.0.1. */
export async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
