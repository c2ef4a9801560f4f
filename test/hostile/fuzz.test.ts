// Random programs: ten seconds of the same ones each time, and those that went wrong once (docs/testing.md).

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { execute } from "../helpers/execute.js";

const root = join(__dirname, "../..");
const folder = join(__dirname, "regressions");

async function run(...parameters: string[]): Promise<{ code: number | null; text: string }> {
  const { status, stdout, stderr } = await execute(process.execPath, parameters, { cwd: root });
  return { code: status, text: stdout + stderr };
}

test("random programs, for ten seconds", { timeout: 120_000 }, async () => {
  const found = mkdtempSync(join(tmpdir(), "zmq-native-"));
  try {
    const { code, text } = await run(
      ...["test/fuzz/fuzz.mjs", "--seconds", "10", "--seed", "1", "--no-shrink", "--keep", found],
    );
    expect(text).toMatch(/programs, \d+ operations in \d+ s, nothing found/);
    expect(code).toBe(0);
    const operations = Number(/(\d+) operations in/.exec(text)?.[1]);
    expect(operations).toBeGreaterThan(1000);
  } finally {
    rmSync(found, { recursive: true, force: true });
  }
});

describe("programs that went wrong once", () => {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  test.each(files)("%s", { timeout: 60_000 }, async (file) => {
    const { program } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { program: unknown[] };
    expect(program.length).toBeGreaterThan(0);
    // A race shows itself in one of several attempts.
    const { code, text } = await run("test/fuzz/replay.mjs", join(folder, file));
    expect({ code, text }).toEqual({ code: 0, text: `${basename(file)}: nothing found\n` });
  });
});
