// Stands for "vitest" in runtimes that vitest itself does not run in: its own runner and its own `expect`, which are
// plain JavaScript, without the processes and the transformation around them.

import {
  ASYMMETRIC_MATCHERS_OBJECT,
  customMatchers,
  GLOBAL_EXPECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";
import { startTests } from "@vitest/runner";
import * as chai from "chai";

export { afterAll, afterEach, beforeAll, beforeEach, describe, test } from "@vitest/runner";

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

export const expect = (value, message) => {
  const { assertionCalls } = getState(expect);
  setState({ assertionCalls: assertionCalls + 1 }, expect);
  return chai.expect(value, message);
};
Object.assign(expect, chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);
globalThis[GLOBAL_EXPECT] = expect;
setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }, expect);
chai.expect.extend(expect, customMatchers);

const config = {
  root: "/",
  setupFiles: [],
  name: undefined,
  passWithNoTests: false,
  testNamePattern: undefined,
  allowOnly: true,
  sequence: { seed: 1, hooks: "stack", setupFiles: "list" },
  chaiConfig: undefined,
  maxConcurrency: 1,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  tagsFilter: undefined,
  strictTags: false,
};

/** All tests below a suite or a file, each with its name. */
function* testsOf(task, path = []) {
  const name = [...path, task.name];
  if (task.type === "test") yield [name.join(" > "), task];
  else for (const child of task.tasks) yield* testsOf(child, name);
}

/** Runs a file, given by its import; prints what failed, and a count. True when nothing failed. */
export async function runFile(name, load) {
  const counts = { pass: 0, fail: 0, skip: 0 };
  const [file] = await startTests([`/${name}`], { config, importFile: load });
  const report = (path, errors) =>
    console.log(`FAILED ${path}: ${errors?.map((error) => error.stack ?? error.message).join("\n")}`);
  if (file.result?.errors) {
    counts.fail++;
    report(name, file.result.errors);
  }
  for (const [path, { result }] of testsOf(file)) {
    const state = result?.state === "pass" || result?.state === "fail" ? result.state : "skip";
    counts[state]++;
    if (state === "fail") report(path, result.errors);
  }
  console.log(`${counts.pass} passed, ${counts.fail} failed, ${counts.skip} skipped`);
  return counts.fail === 0;
}
