// Names for connections inside the process that the library makes for itself.

import { threadId } from "node:worker_threads";

let count = 0;

/** An inproc endpoint that nothing else in the process has: threads may share a context. */
export function uniqueEndpoint(purpose: string): string {
  return `inproc://zmq-native.${purpose}.${threadId}.${++count}`;
}
