// Runs a small program against the built package in a process, or a thread, of its own.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** The built package's CommonJS door. */
export const packagePath = join(__dirname, "../../dist/index.js");

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

interface ProgramOptions {
  /** Killed with SIGKILL after so many milliseconds. */
  limit?: number;
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
  { limit = 20_000, loads = true, from = packagePath, flags = [], within = [] }: ProgramOptions = {},
): Promise<Outcome> {
  const started = performance.now();
  const source = script(body, (loads ? load(from) : "") + startWorkerSource(from));
  const [command, ...parameters] = [...within, process.execPath, ...flags, "-e", source];
  const child = spawn(command as string, parameters, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: limit,
    killSignal: "SIGKILL",
  });
  const outcome = { stdout: "", stderr: "" };
  child.stdout.on("data", (data) => {
    outcome.stdout += data;
  });
  child.stderr.on("data", (data) => {
    outcome.stderr += data;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve({ ...outcome, code, signal, milliseconds: performance.now() - started });
    });
  });
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
