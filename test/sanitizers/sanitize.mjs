// Runs the tests with vendored libraries and addon built with a sanitizer, whose runtime is preloaded into Node.
//
//     npm run sanitize -- asan                       the whole suite, then a program that is checked for leaks
//     npm run sanitize -- tsan -- test/socket        arguments for vitest
//     npm run sanitize -- asan --quick               about a minute: run by `npm test`
//
// Every process of a run, including children of tests, writes its reports to a file, so none is missed. Only undefined
// behavior in the asan build is printed to stderr: that process exits, and its test fails.

import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execaSync } from "execa";
import { Argument, command } from "../../scripts/command_line.mjs";
import { fail } from "../../scripts/terminal.mjs";
import { isCrashOfTool, runtimeOf, sanitizerEnvironment, sanitizers } from "./sanitizers.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Tests of sockets, messages of all sizes, proxies, workers and ends: under a minute with a sanitizer. */
const quickTests = [
  "test/socket/socket.test.ts",
  "test/socket/sender.test.ts",
  "test/socket/receiver.test.ts",
  "test/observer/observer.test.ts",
  "test/draft/draft.test.ts",
  "test/hostile/close.test.ts",
  "test/hostile/failing.test.ts",
  "test/hostile/transfer.test.ts",
];

const program = command("npm run sanitize --", "Runs the tests under a sanitizer.")
  .addArgument(new Argument("<sanitizer>").choices(Object.keys(sanitizers)))
  .argument("[vitest...]", "behind a further --: what vitest is given; default: the whole suite")
  .option("--quick", "a minute's worth of the suite")
  .parse();
const flags = program.opts();
const [choice, ...given] = program.args;
// Excluded from the whole suite: tests that hardly run the addon, and tests that measure memory, which a sanitizer
// changes. Files named on the command line run anyway.
const excluded = given.length > 0 ? [] : ["test/package/**", "test/site/**", "test/soak/leaks.test.ts"];
const vitestArguments = flags.quick && given.length === 0 ? quickTests : given;

if (!runtimeOf(choice)) {
  const sentence = `The compiler has no ${sanitizers[choice].runtime}: install it (on Debian it comes with g++).`;
  if (!flags.quick) fail(sentence);
  console.warn(`SKIP ${choice}: ${sentence}`);
  process.exit(0);
}

const inherited = { cwd: root, stdio: "inherit", reject: false };
const build = execaSync(process.execPath, ["scripts/build.mjs", "--sanitize", choice], inherited);
if (build.failed) process.exit(build.exitCode ?? 1);

const reports = join(root, "out", choice, "reports");
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

/** Runs Node with the sanitized addon and, if given, `setting`. Returns its exit code. */
function run(args, ...setting) {
  const env = sanitizerEnvironment(choice, join(root, "out", choice), reports, setting);
  return execaSync(process.execPath, args, { ...inherited, env }).exitCode ?? 1;
}

/**
 * Runs a program that is checked for leaks when it exits. LeakSanitizer itself has crashed there ("Tracer caught
 * signal 11"). Then nothing has been checked, so the program runs again.
 */
function checkLeaks(attempts = 3) {
  const before = new Set(readdirSync(reports));
  const status = run(["test/sanitizers/program.cjs"], "detect_leaks=1");
  const crashes = readdirSync(reports)
    .filter((file) => !before.has(file))
    .map((file) => join(reports, file))
    .filter((file) => isCrashOfTool(readFileSync(file, "utf8")));
  if (crashes.length === 0 || attempts === 1) return status;
  console.warn("LeakSanitizer crashed before it had looked for leaks: checking again");
  for (const file of crashes) rmSync(file);
  return checkLeaks(attempts - 1);
}

// Types need no sanitizer. Instrumented code takes longer.
const vitest = [
  ...["node_modules/vitest/vitest.mjs", "run", "--typecheck.enabled=false", "--testTimeout=180000"],
  ...excluded.map((pattern) => `--exclude=${pattern}`),
];
let status = run([...vitest, ...vitestArguments]);
if (choice === "asan") status = checkLeaks() || status;
// A failed allocation because of a peer's announcement is not an error: libzmq must handle it, and tests check that.
const refused = /^==\d+==WARNING: \w+Sanitizer failed to allocate .*\n/gm;
const found = readdirSync(reports)
  .sort()
  .map((file) => readFileSync(join(reports, file), "utf8").replace(refused, ""))
  .filter((report) => report !== "");
for (const report of found) console.error(report.slice(0, 8000));
if (found.length > 0) {
  fail(`${choice} reported ${found.length} times, above and in ${reports}.`);
}
if (status !== 0) process.exit(status);
console.log(`no error${choice === "asan" ? " and no leak" : ""} under the ${choice} build (out/${choice})`);
