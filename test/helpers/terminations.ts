// Runs test/lifecycle/terminations.cjs in Node or another runtime.

import { join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";

const program = join(__dirname, "../lifecycle/terminations.cjs");

export const { doors, operations }: { doors: string[]; operations: string[] } = require(program);

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
  const options = { timeout: limit - 1000, killSignal: "SIGKILL", env, reject: false } as const;
  const { exitCode, stdout } = await execa(command!, parameters, options);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: String(count) });
}
