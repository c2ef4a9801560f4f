// Our patches on another version of a library: the report of `npm run vendor -- --against` for each patch, and the
// check of headers. Uses a library of one file, in a copy of the scripts.

import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";

const root = join(__dirname, "../..");
const lines = Array.from({ length: 60 }, (_, index) => `line ${index + 1}`);
/** The file of the library, with some lines replaced. */
const source = (changes: Record<number, string> = {}) =>
  `${lines.map((line, index) => changes[index + 1] ?? line).join("\n")}\n`;

let copy: string;
function write(path: string, content: string): void {
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  writeFileSync(join(copy, path), content);
}

/** A patch that replaces lines of the file. */
function patchOf(header: string, changes: Record<number, string>): string {
  write("a/src/file.c", source());
  write("b/src/file.c", source(changes));
  const { stdout } = executeSync("diff", ["-u", "a/src/file.c", "b/src/file.c"], {
    cwd: copy,
  });
  return `${header}\n${stdout}`;
}

const header = (fields: Record<string, string> = {}) =>
  Object.entries({
    Description: "Replace a line\n Symptom, cause and fix.",
    Origin: "ours",
    Forwarded: "no",
    Test: "test/file.test.ts > replaces a line [asan]",
    "Last-Update": "2026-11-29",
    ...fields,
  })
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");

