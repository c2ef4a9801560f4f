// How a command ends: its exit codes, and its reaction to signals, failures and broken pipes.

import { constants } from "node:os";
import { report } from "./print.js";

/** The exit codes that docs/command.md documents. A signal adds its number to 128. */
export const exitCodes = { done: 0, failed: 1, usage: 2, timeout: 3 } as const;

/** An end whose message tells the user everything, so that no stack trace is printed. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode: number = exitCodes.failed,
  ) {
    super(message);
  }
}

/** The text of an error, with the explanation that errors of the library carry. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { detail } = error as { detail?: unknown };
  return typeof detail === "string" && detail !== "" ? `${error.message}: ${detail}` : error.message;
}

/** The errors of bind and connect that say that the endpoint is wrong, whatever the state of the system. */
const malformed = new Set(["EINVAL", "EPROTONOSUPPORT"]);

/** The failure of bind or connect: names the endpoint. `who` is the command. */
export function endpointFailure(who: string, endpoint: string, error: unknown): Failure {
  const text = textOf(error);
  const isMalformed = error instanceof Error && "code" in error && malformed.has(String(error.code));
  return new Failure(
    `${who}: ${text.includes(endpoint) ? text : `${endpoint}: ${text}`}`,
    isMalformed ? exitCodes.usage : exitCodes.failed,
  );
}

/** Whether an error says that a time limit is over. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EAGAIN" || error.code === "ETIMEDOUT");
}

const interruption = new AbortController();

/** Aborted by the first Ctrl-C or `kill`: commands stop reading, send what is queued, and end. */
export const interrupted: AbortSignal = interruption.signal;

function onSignal(name: NodeJS.Signals): void {
  const code = 128 + constants.signals[name];
  // The second Ctrl-C ends the process without waiting for queued messages.
  if (interrupted.aborted) process.exit(code);
  process.exitCode = code;
  interruption.abort(new Failure("", code));
}

/** Runs a command's work and sets the exit code. */
export async function run(work: () => Promise<void>): Promise<void> {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => onSignal(name));
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader has seen enough, as with `zmq sub … | head`.
    if (error.code === "EPIPE") process.exit(exitCodes.done);
    report(`cannot write to standard output: ${error.code ?? error.message}`);
    process.exit(exitCodes.failed);
  });
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure) {
      if (error.message !== "") report(error.message);
      process.exitCode = error.exitCode;
    } else if (!interrupted.aborted) {
      report(textOf(error));
      process.exitCode = exitCodes.failed;
    }
  }
}
