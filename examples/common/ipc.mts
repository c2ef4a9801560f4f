// Endpoints that are known before anybody has bound them, for programs of several processes.

import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An ipc endpoint that belongs to this process, in the folder for temporary files. */
export function ipc(name: string): string {
  const file = join(tmpdir(), `zmq-native-${process.pid}-${name}`);
  // libzmq leaves the file behind.
  process.once("exit", () => rmSync(file, { force: true }));
  return `ipc://${file}`;
}
