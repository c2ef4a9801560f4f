// The command line of `npm run vendor`.

import { command } from "../command_line.mjs";

/** The options that were given, and as `names` the patches. */
export function parseVendor() {
  const program = command(
    "npm run vendor --",
    "Fetches, verifies, unpacks and patches the third-party sources.",
  )
    .argument("[patches...]", "with --prove: which patches")
    .option("--fetch", "fetch and verify only, unpack nothing")
    .option("--pack", "make vendor/packed, the sources in the published package")
    .option("--against <path>", "try our patches on another libzmq: a folder or an archive")
    .option("--library <name>", "with --against: openpgm, norm or libsodium instead of libzmq")
    .option("--test", "run the tests of libzmq and pyzmq on patched and unpatched libzmq")
    .option("--list", "print the patch series as a table")
    .option("--prove", "remove each patch, or each named one, and expect its test to fail")
    .parse();
  const options = program.opts();
  const [first] = program.args;
  if (first !== undefined && !options.prove) program.error(`error: ${first}: only --prove takes names.`);
  return { ...options, names: program.args };
}
