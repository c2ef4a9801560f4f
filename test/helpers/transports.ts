// Endpoints to bind to, one for each transport, never the same twice.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

export const transports = ["tcp", "ipc", "inproc"] as const;
export type Transport = (typeof transports)[number];

const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** An endpoint to bind to. Afterwards, the socket's `lastEndpoint` is the address to connect to. */
export function freshEndpoint(transport: Transport): string {
  const name = `${process.pid}-${++count}`;
  return {
    tcp: "tcp://127.0.0.1:*",
    ipc: `ipc://${join(folder, name)}`,
    inproc: `inproc://${name}`,
  }[transport];
}

/** Repeats `bind` while the address is in use: libzmq releases it in its own thread, a moment after the close. */
export async function whenFree(bind: () => void | Promise<void>): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      return await bind();
    } catch (error) {
      if ((error as { code?: string }).code !== "EADDRINUSE" || performance.now() > end) throw error;
      await new Promise(setImmediate);
    }
  }
}
