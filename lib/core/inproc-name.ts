// Names for the library's own inproc connections.

import { binding } from "../binding/index.js";

const instance = binding.instance();
let count = 0;

/** Returns an inproc endpoint that is unique in the process: threads and copies of the library may share a context. */
export function uniqueEndpoint(purpose: string): string {
  return `inproc://zmq-native.${purpose}.${instance}.${++count}`;
}
