// Runs the `zmq` command as a shell does.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { onTestFinished } from "vitest";
import { type Ended, execute } from "../helpers/execute.js";

const root = join(__dirname, "../..");

/** The program of the command. */
export const program = join(root, "dist/command/main.mjs");

/** Runs the command to its end. `input` is its standard input; without it, that is at its end. */
export const zmq = (parameters: string[], input?: string | Uint8Array): Promise<Ended> =>
  execute(process.execPath, [program, ...parameters], input === undefined ? {} : { input });

/** Starts the command. Its standard input stays open. It is killed when the test ends. */
export function startZmq(parameters: string[]) {
  const child = execa(process.execPath, [program, ...parameters], {
    reject: false,
    stripFinalNewline: false,
    encoding: "buffer",
    stdin: "pipe",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** A folder that is removed when the test ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "zmq-command-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** An ipc endpoint of the test's own. */
export const endpoint = (name = "socket"): string => `ipc://${join(folder(), name)}`;
