// Computes the answer to a message: its echo, fixed text, the output of a command, or the value of an expression.

import { type ChildProcess, spawn } from "node:child_process";
import { exitCodes, Failure, interrupted, textOf } from "./exit.js";
import { compiledArguments, joined } from "./input.js";
import { longest } from "./pace.js";
import { bufferOf, type Parcel } from "./parcel.js";
import { counted, Tally } from "./print.js";
import type { SocketKind } from "./sockets.js";

export interface AnswerFlags {
  readonly echo?: boolean;
  readonly exec?: string;
  readonly eval?: string;
  readonly separator?: Buffer;
  readonly template: boolean;
  /** The longest time that an answer may take. */
  readonly timeout?: number;
}

/** The frames of the answer to a message. */
export type Answer = (frames: readonly Uint8Array[], count: number) => Promise<readonly Uint8Array[]>;

/** The most failures that are reported one by one: clients can cause them by their messages. */
const mostFailures = 10;

const execFailures = new Tally((count) => `--exec failed for ${counted(count, "message")}`, mostFailures);
const evalFailures = new Tally((count) => `--eval failed for ${counted(count, "message")}`, mostFailures);

/** Whether processes have groups, so that a shell can be ended together with the programs that it has started. */
const hasGroups = process.platform !== "win32";

/** Sends a signal, or only looks with 0. Returns whether a process of the command is left. */
function killTree(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    return hasGroups ? process.kill(-child.pid, signal) : child.kill(signal);
  } catch {
    // All have ended.
    return false;
  }
}

/** Milliseconds that a shell command gets to end after SIGTERM. */
const grace = 1000;

/** Shell commands that end with this process at the latest, and whether they have got SIGTERM. Undefined before the first one. */
let commands: Map<ChildProcess, boolean> | undefined;

/** Makes a shell command end with this process at the latest, unless it has ended by itself: then it may leave programs behind. */
function track(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (commands === undefined) {
    commands = new Map();
    // Before all other listeners: exit.ts has one that ends the process, see endWithTerminal.
    process.prependOnceListener("exit", () => {
      for (const other of commands!.keys()) killTree(other, "SIGKILL");
    });
  }
  commands.set(child, false);
  child.once("close", () => {
    // After SIGTERM, a program that ignores it may outlive the shell that has started it.
    if (!commands!.get(child) || !killTree(child, 0)) commands!.delete(child);
  });
}

/** Tells a shell command, and the programs that it has started, to end. */
function terminate(child: ChildProcess): void {
  commands?.set(child, true);
  killTree(child, "SIGTERM");
}

/** Kills what is left of a shell command after SIGTERM. */
function kill(child: ChildProcess): void {
  if (commands?.delete(child)) killTree(child, "SIGKILL");
}

/** The time between two looks at the programs that a shell has left behind, in milliseconds. */
const nextLook = 20;

/** Lets the programs that a shell has left behind after SIGTERM clean up. Keeps the process alive meanwhile. */
function awaitPrograms(child: ChildProcess): void {
  const start = performance.now();
  const timer = setInterval(() => {
    if (killTree(child, 0) && performance.now() - start < grace) return;
    clearInterval(timer);
    kill(child);
  }, nextLook);
}

/** Ends a shell command whose answer is no longer awaited. It does not keep the process alive. */
function abandon(child: ChildProcess): void {
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.unref();
  terminate(child);
  setTimeout(kill, grace, child).unref();
}

const withoutLineBreak = (bytes: Buffer) => (bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes);

/** Starts a shell command. The child has no streams if the process has no descriptors left, and then emits `error`. */
const start = (commandLine: string): ChildProcess =>
  spawn(commandLine, { shell: true, detached: hasGroups, stdio: ["pipe", "pipe", "inherit"] });

/**
 * Runs a shell command with the message as its input, and resolves with its output without the last line break. Resolves with nothing,
 * and reports why, if the command fails or does not end within `timeout` milliseconds.
 */
