// Prints the counts as the last line of a run: `N passed, N failed`.
import type { Reporter, TestModule } from "vitest/node";

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state]++;
      // A file that could not be loaded has no tests to count, but it is a failure.
      if (module.state() === "failed" && module.errors().length > 0) counts.failed++;
    }
    // A process that died in the middle of a file, for instance.
    counts.failed += unhandledErrors.length;
    const skipped = counts.skipped + counts.pending;
    // After the other reporters have printed their summary.
    process.on("exit", () => {
      if (skipped > 0) console.log(`${skipped} skipped`);
      console.log(`${counts.passed} passed, ${counts.failed} failed`);
    });
  }
}
