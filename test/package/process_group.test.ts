// The runner of programs that start programs of their own, which prebuilds:run and the vendor script use.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runGroup } from "../helpers/tools.js";

const print = ["-e", `process.stdout.write("out"); process.stderr.write("err"); process.stdin.resume()`];

test("collects the output of a program, whose input is empty", async () => {
  const result = await runGroup(process.execPath, print, 60, { all: true });
  expect(result).toMatchObject({
    exitCode: 0,
    killed: false,
    all: expect.stringMatching(/^(outerr|errout)$/),
  });
});

test("accepts `stdio` with file descriptors", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zmq-native-group-"));
  try {
    const [input, output] = [openSync("/dev/null", "r"), openSync(join(folder, "log"), "w")];
    const result = await runGroup(process.execPath, print, 60, { stdio: [input, output, output] });
    closeSync(input);
    closeSync(output);
    expect(result).toMatchObject({ exitCode: 0, killed: false });
    expect(readFileSync(join(folder, "log"), "utf8")).toMatch(/^(outerr|errout)$/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.skipIf(process.platform === "win32")("does not wait for a program that left the group", async () => {
  const start = performance.now();
  const result = await runGroup("sh", ["-c", "setsid sleep 20 & exit 0"], 1, { all: true });
  expect(result).toMatchObject({ exitCode: 0, killed: true });
  expect(performance.now() - start).toBeLessThan(15_000);
});

test.skipIf(process.platform === "win32")("kills the programs of a program that takes too long", async () => {
  // The output ends when the child of the program, which has inherited it, has ended as well.
  const endless = `require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"],
    { stdio: "inherit" }); setInterval(() => {}, 1000)`;
  const result = await runGroup(process.execPath, ["-e", endless], 3, { all: true });
  expect(result).toMatchObject({ signal: "SIGKILL", killed: true });
});