function execute(commandLine: string, input: Buffer, timeout: number | undefined): Promise<Buffer> {
  return new Promise((resolve) => {
    // A command that starts now would not be told.
    interrupted.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    let stop = () => {};
    const settle = (bytes: Buffer) => {
      interrupted.removeEventListener("abort", stop);
      clearTimeout(timer);
      resolve(bytes);
    };
    // Later ones are consequences of the first.
    let hasFailed = false;
    const fail = (text: string) => {
      if (!hasFailed) execFailures.add(text);
      hasFailed = true;
      settle(Buffer.alloc(0));
    };
    let child: ChildProcess;
    try {
      child = start(commandLine);
    } catch (error) {
      return fail(`--exec failed: ${textOf(error)}`);
    }
    child.on("error", (error) => fail(`--exec failed: ${textOf(error)}`));
    track(child);
    stop = () => {
      terminate(child);
      child.once("close", () => {
        if (commands?.has(child)) awaitPrograms(child);
      });
    };
    interrupted.addEventListener("abort", stop);
    const chunks: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", (code, signal) => {
      if (code !== 0) return fail(`--exec ended with ${signal ?? `exit code ${code}`}`);
      settle(withoutLineBreak(Buffer.concat(chunks)));
    });
    // The command need not read its input.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    if (timeout === undefined) return;
    timer = setTimeout(() => {
      fail(`--exec has not ended within ${timeout} ms`);
      abandon(child);
    }, timeout);
  });
}

/**
 * Resolves as `pending` does. Rejects after `timeout` milliseconds, and when the command is interrupted. Keeps the process alive: a
 * promise alone does not.
 */
async function settled<T>(pending: T | PromiseLike<T>, timeout: number | undefined): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let stop = () => {};
  const ended = new Promise<never>((_, reject) => {
    stop = () => reject(interrupted.reason);
    interrupted.addEventListener("abort", stop);
    if (interrupted.aborted) stop();
    const expire = () => reject(new Error(`no value within ${timeout} ms`));
    timer = timeout === undefined ? setInterval(() => {}, longest) : setTimeout(expire, timeout);
  });
  try {
    return await Promise.race([pending, ended]);
  } finally {
    interrupted.removeEventListener("abort", stop);
    clearTimeout(timer);
  }
}

function toFrames(value: unknown): Uint8Array[] {
  // Not map, which skips holes.
  if (Array.isArray(value)) return Array.from(value, toFrame);
  return [toFrame(value)];
}

function toFrame(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return Buffer.from(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
}

type Evaluate = (message: string, frames: readonly Uint8Array[], count: number) => unknown;

function evaluation(expression: string, timeout: number | undefined): Answer {
  let evaluate: Evaluate;
  try {
    evaluate = new Function("message", "frames", "count", `return (${expression}\n);`) as Evaluate;
  } catch (error) {
    throw new Failure(`--eval: ${textOf(error)}`, exitCodes.usage);
  }
  return async (frames, count) => {
    try {
      const message = frames.map((frame) => bufferOf(frame).toString()).join(" ");
      const result = toFrames(await settled(evaluate(message, frames, count), timeout));
      return result.length > 0 ? result : [Buffer.alloc(0)];
    } catch (error) {
      interrupted.throwIfAborted();
      evalFailures.add(`--eval failed: ${textOf(error)}`);
      return [Buffer.alloc(0)];
    }
  };
}

/** The answer that the options ask for; undefined if they ask for none. */
export function answerOf(flags: AnswerFlags, messages: readonly string[]): Answer | undefined {
  const { echo, exec, separator, timeout } = flags;
  const chosen = [echo && "--echo", exec !== undefined && "--exec", flags.eval !== undefined && "--eval"];
  const names = chosen.filter((name) => typeof name === "string");
  if (names.length > 1) throw new Failure(`give one of ${names.join(" and ")}`, exitCodes.usage);
  if (names.length === 1 && messages.length > 0) {
    throw new Failure(`${names[0]} computes the answers: give no messages as arguments`, exitCodes.usage);
  }
  if (exec?.trim() === "") throw new Failure("--exec takes a command, got an empty one", exitCodes.usage);
  if (exec !== undefined)
    return async (frames) => [await execute(exec, joined({ frames }, separator), timeout)];
  if (flags.eval !== undefined) return evaluation(flags.eval, timeout);
  return echo ? async (frames) => frames : undefined;
}

/** Fixed answers, in turn. */
export function fixedAnswers(
  messages: readonly string[],
  { template, separator }: Pick<AnswerFlags, "template" | "separator">,
): Answer {
  const compiled = compiledArguments(messages, template, separator);
  return async (_frames, count) => compiled[(count - 1) % compiled.length]!(count);
}

/** The parts of a message: the frames that lead back to its sender, and those to answer. */
export function divide(
  { frames, ...rest }: Parcel,
  { envelope, body }: Pick<SocketKind, "envelope" | "body">,
): [address: Parcel, body: Uint8Array[]] {
  // The frames up to the first empty one, as a Request's messages arrive at a Router; otherwise the routing id. An empty body of
  // one frame does not belong to the address.
  const empty = body === "one" ? -1 : frames.findIndex((frame) => frame.length === 0);
  const length = envelope !== "address" ? 0 : empty > 0 ? empty + 1 : 1;
  return [{ ...rest, frames: frames.slice(0, length) }, frames.slice(length)];
}
