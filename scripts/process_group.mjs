// Programs that start programs of their own: all of them end together.

import { execa } from "execa";

/**
 * Runs a program in a process group of its own, and kills the group after so many seconds. Resolves with execa's result;
 * `killed` is whether the time was over.
 */
export async function runGroup(command, args, seconds, options) {
  // execa rejects `stdin` in combination with `stdio`.
  const input = options.stdio === undefined ? { stdin: "ignore" } : {};
  const child = execa(command, args, { ...input, ...options, detached: true, reject: false });
  let killed = false;
  const timer = setTimeout(() => {
    killed = true;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // The group has ended, but a program in another session holds its output.
    }
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, seconds * 1000);
  const result = await child;
  clearTimeout(timer);
  return Object.assign(result, { killed });
}
