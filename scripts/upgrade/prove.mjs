// Removes each patch in turn, builds, and expects the patch's test to fail: `npm run vendor -- --prove [PATCH...]`.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../terminal.mjs";
import { pins, root } from "../vendor/pins.mjs";
import { fieldsOf, patchFolder, seriesOf, testsOf } from "../vendor/series.mjs";
import { buildBaseline, buildWithout } from "./prove_build.mjs";
import { runTest } from "./prove_test.mjs";

const folder = join(root, "out/prove");
const resultsFile = join(folder, "results.json");

/** Identifies a patch and its tests: a result is kept as long as this stays the same. */
function keyOf(patch, tests) {
  const files = tests.map(({ file }) => (file ? readFileSync(join(root, file)) : ""));
  return createHash("sha256")
    .update([patch, ...files].join("\0"))
    .digest("hex");
}

/** Runs one test on the full series and without the patch; returns a state and an explanation. */
async function proveTest(library, patch, test) {
  if (test.reason) return { state: "no test", detail: test.reason };
  if (test.unreadable) return { state: "no test", detail: `cannot read "${test.unreadable}"` };
  const name = `${test.file}${test.title ? ` > ${test.title}` : ""}${test.build ? ` [${test.build}]` : ""}`;
  const built = buildWithout(library, patch, test.build);
  // The addon itself calls what the patch adds.
  if (built.error?.includes("/native/")) return { state: "needed by native/", detail: built.error };
  if (built.error) return { state: "needed to build", detail: built.error };
  const start = Date.now();
  const baseline = await runTest(test, buildBaseline(test.build), longest);
  if (baseline.state === "not run") return { state: "NOT RUN", detail: `${name}: ${baseline.detail}` };
  if (baseline.state !== "passes") {
    return {
      state: "FAILS ANYWAY",
      detail: `${name} ${baseline.state} with all patches: ${baseline.detail}`,
    };
  }
  // A test that hangs may also fill the memory, so it gets little more time than it needs.
  const seconds = Math.ceil((Date.now() - start) / 1000);
  const without = await runTest(test, built.folder, Math.min(60 + 4 * seconds, longest));
  if (without.state === "passes") return { state: "NOT NOTICED", detail: `${name} ${built.how}` };
  return { state: "proven", detail: `${name} ${without.state}: ${without.detail} (${built.how})` };
}

/** Seconds for a test with all patches. */
const longest = 300;

/** The states that leave work to do: a test that does not notice the absence of its patch, or cannot tell. */
const open = new Set(["NOT NOTICED", "NOT RUN", "FAILS ANYWAY"]);

/**
 * Proves each patch, or those whose path contains one of `names`, and prints a table. Results are kept in out/prove, so
 * an interrupted run continues. Returns the exit code: 1 if a test did not notice that its patch was missing.
 */
export async function prove(names) {
  mkdirSync(folder, { recursive: true });
  const results = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, "utf8")) : {};
  const all = pins.flatMap(([library]) => seriesOf(library).map((patch) => ({ library, patch })));
  const chosen = all.filter(
    ({ library, patch }) =>
      names.length === 0 || names.some((name) => `vendor/patches/${library}/${patch}`.includes(name)),
  );
  if (chosen.length === 0) fail(`No patch in vendor/patches has ${names.join(" or ")} in its path.`);
  const rows = [];
  for (const { library, patch } of chosen) {
    const text = readFileSync(join(patchFolder(library), patch), "utf8");
    const tests = testsOf(fieldsOf(text).Test);
    const missing = tests.find(({ file }) => file && !existsSync(join(root, file)));
    const id = `${library}/${patch}`;
    if (missing) {
      rows.push([id, "NOT RUN", `${missing.file} does not exist`]);
    } else {
      const key = keyOf(text, tests);
      if (results[id]?.key !== key) {
        const start = Date.now();
        const outcomes = [];
        for (const test of tests) {
          outcomes.push(await proveTest(library, patch, test));
          // One test that notices is enough.
          if (outcomes.at(-1).state === "proven") break;
        }
        const best = outcomes.find(({ state }) => state === "proven") ??
          outcomes[0] ?? { state: "no test", detail: "the header names none" };
        results[id] = { key, ...best, seconds: Math.round((Date.now() - start) / 1000) };
        writeFileSync(resultsFile, `${JSON.stringify(results, undefined, 2)}\n`);
      }
      rows.push([id, results[id].state, results[id].detail]);
    }
    console.log(`${rows.length}/${chosen.length} ${rows.at(-1).join(": ")}`);
  }
  console.log("\n| patch | without it | details |\n|---|---|---|");
  for (const row of rows) console.log(`| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  return rows.some(([, state]) => open.has(state)) ? 1 : 0;
}
