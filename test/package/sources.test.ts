// The build's first steps on a machine where something is missing: one sentence with the remedy, and exit code 1.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { executeSync, succeeds } from "../helpers/execute.js";

const root = join(__dirname, "../..");
const pins = JSON.parse(readFileSync(join(root, "vendor/versions.json"), "utf8")) as Record<
  string,
  { archive: string; sha256: string }
>;
const archives = Object.values(pins).map(({ archive }) => archive);

/** A copy of the project without sources and build output. */
let copy: string;
/** A folder with the few commands that a program may find. */
let bin: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "zmq-native-"));
  // No test may depend on the network of this machine: there is no listener at port 9.
  const unreachable = Object.entries(pins).map(([name, pin]) => [
    name,
    { ...pin, urls: ["https://127.0.0.1:9/"] },
  ]);
  mkdirSync(join(copy, "vendor"));
  writeFileSync(join(copy, "vendor/versions.json"), JSON.stringify(Object.fromEntries(unreachable)));
  for (const name of ["scripts", "vendor/patches", "package.json", "CMakeLists.txt"]) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  bin = join(copy, "bin");
  mkdirSync(bin);
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

function run(script: string, env: NodeJS.ProcessEnv) {
  const child = executeSync(process.execPath, [join(copy, "scripts", script)], {
    env: { ...env },
  });
  return { code: child.status, text: child.stdout + child.stderr };
}

test("a source with a wrong hash is rejected by name and not replaced", () => {
  const given = join(copy, "given");
  mkdirSync(given);
  for (const archive of archives) cpSync(join(root, "vendor/sources", archive), join(given, archive));
  writeFileSync(join(given, archives[1] as string), "something else");
  const { code, text } = run("vendor.mjs", { ZMQ_NATIVE_SOURCES: given });
  expect(code).toBe(1);
  expect(text).toMatch(/^\S+libsodium\S+ has sha256 [0-9a-f]{64}, but vendor\/versions\.json pins d59323c6/);
  expect(text).toContain("delete the file to fetch it again");
  expect(text.trim().split("\n")).toHaveLength(1);
  expect(readFileSync(join(given, archives[1] as string), "utf8")).toBe("something else");
});

test("sources in a given folder suffice, without a network and with tar and patch only", () => {
  for (const tool of ["tar", "bzip2", "gzip", "xz", "patch"])
    symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
  const { code, text } = run("vendor.mjs", { ZMQ_NATIVE_SOURCES: join(root, "vendor/sources"), PATH: bin });
  expect(text).toMatch(/^unpacked libzmq [\d.]+/m);
  expect(code).toBe(0);
  const again = run("vendor.mjs", { PATH: bin });
  expect(again).toEqual({ code: 0, text: "" });
});

test("without sources and apt, the error lists a reason for each origin and ends with the variable to set", () => {
  const { code, text } = run("vendor.mjs", { PATH: bin, ZMQ_NATIVE_SOURCES: "" });
  expect(code).toBe(1);
  const lines = text.trim().split("\n");
  expect(lines).toContain("  vendor/sources: not there");
  expect(lines).toContain("  ZMQ_NATIVE_SOURCES: not set");
  expect(lines).toContain("  apt: this system has no apt-get");
  expect(lines.at(-1)).toBe(
    `Check the network, or set ZMQ_NATIVE_SOURCES to a folder that holds ${archives.join(", ")}.`,
  );
});

const noApt = !succeeds("apt-get", ["--version"]);
if (noApt) console.warn("SKIPPED: apt without a network: there is no apt-get here");

test.skipIf(noApt)("without a network, the error contains apt's reason", () => {
  // The proxy does not exist, and apt tries once.
  writeFileSync(join(copy, "apt.conf"), 'Acquire::http::Proxy "http://127.0.0.1:9"; Acquire::Retries "0";\n');
  const { code, text } = run("vendor.mjs", { APT_CONFIG: join(copy, "apt.conf"), ZMQ_NATIVE_SOURCES: "" });
  expect(code).toBe(1);
  expect(text).toContain("or Debian's archive cannot be reached");
});

test("without a compiler or CMake, the error names the packages to install", () => {
  const compiler = run("build.mjs", { CXX: "no-such-compiler" });
  expect(compiler.code).toBe(1);
  expect(compiler.text).toContain(
    "no-such-compiler is needed to build from source and could not be run: install it",
  );
  expect(compiler.text).toContain("apt-get install g++ cmake make");
  const cmake = run("build.mjs", { PATH: bin });
  expect(cmake.code).toBe(1);
  expect(cmake.text).toContain("cmake is needed to build from source");
});

test("an unknown flag is reported with the list of flags", () => {
  const child = executeSync(process.execPath, [join(copy, "scripts/build.mjs"), "--fast"]);
  expect(child.status).toBe(1);
  expect(child.stderr).toContain("--fast");
  expect(child.stderr).toContain("usage: node scripts/build.mjs");
  const help = executeSync(process.execPath, [join(copy, "scripts/build.mjs"), "--help"]);
  expect(help).toMatchObject({ status: 0, stderr: "" });
  expect(help.stdout).toContain("--sanitize");
});
