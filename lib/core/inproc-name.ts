// Names for connections inside the process that the library makes for itself.

import { binding } from "../binding/index.js";

const instance = binding.instance();
let count = 0;

/** An inproc endpoint that nothing else in the process has: threads, and copies of the library, may share a context. */
export function uniqueEndpoint(purpose: string): string {
  return `inproc://zmq-native.${purpose}.${instance}.${++count}`;
}
