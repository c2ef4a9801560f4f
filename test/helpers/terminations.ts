// Runs test/lifecycle/terminations.cjs in Node or another runtime.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";

const program = join(__dirname, "../lifecycle/terminations.cjs");

export const { doors, operations }: { doors: string[]; operations: string[] } = require(program);

const run = promisify(execFile);

/** Terminates `count` workers, each within its first milliseconds; `command` runs a program. None may abort it. */
export async function expectTerminations(
  [command, ...flags]: string[],
  what: string,
  count: number,
  milliseconds: number,
  limit: number,
  env: Record<string, string> = {},
): Promise<void> {
  const parameters = [...flags, program, what, String(count), String(milliseconds)];
  const options = { timeout: limit - 1000, killSignal: "SIGKILL", env: { ...process.env, ...env } } as const;
  const outcome = await run(command!, parameters, options).catch((error) => error);
  expect(outcome).toMatchObject({ stdout: `${count}\n` });
  expect(outcome.code ?? 0).toBe(0);
}
