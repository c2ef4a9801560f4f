// Ports that were free a moment ago, for programs that cannot learn which port the system chose.

import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

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

/** Below the ports that systems choose for wildcards and outgoing connections, which thus do not take one of these. */
const [firstPort, endOfPorts] = [10_000, 32_768];
let nextPort = randomInt(firstPort, endOfPorts);

/** A TCP port on 127.0.0.1. Other calls and processes get other ports. */
export async function freeTcpPort(): Promise<number> {
  for (let failed = 0; ; failed++) {
    const port = nextPort;
    nextPort = port + 1 < endOfPorts ? port + 1 : firstPort;
    const server = createServer();
    try {
      await once(server.listen(port, "127.0.0.1"), "listening");
    } catch (error) {
      // In use, or reserved.
      if (failed < 100) continue;
      throw error;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}
