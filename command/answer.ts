// Computes the answer to a message: its echo, fixed text, the output of a command, or the value of an expression.

import { type ChildProcess, spawn } from "node:child_process";
import { exitCodes, Failure, interrupted, textOf } from "./exit.js";
import { joined } from "./input.js";
import { bufferOf, type Parcel } from "./parcel.js";
import { counted, Tally } from "./print.js";
import type { SocketKind } from "./sockets.js";
import { compile } from "./template.js";

export interface AnswerFlags {
  readonly echo?: boolean;
  readonly exec?: string;
  readonly eval?: string;
  readonly separator?: Buffer;
  readonly template: boolean;
}

/** The frames of the answer to a message. */
export type Answer = (frames: readonly Uint8Array[], count: number) => Promise<readonly Uint8Array[]>;

/** The most failures that are reported one by one: clients can cause them by their messages. */
const mostFailures = 10;

const execFailures = new Tally((count) => `--exec failed for ${counted(count, "message")}`, mostFailures);
const evalFailures = new Tally((count) => `--eval failed for ${counted(count, "message")}`, mostFailures);

/** Whether processes have groups, so that a shell can be ended together with the programs that it has started. */
const hasGroups = process.platform !== "win32";

function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (hasGroups) process.kill(-child.pid);
    else child.kill();
  } catch {
    // It has just ended.
  }
}

/** Runs a shell command with the message as its input, and resolves with its output without the last line break. */
function execute(commandLine: string, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(commandLine, {
      shell: true,
      detached: hasGroups,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    const stop = () => killTree(child);
    interrupted.addEventListener("abort", stop);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      interrupted.removeEventListener("abort", stop);
      if (code !== 0) {
        execFailures.add(`--exec ended with ${signal ?? `exit code ${code}`}`);
        return resolve(Buffer.alloc(0));
      }
      const bytes = Buffer.concat(chunks);
      resolve(bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes);
    });
    // The command need not read its input.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

function toFrames(value: unknown): Uint8Array[] {
  if (Array.isArray(value)) return value.map(toFrame);
  return [toFrame(value)];
}

function toFrame(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return Buffer.from(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
}

type Evaluate = (message: string, frames: readonly Uint8Array[], count: number) => unknown;

function evaluation(expression: string): Answer {
  let evaluate: Evaluate;
  try {
    evaluate = new Function("message", "frames", "count", `return (${expression}\n);`) as Evaluate;
  } catch (error) {
    throw new Failure(`--eval: ${textOf(error)}`, exitCodes.usage);
  }
  return async (frames, count) => {
    try {
      const value = await evaluate(
        frames.map((frame) => bufferOf(frame).toString()).join(" "),
        frames,
        count,
      );
      const result = toFrames(value);
      return result.length > 0 ? result : [Buffer.alloc(0)];
    } catch (error) {
      evalFailures.add(`--eval failed: ${textOf(error)}`);
      return [Buffer.alloc(0)];
    }
  };
}

/** The answer that the options ask for; undefined if they ask for none. */
export function answerOf(flags: AnswerFlags, messages: readonly string[]): Answer | undefined {
  const { echo, exec, separator } = flags;
  const chosen = [echo && "--echo", exec !== undefined && "--exec", flags.eval !== undefined && "--eval"];
  const names = chosen.filter((name) => typeof name === "string");
  if (names.length > 1) throw new Failure(`give one of ${names.join(" and ")}`, exitCodes.usage);
  if (names.length === 1 && messages.length > 0) {
    throw new Failure(`${names[0]} computes the answers: give no messages as arguments`, exitCodes.usage);
  }
  if (exec?.trim() === "") throw new Failure("--exec takes a command, got an empty one", exitCodes.usage);
  if (exec !== undefined) return async (frames) => [await execute(exec, joined({ frames }, separator))];
  if (flags.eval !== undefined) return evaluation(flags.eval);
  return echo ? async (frames) => frames : undefined;
}

/** Fixed answers, in turn. */
export function fixedAnswers(messages: readonly string[], template: boolean): Answer {
  const compiled = messages.map((text) => (template ? compile(text) : () => [Buffer.from(text)]));
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
