// The demo, run as a user runs it, on a small tree of its own.

import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executeSync, succeeds } from "../helpers/execute.js";
import { transports } from "../helpers/transports.js";

const root = join(__dirname, "../..");
const program = join(root, "out/demo/main.js");
const load = createRequire(__filename);

const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
const tree = join(folder, "tree");
/** Where the demo makes its own temporary folders: nothing may be left in it. */
const scratch = join(folder, "scratch");
const files: [string, Buffer][] = [
  ["empty", Buffer.alloc(0)],
  ["a/b/c/deep.txt", Buffer.from("deep")],
  ["gr\u00fc\u00dfe \u{1f600}.txt", Buffer.from("non-ASCII")],
  ["big.bin", Buffer.alloc(3_000_000, "compressible")],
  ...Array.from({ length: 60 }, (_, i): [string, Buffer] => [
    `many/${i}.txt`,
    Buffer.from(`file ${i}`.repeat(i * 50)),
  ]),
];
const bytes = files.reduce((sum, [, content]) => sum + content.length, 0);

beforeAll(() => {
  for (const [path, content] of files) {
    mkdirSync(join(tree, path, ".."), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
  symlinkSync("big.bin", join(tree, "link"));
  mkdirSync(scratch);
  const compiler = load.resolve("typescript/bin/tsc");
  const { status, stdout } = executeSync(process.execPath, [compiler, "-p", "tsconfig.demo.json"], {
    cwd: root,
  });
  if (status !== 0) throw new Error(stdout);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function demo(...options: string[]) {
  const { status, signal, stdout, stderr } = executeSync(process.execPath, [program, ...options], {
    timeout: 25_000,
    env: { TMPDIR: scratch },
  });
  return { status, signal, stdout, stderr };
}

describe.each(transports)("over %s", (transport) => {
  test("every file goes through, and every digest agrees", () => {
    const { status, stdout, stderr } = demo("--path", tree, "--transport", transport, "--workers", "3");
    expect(stderr).toBe("");
    expect(stdout).toContain(`${files.length} files, ${bytes.toLocaleString("en-US")} bytes in `);
    expect(stdout).toContain(`Digests checked against the files themselves: ${files.length}, all agree.`);
    expect(stdout).toContain("Ignored: link (symbolic link).");
    const shares = [...stdout.matchAll(/worker-\d +│ +(\d+) /g)].map(([, count]) => Number(count));
    expect(shares).toHaveLength(3);
    expect(shares.reduce((sum, count) => sum + count)).toBe(files.length);
    expect(status).toBe(0);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test("a worker killed in the middle: what it held is named, sent again, and complete", () => {
    const { status, stdout, stderr } = demo("--path", tree, "--transport", transport, "--kill-one");
    expect(stderr).toBe("");
    const how = transport === "inproc" ? "terminated" : "SIGKILL";
    expect(stdout).toMatch(
      new RegExp(`worker-\\d has ended \\(${how}\\) and held [1-9]\\d* files?, to be sent again: `),
    );
    expect(stdout).toContain(`Digests checked against the files themselves: ${files.length}, all agree.`);
    expect(status).toBe(0);
  });

  test("the only worker killed: what was not done is said, exit code 1", () => {
    const options = ["--path", tree, "--transport", transport, "--workers", "1", "--kill-one"];
    const { status, stderr } = demo(...options);
    expect(stderr).toMatch(/^error: Every worker has ended, and \d+ of 64 files are not done: /);
    expect(status).toBe(1);
    expect(readdirSync(scratch)).toEqual([]);
  });
});

test("fewer files than workers, and none at all", () => {
  const few = join(folder, "few");
  mkdirSync(few);
  expect(demo("--path", few)).toMatchObject({ status: 0, stderr: "" });
  writeFileSync(join(few, "one"), "1");
  const { status, stdout } = demo("--path", few, "--workers", "4");
  expect(stdout).toContain("Digests checked against the files themselves: 1, all agree.");
  expect(status).toBe(0);
});

test("a file that cannot be read is left out and named", ({ skip }) => {
  const locked = join(folder, "locked");
  mkdirSync(locked);
  writeFileSync(join(locked, "open"), "1");
  writeFileSync(join(locked, "secret"), "2", { mode: 0 });
  // Root may read anything, and takes on the user `nobody` for this.
  chmodSync(folder, 0o755);
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const look = `require("node:fs").accessSync(${JSON.stringify(program)})`;
  if (!succeeds(process.execPath, ["-e", look], user)) {
    const reason = "the project lies in a folder that only root can enter";
    console.warn(`SKIPPED: a file that cannot be read: ${reason}`);
    skip(reason);
  }
  const { status, stdout } = executeSync(process.execPath, [program, "--path", locked], {
    ...user,
  });
  expect(stdout).toContain(
    "WARNING: could not be read and was left out: secret (no permission to read it (EACCES)).",
  );
  expect(stdout).toContain("Digests checked against the files themselves: 1, all agree.");
  expect(status).toBe(0);
});

test("a wrong digest is a difference, told in full, and exit code 1", async () => {
  const { verify } = load(join(root, "out/demo/verify.js")) as typeof import("../../demo/verify.js");
  const { exitCodeOf, render } = load(
    join(root, "out/demo/report.js"),
  ) as typeof import("../../demo/report.js");
  const content = Buffer.from("deep");
  const right = createHash("sha256").update(content).digest("hex");
  const result = { worker: "worker-1", id: 0, path: "a/b/c/deep.txt", bytes: content.length, gzipBytes: 1 };
  const never = new AbortController().signal;
  const check = (digest: string, size = content.length) =>
    verify(tree, [{ ...result, digest, bytes: size }], never);

  expect(exitCodeOf(await check(right))).toBe(0);
  const wrong = right.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
  for (const verification of [await check(wrong), await check(right, 5)]) {
    expect(verification).toMatchObject({ checked: 1, differences: [{ path: "a/b/c/deep.txt" }] });
    expect(exitCodeOf(verification)).toBe(1);
  }
  const outcome = { results: [], unreadable: [], workers: [], deaths: new Map<string, string>(), seconds: 1 };
  const report = render({ files: [], ignored: [], unreadable: [] }, outcome, await check(wrong));
  expect(report).toContain("1 DIFFER:");
  expect(report).toContain(wrong);
  expect(report).toContain(right);
});

describe("options", () => {
  test("--help names them all", () => {
    const { status, stdout } = demo("--help");
    expect(status).toBe(0);
    for (const option of ["--workers", "--transport", "--path", "--kill-one", "--help"]) {
      expect(stdout).toContain(option);
    }
  });

  test.each([
    [["--workers", "0"], "Give a whole number from 1 to 64."],
    [["--workers", "two"], "Give a whole number from 1 to 64."],
    [["--transport", "carrier-pigeon"], "Allowed choices are tcp, ipc, inproc."],
    [
      ["--path", "/does/not/exist"],
      "'/does/not/exist' is not a directory that can be read. Name one that exists.",
    ],
    [["--fast"], "unknown option '--fast'"],
  ])("%j is refused in words, exit code 2", (options, text) => {
    const { status, stderr } = demo(...options);
    expect(stderr).toContain(text);
    expect(status).toBe(2);
  });
});

test("Ctrl-C in the middle: workers and the ipc folder are gone, exit code 130", async () => {
  const child = execa(process.execPath, [program, "--transport", "ipc", "--path", root, "--workers", "2"], {
    env: { TMPDIR: scratch },
    stdin: "ignore",
    stderr: "inherit",
    reject: false,
  });
  // The first line is said when the files are known, just before the work.
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.kill("SIGINT");
  const { exitCode } = await child;
  expect(exitCode).toBe(130);
  expect(readdirSync(scratch)).toEqual([]);
});
