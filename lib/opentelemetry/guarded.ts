// Calls functions of the program. An error in a subscriber or in a callback of the SDK would end the process.

import { diag } from "@opentelemetry/api";

/** Calls a function of the program or of its propagator, or reads a property of an object that the program may have made. */
export function guarded<T>(call: () => T, otherwise: T): T {
  try {
    return call();
  } catch (error) {
    diag.error("zmq-native: a function of the configuration or of the SDK threw", error);
    return otherwise;
  }
}
