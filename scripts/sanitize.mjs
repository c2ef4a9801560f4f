// Runs the tests with vendor and addon built under a sanitizer, its runtime preloaded into Node.
//
//   npm run sanitize -- --with address                 the whole suite
//   npm run sanitize -- --with address -- test/slab    what vitest is given

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail, parseFlags } from "./terminal.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const runtimes = { address: "libasan.so", undefined: "libubsan.so", thread: "libtsan.so" };

const own = process.argv.indexOf("--");
const vitestArguments = own < 0 ? [] : process.argv.slice(own + 1);
const flags = parseFlags({
  usage: "npm run sanitize -- --with address|undefined|thread [-- vitest arguments]",
  options: { with: { type: "string", help: "which sanitizer; address also finds leaks" } },
  args: process.argv.slice(2, own < 0 ? undefined : own),
});
const runtime = runtimes[flags.with];
if (!runtime) fail(`--with must be one of ${Object.keys(runtimes).join(", ")}, got ${flags.with}.`);

function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
}

run(process.execPath, ["scripts/build.mjs", "--sanitize", flags.with]);

const compiler = process.env.CXX ?? "c++";
const preload = spawnSync(compiler, [`-print-file-name=${runtime}`], { encoding: "utf8" }).stdout.trim();
const sanitized = {
  LD_PRELOAD: preload,
  ZMQ_NATIVE_PREBUILD: join(root, "out", flags.with),
  UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1",
  TSAN_OPTIONS: "halt_on_error=1",
};
// Leaks are looked for where a program ends by returning: process.exit(), which the test runner and some tests use,
// leaves all of V8 behind.
run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...vitestArguments], {
  ...sanitized,
  ASAN_OPTIONS: "detect_leaks=0",
});
run(process.execPath, ["scripts/leak_program.cjs"], { ...sanitized, ASAN_OPTIONS: "detect_leaks=1" });
console.log(`no error and no leak under the ${flags.with} sanitizer`);
