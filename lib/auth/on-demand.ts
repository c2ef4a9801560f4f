// Loads dist/auth.js, which contains the rest of lib/auth: most programs do not authenticate, and compiling it takes a
// tenth of the CPU time of `require("zmq-native")`.

import { shown } from "../arguments/checks.js";

/**
 * Resolves with a module of dist/auth.js.
 *
 * @throws Error rejects with the code of the failed load. A process can lose access to the file: by `setuid`, or by opening
 * its last file descriptor.
 */
export async function onDemand<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const { message, code } = cause as NodeJS.ErrnoException;
    const failure = message?.split("\n", 1)[0] ?? shown(cause);
    const error = new Error(
      `zmq-native cannot load its file auth.js (${failure}): call authenticate() or load a certificate once before the process gives up its rights, and keep file descriptors free`,
      { cause },
    );
    throw Object.assign(error, { code });
  }
}
