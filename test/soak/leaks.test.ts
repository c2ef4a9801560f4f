// Messages, sockets, workers, observers and proxies by the thousand: nothing grows. `npm run leakcheck` is the whole of it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { execute } from "../helpers/execute.js";

const linux = process.platform === "linux";
const title = (text: string) =>
  `${text}${linux ? "" : " (skipped: descriptors are counted in Linux's /proc)"}`;

async function leakcheck(...parameters: string[]): Promise<{ code: number; text: string }> {
  const out = mkdtempSync(join(tmpdir(), "zmq-native-"));
  const script = join(__dirname, "../leaks/leakcheck.mjs");
  const { status, stdout, stderr } = await execute(process.execPath, [
    ...[script, "--quick", "--out", out, ...parameters],
  ]);
  rmSync(out, { recursive: true, force: true });
  return { code: status ?? -1, text: stdout + stderr };
}

test.skipIf(!linux)(title("nothing grows"), { timeout: 300_000 }, async () => {
  const { code, text } = await leakcheck();
  expect(text).not.toContain("What grows");
  expect(code).toBe(0);
});

test.skipIf(!linux)(title("what is left behind is found"), { timeout: 60_000 }, async () => {
  const { code, text } = await leakcheck("--only", "leaking");
  expect(text).toContain("What grows: RSS with leaking lives, external with leaking lives, descriptors with");
  expect(code).toBe(1);
});
