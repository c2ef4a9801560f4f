// How a command ends: its exit codes, and its reaction to signals, failures and broken pipes.

import { fstatSync } from "node:fs";
import { constants } from "node:os";
import { isatty } from "node:tty";
import { report, reportTallies } from "./print.js";

/** The exit codes that docs/command.md documents. A signal adds its number to 128. */
export const exitCodes = { done: 0, failed: 1, usage: 2, timeout: 3, dropped: 4 } as const;

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
const malformed = new Set(["EINVAL", "ENAMETOOLONG", "ENOCOMPATPROTO", "EPROTONOSUPPORT"]);

/** The explanations of ENODEV that depend on the system. libzmq has the code for each host that it cannot bind to. */
const absentHost = /\b(?:network interface|interface \S+ has no|resolve host names)\b/;

/** Whether an error of bind or connect says that the endpoint is wrong: an error of usage. */
function isMalformed(error: unknown): boolean {
  const { code, detail } = (error ?? {}) as { code?: unknown; detail?: unknown };
  if (code === "ENODEV") return typeof detail === "string" && !absentHost.test(detail);
  return malformed.has(String(code));
}

/** The failure of bind or connect: names the endpoint. `who` is the command. */
export function endpointFailure(who: string, endpoint: string, error: unknown): Failure {
  const text = textOf(error);
  return new Failure(
    `${who}: ${text.includes(endpoint) ? text : `${endpoint}: ${text}`}`,
    isMalformed(error) ? exitCodes.usage : exitCodes.failed,
  );
}

/** Whether an error says that a time limit is over. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EAGAIN" || error.code === "ETIMEDOUT");
}

const interruption = new AbortController();

/** Aborted by the first Ctrl-C or `kill`: commands stop reading, send what is queued, and end. */
export const interrupted: AbortSignal = interruption.signal;

const termination = new AbortController();

/** Aborted by the first SIGTERM or SIGHUP. Unlike Ctrl-C, these limit the wait for the network also without `--linger`. */
export const terminated: AbortSignal = termination.signal;

/** How long queued messages are still delivered after SIGTERM and SIGHUP, unless `--linger` says otherwise, in milliseconds. */
export const lingerAfterTermination = 5000;

/** The time after such a limit in which a command closes its sockets and ends by itself, in milliseconds. */
const closing = 2000;

let backstop: NodeJS.Timeout | undefined;

function armBackstop(limit: number): void {
  clearTimeout(backstop);
  backstop = setTimeout(() => process.exit(), Math.min(limit + closing, 2 ** 31 - 1)).unref();
}

/**
 * After SIGTERM or SIGHUP, ends the process a little later than after `limit` milliseconds, whatever it waits for: for instance, for
 * a reader of its standard output that has stopped reading. Replaces an earlier limit.
 */
export function endWithin(limit: number): void {
  if (terminated.aborted) armBackstop(limit);
}

/** Signals of one name that arrive within this time are one, in milliseconds: `timeout` and npm send each signal twice. */
const sameSignal = 100;

let first: { name: NodeJS.Signals; time: number } | undefined;

function onSignal(name: NodeJS.Signals): void {
  const code = 128 + constants.signals[name];
  const time = performance.now();
  if (first) {
    if (name === first.name && time - first.time < sameSignal) return;
    // The second Ctrl-C ends the process without waiting for queued messages.
    process.exit(code);
  }
  first = { name, time };
  process.exitCode = code;
  const reason = new Failure("", code);
  if (name !== "SIGINT") {
    // First: the listeners may replace this limit by that of --linger.
    armBackstop(lingerAfterTermination);
    termination.abort(reason);
  }
  interruption.abort(reason);
}

/** Whether a descriptor that was a terminal has lost it: the window or the connection was closed. */
function isHungUp(descriptor: number): boolean {
  if (isatty(descriptor)) return false;
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    // It was closed.
    return false;
  }
}

/**
 * Ends the process by SIGHUP if its terminal is gone. Node restores the settings of the terminal at its end, and aborts if that
 * fails (`ResetStdio` in node.cc).
 */
function endWithTerminal(): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  if (process.platform === "win32" || terminals.length === 0) return;
  process.on("exit", () => {
    if (!terminals.some(isHungUp)) return;
    process.removeAllListeners("SIGHUP");
    process.kill(process.pid, "SIGHUP");
  });
}

/** The remedies if no descriptor is left. Node opens modules of this command, too. */
export const descriptorRemedies = {
  EMFILE: "raise the limit of open files, see ulimit -n",
  ENFILE: "end programs that have many open files",
} as const;

function remedyOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return code === "EMFILE" || code === "ENFILE" ? `; ${descriptorRemedies[code]}` : "";
}

/** Reports an error. Returns the failure to end with, which is not reported again. */
export function reported(error: unknown): Failure {
  const { message, exitCode } =
    error instanceof Failure ? error : new Failure(textOf(error) + remedyOf(error));
  if (message !== "") report(message);
  return new Failure("", exitCode);
}

/** Runs a command's work and sets the exit code. */
export async function run(work: () => Promise<void>): Promise<void> {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => onSignal(name));
  endWithTerminal();
  // A note that nobody can read is not a failure.
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader has seen enough, as with `zmq sub … | head`.
    if (error.code === "EPIPE") process.exit(exitCodes.done);
    report(`cannot write to standard output: ${error.code ?? error.message}`);
    process.exit(exitCodes.failed);
  });
  let hasEnded = false;
  process.once("beforeExit", () => {
    if (hasEnded) return;
    report("the command ended before its work was done; nothing was left to wait for");
    const { exitCode } = process;
    if (exitCode === undefined || exitCode === exitCodes.dropped) process.exitCode = exitCodes.failed;
  });
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure || !interrupted.aborted) process.exitCode = reported(error).exitCode;
  } finally {
    hasEnded = true;
    reportTallies();
  }
}
