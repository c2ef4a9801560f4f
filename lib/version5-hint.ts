// Programs written for zeromq 5 call `zmq.socket(…)`, which zeromq 6 lacks: "zmq.socket is not a function". Here the
// error names the remedy. Programs that support both versions test `typeof zmq.socket` or `zmq.socket &&`. So the
// property must read as undefined, except in a call, which fails anyway. V8 knows the position of the read, and the
// program's source there shows whether it is a call.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Returns the expression before a call of `name`: `zmq.`, or `(0, zeromq_1.` in compiled code. Undefined if it is not a
 * call.
 */
function calleeAt(text: string, column: number, name: string): string | undefined {
  const [before, after] = [text.slice(0, column - 1), text.slice(column - 1)];
  if (!after.startsWith(name)) return undefined;
  const rest = after.slice(name.length);
  const compiled = /\(0, ?([\w$.]+)\.$/.exec(before);
  if (compiled && rest.startsWith(")(")) return compiled[1];
  return rest.startsWith("(") ? (/([\w$.]+)\.\s*$/.exec(before)?.[1] ?? "zmq") : undefined;
}

/** The place in the program that reads the getter. */
function readerOf(getter: () => unknown): NodeJS.CallSite | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.prepareStackTrace = (_, sites) => sites;
    Error.stackTraceLimit = 1;
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, getter);
    return Array.isArray(holder.stack) ? holder.stack[0] : undefined;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function calleeOf(getter: () => unknown, name: string): string | undefined {
  try {
    const site = readerOf(getter);
    const file = site?.getFileName();
    const [line, column] = [site?.getLineNumber(), site?.getColumnNumber()];
    if (!file || !line || !column) return undefined;
    const source = readFileSync(file.startsWith("file:") ? fileURLToPath(file) : file, "utf8");
    return calleeAt(source.split("\n")[line - 1] ?? "", column, name);
  } catch {
    // The file is missing or unreadable, or the engine reports no positions.
    return undefined;
  }
}

/** @internal Makes a call of a function of zeromq 5 throw an error that names the remedy. */
export function explainVersion5(exports: object): void {
  for (const name of ["socket", "createSocket"]) {
    const get = () => {
      const callee = calleeOf(get, name);
      if (callee === undefined) return undefined;
      throw new TypeError(
        `${callee}.${name} is not a function: zmq-native has the interface of zeromq 6, with classes such as \`new zmq.Push()\`; for that of zeromq 5, use require("zmq-native/v5-compat")`,
      );
    };
    // Tests of programs may assign a mock.
    const set = (value: unknown) =>
      Object.defineProperty(exports, name, { value, writable: true, configurable: true });
    Object.defineProperty(exports, name, { get, set, configurable: true });
  }
}
