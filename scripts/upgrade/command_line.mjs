// The command line of `npm run vendor`.

import { command, Option } from "../command_line.mjs";
import { pins } from "../vendor/pins.mjs";

/** Commands that need unpacked sources. */
const others = ["against", "test", "list", "prove"];

/** The options that were given, and as `names` the patches. */
export function parseVendor() {
  const program = command(
    "npm run vendor --",
    "Fetches, verifies, unpacks and patches the third-party sources.",
  )
    .argument("[patches...]", "with --prove: which patches")
    .addOption(new Option("--fetch", "fetch and verify only, unpack nothing").conflicts(others))
    .addOption(
      new Option("--pack", "make vendor/packed, the sources in the published package").conflicts(others),
    )
    .option("--against <path>", "try our patches on another libzmq: a folder or an archive")
    .addOption(
      new Option("--library <name>", "with --against: another library than libzmq").choices(
        pins.map(([name]) => name),
      ),
    )
    .option("--test", "run the tests of libzmq and pyzmq on patched and unpatched libzmq")
    .option("--list", "print the patch series as a table")
    .option("--prove", "remove each patch, or each named one, and expect its test to fail")
    .parse();
  const options = program.opts();
  const [first] = program.args;
  if (first !== undefined && !options.prove) program.error(`error: ${first}: only --prove takes names.`);
  if (options.library !== undefined && !options.against)
    program.error("error: --library needs --against with a folder or an archive.");
  if (options.against === "") program.error("error: --against needs a folder or an archive.");
  return { ...options, names: program.args };
}
