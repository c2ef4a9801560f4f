// Dispatches the notices of native code, which other threads cause: to the contexts, or to the sockets.

import { check } from "./errors.js";
import { binding, type ContextToken, type Handle } from "./index.js";

let ofContext: ((token: ContextToken) => void) | undefined;
let ofSocket: ((handle: Handle) => void) | undefined;

check(
  binding.onNotice((notice) => {
    if (notice > 0) ofContext?.(notice);
    else ofSocket?.(-notice);
  }),
);

/** Sets the function to call when a context has ended. */
export function onContextEnd(call: (token: ContextToken) => void): void {
  ofContext = call;
}

/** Sets the function to call when the connections of a watched socket have changed. */
export function onPeerChanges(call: (handle: Handle) => void): void {
  ofSocket = call;
}
