// The core of this suite in other runtimes, and in Node as if it lacked what they lack. They come from npm, into a cache
// folder; where they cannot be had, they are left out. ZMQ_NATIVE_CORE=all runs the long files of the core, too.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";
import { describe, expect, test } from "vitest";
import { execute } from "../helpers/execute.js";
import { doors, expectTerminations, operations } from "../helpers/terminations.js";
import { bun, deno, orSkip } from "../helpers/tools.js";

const root = join(__dirname, "../..");

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

execaSync(process.execPath, [join(root, "test/runtimes/bundle.mjs")]);
const core: Record<string, boolean> = JSON.parse(readFileSync(join(root, "out/core/files.json"), "utf8"));
const files = Object.keys(core).filter((name) => core[name] || process.env.ZMQ_NATIVE_CORE === "all");

describe.each(cases)("the core of the suite in $name", ({ command: [program, ...flags], env }) => {
  test.each(files)("%s", { timeout: 300_000 }, async (name) => {
    const { stdout } = await execute(program!, [...flags, join(root, "out/core/main.cjs"), name], {
      cwd: root,
      env,
      timeout: 290_000,
      killSignal: "SIGKILL",
    });
    expect(stdout).toMatch(/^[1-9]\d* passed, 0 failed, \d+ skipped$/m);
  });
});

describe("the smoke suite", () => {
  test.each(cases)("$name", { timeout: 120_000 }, async ({ command: [program, ...flags], env }) => {
    const { stdout } = await execute(program!, [...flags, join(root, "test/smoke/main.cjs"), root], {
      env,
      timeout: 110_000,
      killSignal: "SIGKILL",
    });
    expect(stdout).toMatch(/^\d\d passed, 0 failed$/m);
  });
});

// Node's own are in test/lifecycle/loading.test.ts.
describe("a worker is terminated", () => {
  describe.each(cases)("in $name", ({ command, env }) => {
    test.each([...doors, ...operations])("%s", { timeout: 100_000 }, (what) =>
      expectTerminations(command, what, 20, 40, 100_000, env),
    );
  });
});
