// Runs the tests with vendor and addon built under a sanitizer, its runtime preloaded into Node.
//
//   npm run sanitize -- asan                       the whole suite, then a program that is watched for leaks
//   npm run sanitize -- tsan -- test/socket        what vitest is given
//   npm run sanitize -- asan --quick               a minute's worth: what `npm test` runs
//
// Every process of a run, however deep below a test, writes what it has to report to a file: nothing is missed. Only
// undefined behaviour in the build of asan goes to its standard error; that process ends there, and its test fails.

import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execaSync } from "execa";
import { Argument, command } from "../../scripts/command_line.mjs";
import { fail } from "../../scripts/terminal.mjs";
import { runtimeOf, sanitizerEnvironment, sanitizers } from "./sanitizers.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where sockets, messages of all sizes, proxies, workers and ends are: under a minute with a sanitizer. */
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
// Of the whole suite: where little or nothing runs the addon, and where memory is measured, of which a sanitizer has
// its own. Who names files gets them.
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

/** Runs Node with the sanitized addon; `setting`, if any, is added. Answers its exit code. */
function run(args, ...setting) {
  const env = sanitizerEnvironment(choice, join(root, "out", choice), reports, setting);
  return execaSync(process.execPath, args, { ...inherited, env }).exitCode ?? 1;
}

// Types are none of its business; what is instrumented takes its time.
const vitest = [
  ...["node_modules/vitest/vitest.mjs", "run", "--typecheck.enabled=false", "--testTimeout=180000"],
  ...excluded.map((pattern) => `--exclude=${pattern}`),
];
let status = run([...vitest, ...vitestArguments]);
if (choice === "asan") {
  status = run(["test/sanitizers/program.cjs"], "detect_leaks=1") || status;
}
// That a peer's announcement was too much for the allocator is no error: libzmq has to live with it, and is seen to.
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