function run(...args: string[]) {
  const { status, stdout, stderr } = executeSync(process.execPath, args, { cwd: copy });
  return { status, text: stdout + stderr };
}

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "zmq-native-upgrade-"));
  cpSync(join(root, "scripts"), join(copy, "scripts"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  write("package.json", "{}");
  write(
    "test/file.test.ts",
    'test("replaces a line", () => {}); describe.each(["tcp"])("over %s", () => test("sends", () => {}));',
  );
  write("upstream/src/file.c", source());
  write("upstream/LICENSE", "free");
  mkdirSync(join(copy, "vendor/sources"), { recursive: true });
  executeSync("tar", ["-cJf", "vendor/sources/upstream.tar.xz", "upstream"], { cwd: copy });
  const sha256 = createHash("sha256")
    .update(readFileSync(join(copy, "vendor/sources/upstream.tar.xz")))
    .digest("hex");
  const pin = { version: "1.0.0", archive: "upstream.tar.xz", sha256, urls: [], licenceFiles: ["LICENSE"] };
  write("vendor/versions.json", JSON.stringify({ example: { ...pin, packed: ["LICENSE", "src/**"] } }));
  write("vendor/patches/example/first/one.patch", patchOf(header(), { 5: "LINE 5", 30: "LINE 30" }));
  write("vendor/patches/example/second/two.patch", patchOf(header(), { 50: "LINE 50" }));
  write("vendor/patches/example/series", "# first\nfirst/one.patch\n\nsecond/two.patch # last\n");
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

/** The report of --against a folder with this file. */
function against(content: string) {
  write("other/src/file.c", content);
  return run("scripts/vendor.mjs", "--library", "example", "--against", "other");
}
const row = (patch: string, state: string) => expect.stringMatching(new RegExp(`^${patch} +${state}$`));

test("applies the series in its order", () => {
  expect(run("scripts/vendor.mjs")).toEqual({ status: 0, text: "unpacked example 1.0.0, 2 patched\n" });
  const file = readFileSync(join(copy, "vendor/src/example/src/file.c"), "utf8");
  expect(file).toBe(source({ 5: "LINE 5", 30: "LINE 30", 50: "LINE 50" }));
});

test("separates patches that apply from those that upstream has", () => {
  const { status, text } = against(source({ 50: "LINE 50" }));
  expect(text.split("\n")).toEqual(
    expect.arrayContaining([
      row("first/one.patch", "applies"),
      row("second/two.patch", "already upstream: drop it from the series"),
    ]),
  );
  expect(status).toBe(0);
});

test("reports an offset and fuzz", () => {
  const { text } = against(`// new\n${source({ 48: "another" })}`);
  expect(text.split("\n")).toEqual(
    expect.arrayContaining([
      row("first/one.patch", "applies with an offset"),
      row("second/two.patch", "applies with fuzz: read the result"),
    ]),
  );
});

test("names file, line and hunk of a rejected patch, and the hunks that upstream has", () => {
  const { status, text } = against(source({ 5: "LINE 5", 30: "different", 50: "different" }));
  expect(text.split("\n")).toEqual(
    expect.arrayContaining([
      row("first/one.patch", "rejected"),
      "    src/file.c:2 (hunk 1): this hunk is already upstream",
      "    src/file.c:27 (hunk 2)",
      row("second/two.patch", "rejected"),
      "    src/file.c:47 (hunk 1)",
    ]),
  );
  expect(status).toBe(1);
});

test("names a missing file", () => {
  write("other/src/renamed.c", source());
  const { status, text } = run("scripts/vendor.mjs", "--library", "example", "--against", "other");
  expect(text).toContain("    src/file.c: the whole file is missing\n");
  expect(status).toBe(1);
});

test("packs the chosen files byte by byte and unpacks them without the archive", () => {
  const packed = join(copy, "vendor/packed/example.tar.xz");
  expect(run("scripts/vendor.mjs", "--pack")).toEqual({ status: 0, text: "" });
  const first = readFileSync(packed);
  rmSync(join(copy, "vendor/packed"), { recursive: true });
  run("scripts/vendor.mjs", "--pack");
  expect(readFileSync(packed).equals(first)).toBe(true);
  rmSync(join(copy, "vendor/sources"), { recursive: true });
  expect(run("scripts/vendor.mjs")).toEqual({ status: 0, text: "unpacked example 1.0.0, 2 patched\n" });
  writeFileSync(packed, "damaged");
  expect(run("scripts/vendor.mjs").text).toContain("install the package again");
});

/** Adds a patch with these fields to the series. Returns its name in reports. */
function addPatch(name: string, fields: Record<string, string>): string {
  const series = readFileSync(join(copy, "vendor/patches/example/series"), "utf8");
  write("vendor/patches/example/series", `${series}second/${name}.patch\n`);
  write(`vendor/patches/example/second/${name}.patch`, patchOf(header(fields), { 50: "LINE 50" }));
  return `vendor/patches/example/second/${name}.patch`;
}

// All headers in one run: loading TypeScript takes most of its time.
test("the check of headers reports each fault of each patch, and nothing else", () => {
  const faults: [name: string, fields: Record<string, string>, report: string][] = [
    ["missing-field", { Forwarded: "" }, "Forwarded is missing"],
    ["unknown-field", { Fowarded: "no" }, "Fowarded: unknown field"],
    ["no-file", { Test: "test/none.test.ts" }, "Test: test/none.test.ts does not exist"],
    ["no-title", { Test: "test/file.test.ts > removes" }, 'Test: test/file.test.ts has no test "removes"'],
    [
      "part-of-title",
      { Test: "test/file.test.ts > replaces" },
      'Test: test/file.test.ts has no test "replaces"',
    ],
    ["no-group", { Test: "test/file.test.ts > sends" }, 'Test: test/file.test.ts has no test "sends"'],
    [
      "no-value",
      { Test: "test/file.test.ts > over ipc > sends" },
      'Test: test/file.test.ts has no test "over ipc > sends"',
    ],
    ["no-version", { Origin: "upstream, 1234567" }, "Applied-Upstream is missing"],
    ["other-date", { "Last-Update": "29 Nov" }, 'Last-Update: expected a date as YYYY-MM-DD, got "29 Nov"'],
    [
      "no-date",
      { "Last-Update": "2026-02-30" },
      'Last-Update: expected a date as YYYY-MM-DD, got "2026-02-30"',
    ],
  ];
  const reports = faults.map(([name, fields, report]) => `${addPatch(name, fields)}: ${report}`);
  const { status, text } = run("scripts/check_patches.mjs");
  expect(text.trimEnd().split("\n")).toEqual(reports.map((report) => expect.stringContaining(report)));
  expect(status).toBe(1);
});

test("the check of headers accepts titles with placeholders and with their groups", () => {
  for (const [index, title] of ["over %s", "over tcp > sends", "over %s > sends"].entries())
    addPatch(`title-${index}`, { Test: `test/file.test.ts > ${title}` });
  expect(run("scripts/check_patches.mjs")).toEqual({ status: 0, text: "" });
});

test("the check reports patches that contain files of patch and of editors", () => {
  const endings = [".orig", ".rej", "~"];
  for (const ending of endings) {
    const hunk = `--- a/lines.txt${ending}\n+++ b/lines.txt${ending}\n@@ -0,0 +1 @@\n+left behind\n`;
    const path = addPatch(`leftover-${endings.indexOf(ending)}`, {});
    write(path, readFileSync(join(copy, path), "utf8") + hunk);
  }
  const { status, text } = run("scripts/check_patches.mjs");
  const reports = endings.map((ending) => expect.stringContaining(`b/lines.txt${ending} is a leftover`));
  expect(text.trimEnd().split("\n")).toEqual(reports);
  expect(status).toBe(1);
});

test("the check reports patches that the series does not list, and the reverse", () => {
  write("vendor/patches/example/third/three.patch", header());
  write("vendor/patches/example/series", "first/one.patch\nsecond/two.patch\nsecond/gone.patch\n");
  const { status, text } = run("scripts/check_patches.mjs");
  expect(text).toContain("vendor/patches/example/third/three.patch: not in the file `series`");
  expect(text).toContain("vendor/patches/example/series: second/gone.patch does not exist");
  expect(status).toBe(1);
});

const pins: Record<string, { archive: string }> = JSON.parse(
  readFileSync(join(root, "vendor/versions.json"), "utf8"),
);
const patched = Object.keys(pins).filter((name) => existsSync(join(root, "vendor/patches", name)));
test.each(patched)("the patches to %s fit the pinned sources without an offset or fuzz", (name) => {
  const archive = join("vendor/sources", pins[name]!.archive);
  const { stdout } = executeSync(
    process.execPath,
    ["scripts/vendor.mjs", "--library", name, "--against", archive],
    { cwd: root },
  );
  const report = stdout.split("\n").filter((line) => /^\S+\.patch /.test(line));
  expect(report.length).toBeGreaterThan(0);
  expect(report.filter((line) => !/^\S+ +applies$/.test(line))).toEqual([]);
});
