// Prints what failed, and the counts as the last line of a run: `N passed, N failed`. A reader of only the end of a long log then
// knows which tests to run again.
import type { Reporter, TestModule } from "vitest/node";

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const failures: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        counts[state]++;
        if (state === "failed")
          failures.push(`${module.relativeModuleId} > ${test.fullName}: ${firstLine(errors[0])}`);
      }
      // A file that could not be loaded has no tests to count, but it is a failure.
      const errors = module.errors();
      if (module.state() === "failed" && errors.length > 0) {
        counts.failed++;
        failures.push(`${module.relativeModuleId}: ${firstLine(errors[0])}`);
      }
    }
    // A process that died in the middle of a file, for instance.
    counts.failed += unhandledErrors.length;
    for (const error of unhandledErrors) failures.push(`outside of a test: ${firstLine(error)}`);
    const skipped = counts.skipped + counts.pending;
    // After the other reporters have printed their summary.
    process.on("exit", () => {
      for (const failure of failures) console.log(`FAILED ${failure}`);
      if (skipped > 0) console.log(`${skipped} skipped`);
      console.log(`${counts.passed} passed, ${counts.failed} failed`);
    });
  }
}

function firstLine(error: unknown): string {
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : error;
  return String(message).split("\n", 1)[0]!.slice(0, 200);
}
