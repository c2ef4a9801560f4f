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
expect.extend?.(customMatchers);

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

/** Runs files, each an import by its name; prints what failed, and a count. True when nothing failed. */
export async function runFiles(files) {
  const counts = { pass: 0, fail: 0, skip: 0 };
  for (const [name, load] of Object.entries(files)) {
    const runner = { config, importFile: load };
    const [file] = await startTests([`/${name}`], runner);
    if (file.result?.errors) {
      counts.fail++;
      console.log(
        `FAILED ${name}: ${file.result.errors.map((error) => error.stack ?? error.message).join("\n")}`,
      );
    }
    for (const [path, { result }] of testsOf(file)) {
      const state = result?.state === "pass" || result?.state === "fail" ? result.state : "skip";
      counts[state]++;
      if (state !== "fail") continue;
      console.log(
        `FAILED ${path}: ${result.errors?.map((error) => error.stack ?? error.message).join("\n")}`,
      );
    }
    console.log(`${name} done: ${counts.pass} passed, ${counts.fail} failed so far`);
  }
  console.log(`${counts.pass} passed, ${counts.fail} failed, ${counts.skip} skipped`);
  return counts.fail === 0;
}
