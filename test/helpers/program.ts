// Runs a small program against the built package in its own process or thread.

import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { execa } from "execa";

/** The built package's CommonJS entry point. */
export const packagePath = join(__dirname, "../../dist/index.js");
/** The entry point of its draft sockets. */
export const draftPath = join(__dirname, "../../dist/draft.js");

const threads = 'const { parentPort, threadId, Worker, workerData } = require("node:worker_threads");';
const load = (path: string) => `const zmq = require(${JSON.stringify(path)});`;

/** The source of an async function's body as a script. */
const script = (body: string, preamble: string) => `${threads}${preamble}(async () => {${body}})();`;

// Programs may use it to start their own workers, whether or not they load the package themselves.
const startWorkerSource = (path: string) => `
  const startWorker = (body, data) =>
    new Worker(${JSON.stringify(threads + load(path))} + "(async () => {" + body + "})();", { eval: true, workerData: data });
  const firstMessage = (worker) => new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
`;

/**
 * Source of a function for programs: the milliseconds of CPU time that the process uses in so many milliseconds. The least of
 * three measurements, since a runtime may still be compiling or collecting garbage.
 */
export const leastCpu = `
  const leastCpu = async (milliseconds) => {
    const spent = [];
    for (let i = 0; i < 3; i++) {
      const before = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      const { user, system } = process.cpuUsage(before);
      spent.push((user + system) / 1000);
    }
    return Math.min(...spent);
  };
`;

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  milliseconds: number;
}

/** The sanitizer that the addon is built with, if any: see test/sanitizers/sanitize.mjs. */
export const sanitizer = process.env.ZMQ_NATIVE_SANITIZER;

/** Instrumented code takes this many times as long. */
export const slowness = sanitizer ? 5 : 1;

/**
 * Milliseconds that a busy machine may need for an operation that is instant on an idle one. For tests of operations
 * that could otherwise never end. A process that takes longer hangs.
 */
export const patience = 30_000 * slowness;

/** Milliseconds after which a program counts as hanging. */
const hang = 100_000;

/** Milliseconds in which a process without pending work must exit. */
const moment = 500 * slowness;

interface Launch {
  limit: number;
  ipc?: boolean;
  env?: NodeJS.ProcessEnv;
}

/** Starts a command with its input closed, and kills it with SIGKILL after `limit` milliseconds. */
const launch = (command: string[], { limit, ipc = false, env = {} }: Launch) =>
  execa(command[0] as string, command.slice(1), {
    stdin: "ignore",
    ipc,
    serialization: "json",
    env,
    timeout: limit * slowness,
    killSignal: "SIGKILL",
    stripFinalNewline: false,
    reject: false,
  });
type Child = ReturnType<typeof launch>;

/** Resolves with the outcome of a child process. Rejects when it could not be started. */
async function outcomeOf(child: Child): Promise<Outcome> {
  const { exitCode, signal, stdout, stderr, durationMs, cause } = await child;
  if (exitCode === undefined && signal === undefined) throw cause;
  return { code: exitCode ?? null, signal: signal ?? null, stdout, stderr, milliseconds: durationMs };
}

/** Kills a child a moment after its output matches. */
function killAfter(child: Child, printed: RegExp): void {
  for (const stream of [child.stdout, child.stderr]) {
    let text = "";
    stream.on("data", (data) => {
      if (printed.test(text)) return;
      text += data;
      if (printed.test(text)) setTimeout(() => child.kill(), moment).unref();
    });
  }
}

interface ProgramOptions {
  /** Kills it with SIGKILL after this many milliseconds. */
  limit?: number;
  /** Kills it with SIGKILL a moment after its output matches. A process that still runs then would not have exited. */
  stays?: RegExp;
  /** Whether `zmq` is the package. */
  loads?: boolean;
  /** The package's CommonJS entry point. */
  from?: string;
  /** Flags of Node. */
  flags?: string[];
  /** A command that runs it elsewhere. */
  within?: string[];
}

/** Runs the body of an async function, in which `zmq`, `startWorker` and `firstMessage` are defined. */
export function runProgram(
  body: string,
  { limit = hang, stays, loads = true, from = packagePath, flags = [], within = [] }: ProgramOptions = {},
): Promise<Outcome> {
  const source = script(body, (loads ? load(from) : "") + startWorkerSource(from));
  const child = launch([...within, process.execPath, ...flags, "-e", source], { limit });
  if (stays) killAfter(child, stays);
  return outcomeOf(child);
}

// Additional functions of a started program: `say` and `hear` exchange messages with the test.
const talkSource = `
  const say = (message) => process.send(message);
  const heard = [];
  const listeners = [];
  process.on("message", (message) => listeners.length > 0 ? listeners.shift()(message) : heard.push(message));
  process.channel.unref();
  const hear = async () => {
    if (heard.length > 0) return heard.shift();
    process.channel.ref();
    const message = await new Promise((resolve) => listeners.push(resolve));
    process.channel.unref();
    return message;
  };
`;

/** A program that runs in parallel with a test and exchanges messages with it. */
export class RunningProgram implements AsyncDisposable {
  readonly outcome: Promise<Outcome>;
  readonly #child: Child;
  readonly #heard: unknown[] = [];
  readonly #listeners: ((message: unknown) => void)[] = [];

  constructor(child: Child) {
    this.#child = child;
    this.outcome = outcomeOf(child);
    // The next hear() or outcome gets the error.
    this.outcome.catch(() => {});
    child.on("message", (message) => {
      const listener = this.#listeners.shift();
      if (listener) listener(message);
      else this.#heard.push(message);
    });
  }

  say(message: unknown): void {
    this.#child.send(message as object);
  }

  /** The next message of the program. Rejects when the program exits before. */
  hear<T>(): Promise<T> {
    if (this.#heard.length > 0) return Promise.resolve(this.#heard.shift() as T);
    return new Promise((resolve, reject) => {
      this.#listeners.push(resolve as (message: unknown) => void);
      this.outcome.then(
        ({ code, signal, stdout, stderr }) =>
          reject(new Error(`the program ended with ${signal ?? code}: ${stdout}${stderr}`)),
        reject,
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.outcome.catch(() => {});
  }
}

/**
 * Starts the body of an async function, in which `zmq` is the package, `say(message)` sends to the test, and `await
 * hear()` receives from it. `within` is a command that runs it elsewhere. `env` adds to the environment.
 */
export function startProgram(
  body: string,
  { limit = hang, within = [] as string[], env = {} as NodeJS.ProcessEnv } = {},
): RunningProgram {
  const source = script(body, load(packagePath) + talkSource);
  const child = launch([...within, process.execPath, "-e", source], { limit, ipc: true, env });
  return new RunningProgram(child);
}

/** Like `runProgram`, in a worker thread, where `parentPort`, `threadId` and `workerData` are defined. */
export function startWorker(body: string, workerData?: unknown): Worker {
  return new Worker(script(body, load(packagePath)), { eval: true, workerData });
}

/** The first message that a worker posts. Rejects when it fails or exits before. */
export function firstMessage<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) =>
      reject(new Error(`the worker ended with code ${code} before it said anything`)),
    );
  });
}
