// Errors of listeners and other code of the program, which must not stop the library's own work.

import { nextTick } from "./timers.js";

/** Makes an error an uncaught exception, in a turn of its own. */
export function throwLater(error: unknown): void {
  nextTick(() => {
    throw error;
  });
}
