// Runs one vitest file or test with a given build of the addon.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sanitizerEnvironment, sanitizers } from "../../test/sanitizers/sanitizers.mjs";
import { runGroup } from "../process_group.mjs";
import { root } from "../vendor/pins.mjs";

const folder = join(root, "out/prove");

/** Runs vitest to its end; returns whether it was killed after `limit` seconds. */
async function runVitest(args, env, limit) {
  const parameters = ["node_modules/vitest/vitest.mjs", "run", ...args];
  const { killed } = await runGroup(process.execPath, parameters, limit, { cwd: root, stdio: "ignore", env });
  return killed;
}

/**
 * Runs a test with the build in `prebuild`, or the one that lib/binding/load.ts finds, for `limit` seconds at most. Returns
 * its state, `passes`, `fails`, `hangs`, `crashes` or `not run`, and details.
 */
export async function runTest({ file, title, build }, prebuild, limit) {
  const report = join(folder, "report.json");
  const reports = join(folder, "reports");
  for (const path of [report, reports]) rmSync(path, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const args = [file, "--typecheck.enabled=false", "--reporter=json", `--outputFile=${report}`];
  // vitest matches a regular expression with the titles of groups and test, joined by a space.
  if (title) args.push("-t", title.replaceAll(" > ", " ").replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const env =
    build in sanitizers
      ? sanitizerEnvironment(build, prebuild, reports)
      : prebuild && { ZMQ_NATIVE_PREBUILD: prebuild };
  const hangs = await runVitest(args, env, limit);
  if (hangs) return { state: "hangs", detail: `no end after ${limit} s` };
  const found = readdirSync(reports);
  if (found.length > 0) {
    const line = readFileSync(join(reports, found[0]), "utf8")
      .split("\n")
      .find((text) => /ERROR|WARNING|runtime error/.test(text));
    return { state: "fails", detail: (line ?? "a sanitizer's report").trim() };
  }
  if (!existsSync(report)) return { state: "crashes", detail: "vitest ended without a report" };
  const results = JSON.parse(readFileSync(report, "utf8"));
  const tests = results.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.filter(({ status }) => status === "failed");
  if (failed.length > 0) {
    const titles = failed.map(({ title }) => `"${title}"`);
    return {
      state: "fails",
      detail: titles.slice(0, 3).join(", ") + (titles.length > 3 ? ` and ${titles.length - 3} more` : ""),
    };
  }
  // A process that crashes takes its file with it.
  if (!results.success) return { state: "crashes", detail: "the process of the test ended" };
  if (!tests.some(({ status }) => status === "passed"))
    return { state: "not run", detail: "skipped, or no test has this title" };
  return { state: "passes", detail: "" };
}
