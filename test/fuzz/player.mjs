// Plays programs in a process of their own, finds the one that went wrong, and makes it short.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa, execaSync } from "execa";
import fc from "fast-check";
import { program as anyProgram } from "./operations.mjs";

const interpreter = fileURLToPath(new URL("interpreter.cjs", import.meta.url));
/** Milliseconds without a word from the process: it hangs. */
const silence = 30_000;

/** A network of its own, where the system lets us: endpoints that are not ours to use elsewhere may be used then. */
const isolation = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
export const isolated = !execaSync(isolation[0], [...isolation.slice(1), "true"], { reject: false }).failed;

/**
 * Plays `programs` one after the other. Answers how many were played to their end, how many operations those had, how many promises did not settle, and
 * the fault, if any: its kind, its text, and the index of the program that was being played.
 */
export async function play(programs) {
  const folder = mkdtempSync(join(tmpdir(), "zmq-native-fuzz-"));
  const command = [...(isolated ? isolation : []), process.execPath, "--expose-gc", interpreter];
  const child = execa(command[0], command.slice(1), {
    // Relative paths of ipc endpoints must not end up elsewhere.
    cwd: folder,
    env: { ZMQ_NATIVE_FUZZ_ISOLATED: isolated ? "1" : "0", ZMQ_NATIVE_FUZZ_FOLDER: folder },
    input: JSON.stringify(programs),
    buffer: false,
    reject: false,
  });
  const outcome = { played: 0, operations: 0, unsettled: 0, fault: undefined };
  let index = 0;
  let hung = false;
  let rest = "";
  let stderr = "";
  let timer;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, silence);
  };
  watch();
  child.stdout.on("data", (data) => {
    watch();
    const lines = `${rest}${data}`.split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const [word, number, operations] = line.split(" ", 3);
      if (word === "begin") index = Number(number);
      if (word === "end") {
        outcome.played++;
        outcome.operations += Number(operations);
      }
      if (word === "fault") {
        outcome.fault ??= JSON.parse(line.slice(word.length + 1));
        outcome.unsettled = outcome.fault.unsettled ?? 0;
      }
    }
  });
  child.stderr.on("data", (data) => {
    stderr = `${stderr}${data}`.slice(-20_000);
  });
  const { exitCode, signal } = await child;
  clearTimeout(timer);
  rmSync(folder, { recursive: true, force: true });
  if (hung) outcome.fault = { kind: "hang", text: stderr, program: index };
  else if (exitCode !== 0)
    outcome.fault ??= { kind: signal ?? `exit code ${exitCode}`, text: stderr, program: index };
  return outcome;
}

/** The same for faults that are likely to be one. */
export function signatureOf({ kind, text: said }) {
  // Of a file, only where it is in its library.
  const text = said.replace(/\/[^\s()]*\/vendor\/src\//g, "");
  const assertion =
    /Assertion failed: .*|(?:[\w ,]+) \([\w/.]+:\d+\)|AddressSanitizer: [\w-]+|runtime error: .*|WARNING: ThreadSanitizer: [^(]*/.exec(
      text,
    )?.[0];
  return `${kind}: ${assertion ?? text.split("\n")[0]}`.replace(/[:\s]+$/, "").slice(0, 200);
}

/** Whether playing `programs` goes wrong in that way, in one of `tries`. */
async function repeats(programs, signature, tries) {
  for (let i = 0; i < tries; i++) {
    const { fault } = await play(programs);
    if (fault && signatureOf(fault) === signature) return true;
  }
  return false;
}

/** Delta debugging: a part of `list` for which `test` still holds, and from which nothing can be left out alone. */
async function reduce(list, test, expired) {
  let parts = 2;
  let current = list;
  while (current.length > 1 && !expired()) {
    const size = Math.ceil(current.length / parts);
    let shorter;
    for (let from = 0; from < current.length && shorter === undefined && !expired(); from += size) {
      const without = [...current.slice(0, from), ...current.slice(from + size)];
      if (await test(without)) shorter = without;
    }
    if (shorter !== undefined) {
      current = shorter;
      parts = Math.max(2, parts - 1);
    } else if (size === 1) break;
    else parts = Math.min(current.length, parts * 2);
  }
  return current;
}

/**
 * The shortest program found, within some minutes, that goes wrong as `fault` says; undefined when it does so only now
 * and then, and not for us. `programs` were played when it went wrong.
 */
export async function shrink(programs, fault, minutes = 5) {
  const signature = signatureOf(fault);
  const end = performance.now() + minutes * 60_000;
  const expired = () => performance.now() > end;
  const last = fault.program;
  // Alone, or as one program with what came before it.
  const candidates = [
    [programs[last]],
    programs.slice(Math.max(0, last - 2), last + 1),
    programs.slice(0, last + 1),
  ];
  for (const candidate of candidates) {
    const tries = candidate.length === 1 ? 8 : 3;
    if (!(await repeats(candidate, signature, tries))) continue;
    const whole = candidate.flat();
    const test = (operations) => repeats([operations], signature, 3);
    if (candidate.length > 1 && !(await test(whole))) continue;
    const short = await reduce(whole, test, expired);
    return simplify(short, test, end);
  }
  return undefined;
}

/** Replaces what operations hold by something simpler, as fast-check knows how. */
async function simplify(operations, test, end) {
  const property = fc.asyncProperty(anyProgram, async (candidate) => !(await test(candidate)));
  const found = await fc.check(property, {
    examples: [[operations]],
    numRuns: 1,
    interruptAfterTimeLimit: Math.max(1, end - performance.now()),
  });
  return found.counterexample?.[0] ?? operations;
}
