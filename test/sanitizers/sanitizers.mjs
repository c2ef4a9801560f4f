// The sanitizers that the addon can be built with, and the environment in which Node.js loads such a build.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execaSync } from "execa";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** For each: the compiler's name, the runtime, the environment variable of its settings, and those settings. */
export const sanitizers = {
  asan: {
    flag: "address,undefined",
    runtime: "libasan.so",
    settings: {
      // Detects leaks only where a program exits by returning. process.exit(), which the test runner and some tests
      // use, leaves all memory of V8 allocated. A peer may announce any length: too large an allocation is an error
      // that libzmq must handle. The addon has its own `operator new` there (test/failing), which allocates by the
      // standard library.
      ASAN_OPTIONS:
        "detect_leaks=0:abort_on_error=0:exitcode=99:allocator_may_return_null=1:alloc_dealloc_mismatch=0",
      UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1:exitcode=99",
    },
  },
  ubsan: {
    flag: "undefined",
    runtime: "libubsan.so",
    settings: { UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1:exitcode=99" },
  },
  tsan: {
    flag: "thread",
    runtime: "libtsan.so",
    // Node is not instrumented, so reports about its own threads are meaningless.
    settings: {
      TSAN_OPTIONS:
        "halt_on_error=0:exitcode=99:ignore_noninstrumented_modules=1:second_deadlock_stack=1:allocator_may_return_null=1",
    },
  },
};

/** Suppression files in test/sanitizers/suppressions, by the variable that they belong to. */
const suppressions = { UBSAN_OPTIONS: "undefined.txt", TSAN_OPTIONS: "thread.txt" };

/** Whether a report says only that LeakSanitizer crashed. A leak, or an error of ours, is reported as an ERROR. */
export const isCrashOfTool = (report) =>
  report.includes("LeakSanitizer has encountered a fatal error") && !/ERROR: \w+Sanitizer/.test(report);

/** Returns the path of a sanitizer's runtime, or undefined if the compiler has none. */
export function runtimeOf(name) {
  const { runtime } = sanitizers[name];
  const compiler = process.env.CXX ?? "c++";
  const { stdout: path = "" } = execaSync(compiler, [`-print-file-name=${runtime}`], { reject: false });
  return path.startsWith("/") ? path : undefined;
}

/** Returns the variables for a process that loads the build below `folder` and writes its reports to `reports`. */
export function sanitizerEnvironment(name, folder, reports, extra = []) {
  const common = [`log_path=${join(reports, "process")}`, ...extra];
  const settings = Object.entries(sanitizers[name].settings).map(([variable, value]) => {
    const file = suppressions[variable];
    const not = file ? [`suppressions=${join(root, "test/sanitizers/suppressions", file)}`] : [];
    return [variable, [value, ...common, ...not].join(":")];
  });
  return {
    ...Object.fromEntries(settings),
    LD_PRELOAD: runtimeOf(name),
    // Tests give programs more time and skip memory measurements.
    ZMQ_NATIVE_SANITIZER: name,
    ZMQ_NATIVE_PREBUILD: folder,
  };
}
