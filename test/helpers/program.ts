// Runs a small program against the built package in a process, or a thread, of its own.

import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { execa } from "execa";

/** The built package's CommonJS door. */
export const packagePath = join(__dirname, "../../dist/index.js");
/** Its door for draft sockets. */
export const draftPath = join(__dirname, "../../dist/draft.js");

const threads = 'const { parentPort, threadId, Worker, workerData } = require("node:worker_threads");';
const load = (path: string) => `const zmq = require(${JSON.stringify(path)});`;

/** The source of an async function's body as a script. */
const script = (body: string, preamble: string) => `${threads}${preamble}(async () => {${body}})();`;

// Programs may start workers of their own with it, whether or not they load the package themselves.
const startWorkerSource = (path: string) => `
  const startWorker = (body, data) =>
    new Worker(${JSON.stringify(threads + load(path))} + "(async () => {" + body + "})();", { eval: true, workerData: data });
  const firstMessage = (worker) => new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
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

/** What is instrumented takes its time: so many times as long. */
export const slowness = sanitizer ? 5 : 1;

/**
 * Milliseconds that a busy machine may need for what takes a moment on an idle one. For tests of what could otherwise
 * take for ever; a process that takes longer hangs.
 */
export const patience = 30_000 * slowness;

/** Milliseconds after which a program is taken to hang. */
const hang = 100_000;

/** Milliseconds in which a process that has nothing left to wait for ends. */
const moment = 500 * slowness;

interface Launch {
  limit: number;
  ipc?: boolean;
  env?: NodeJS.ProcessEnv;
}

/** Starts a command, its input closed; kills it with SIGKILL after `limit` milliseconds. */
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

/** How a child process ends; rejects when it could not be started. */
async function outcomeOf(child: Child): Promise<Outcome> {
  const { exitCode, signal, stdout, stderr, durationMs, cause } = await child;
  if (exitCode === undefined && signal === undefined) throw cause;
  return { code: exitCode ?? null, signal: signal ?? null, stdout, stderr, milliseconds: durationMs };
}

/** Kills a child a moment after what it has printed to one of its outputs matches. */
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
  /** Killed with SIGKILL after so many milliseconds. */
  limit?: number;
  /** Killed with SIGKILL a moment after what it has printed matches: whoever is still there then is there to stay. */
  stays?: RegExp;
  /** Whether `zmq` is the package. */
  loads?: boolean;
  /** The package's CommonJS door. */
  from?: string;
  /** Of Node. */
  flags?: string[];
  /** A command that runs it elsewhere. */
  within?: string[];
}

/** Runs the body of an async function, in which `zmq` is the package, and `startWorker` and `firstMessage` as here. */
export function runProgram(
  body: string,
  { limit = hang, stays, loads = true, from = packagePath, flags = [], within = [] }: ProgramOptions = {},
): Promise<Outcome> {
  const source = script(body, (loads ? load(from) : "") + startWorkerSource(from));
  const child = launch([...within, process.execPath, ...flags, "-e", source], { limit });
  if (stays) killAfter(child, stays);
  return outcomeOf(child);
}

// What a started program has besides `zmq`: `say` and `hear` talk to the test.
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

/** A program that runs while a test does, and talks with it. */
export class RunningProgram implements AsyncDisposable {
  readonly outcome: Promise<Outcome>;
  readonly #child: Child;
  readonly #heard: unknown[] = [];
  readonly #listeners: ((message: unknown) => void)[] = [];

  constructor(child: Child) {
    this.#child = child;
    this.outcome = outcomeOf(child);
    // Whoever hears from the program, or asks for its outcome, gets the error.
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

  /** The next message of the program's; rejects when it ends before. */
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
 * Starts the body of an async function, in which `zmq` is the package, `say(message)` tells the test something, and
 * `await hear()` is what the test says. `within` is a command that runs it elsewhere; `env` adds to the environment.
 */
export function startProgram(
  body: string,
  { limit = hang, within = [] as string[], env = {} as NodeJS.ProcessEnv } = {},
): RunningProgram {
  const source = script(body, load(packagePath) + talkSource);
  const child = launch([...within, process.execPath, "-e", source], { limit, ipc: true, env });
  return new RunningProgram(child);
}

/** As `runProgram`, in a worker thread, where `parentPort`, `threadId` and `workerData` are at hand. */
export function startWorker(body: string, workerData?: unknown): Worker {
  return new Worker(script(body, load(packagePath)), { eval: true, workerData });
}

/** The first message that a worker posts; rejects when it fails or ends before. */
export function firstMessage<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) =>
      reject(new Error(`the worker ended with code ${code} before it said anything`)),
    );
  });
}
