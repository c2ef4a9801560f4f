// Runs a small program against the built package in a process, or a thread, of its own.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

/** The built package's CommonJS door. */
export const packagePath = fileURLToPath(new URL("../../dist/index.js", import.meta.url));

const prelude = `const zmq = require(${JSON.stringify(packagePath)}); (async () => {`;

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  milliseconds: number;
}

/** Runs the body of an async function, in which `zmq` is the package. Killed with SIGKILL after `limit` milliseconds. */
export function runProgram(body: string, { limit = 20_000, flags = [] as string[] } = {}): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(process.execPath, [...flags, "-e", `${prelude}${body}})();`], {
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

/** As `runProgram`, in a worker thread; `parentPort` and `workerData` are there too. */
export function startWorker(body: string, workerData?: unknown): Worker {
  const threads = 'const { parentPort, workerData } = require("node:worker_threads");';
  return new Worker(`${threads}${prelude}${body}})();`, { eval: true, workerData });
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
