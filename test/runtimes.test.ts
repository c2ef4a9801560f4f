// The core of this suite in other runtimes, and in Node as if it lacked what they lack. They come from npm, into a cache
// folder; where they cannot be had, they are left out.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { bun, deno, orSkip } from "./helpers/tools.js";

const run = promisify(execFile);
const root = join(__dirname, "..");

const onLinux = process.platform === "linux" && process.arch === "x64";
if (!onLinux) console.warn("SKIPPED: Bun and Deno: only Linux x64's are pinned");
const [bunProgram, denoProgram] = onLinux ? [orSkip(bun), orSkip(deno)] : [];
const cases = [
  {
    name: "Node without polls and external memory",
    command: [process.execPath, "--expose-gc"],
    env: { ZMQ_NATIVE_WITHOUT: "polls,external-memory" },
  },
  ...(bunProgram ? [{ name: "Bun", command: [bunProgram], env: {} }] : []),
  ...(denoProgram ? [{ name: "Deno", command: [denoProgram, "run", "-A"], env: {} }] : []),
];

describe("the core of the suite", () => {
  beforeAll(async () => {
    await run(process.execPath, [join(root, "test/core/bundle.mjs")]);
    expect(existsSync(join(root, "out/core/main.cjs"))).toBe(true);
  }, 60_000);

  test.each(cases)("$name", { timeout: 600_000 }, async ({ command: [program, ...flags], env }) => {
    const { stdout } = await run(program!, [...flags, join(root, "out/core/main.cjs")], {
      cwd: root,
      env: { ...process.env, ...env },
      maxBuffer: 2 ** 26,
      timeout: 590_000,
      killSignal: "SIGKILL",
    }).catch((error: { stdout: string }) => error);
    const [, passed] = /^(\d+) passed, 0 failed, \d+ skipped$/m.exec(stdout) ?? [];
    expect(Number(passed), stdout).toBeGreaterThan(200);
  });
});

describe("the smoke suite", () => {
  test.each(cases)("$name", { timeout: 120_000 }, async ({ command: [program, ...flags], env }) => {
    const { stdout } = await run(program!, [...flags, join(root, "test/smoke/main.cjs"), root], {
      env: { ...process.env, ...env },
      timeout: 110_000,
      killSignal: "SIGKILL",
    }).catch((error: { stdout: string }) => error);
    expect(stdout).toMatch(/^\d\d passed, 0 failed$/m);
  });
});
