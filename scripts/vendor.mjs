// Fetches, verifies, unpacks and patches the third-party sources that vendor/versions.json pins. docs/building.md says
// where archives come from, and how to upgrade a library.

import { fail, parseFlags } from "./terminal.mjs";
import { archiveOf, fetchSources } from "./vendor/fetch.mjs";
import { packSources } from "./vendor/packed.mjs";
import { pins } from "./vendor/pins.mjs";
import { collectHeaders, collectLicences, collectPackedLicences, unpack } from "./vendor/unpack.mjs";

const flags = parseFlags({
  usage: "npm run vendor -- [--fetch | --pack | --against PATH [--test] | --test | --prove [PATCH...]]",
  options: {
    fetch: { type: "boolean", help: "fetch and verify only, unpack nothing" },
    pack: { type: "boolean", help: "make vendor/packed, the sources in the published package" },
    against: { type: "string", help: "try our patches on another libzmq: a folder or an archive" },
    test: { type: "boolean", help: "run the tests of libzmq and pyzmq on patched and unpatched libzmq" },
    prove: { type: "boolean", help: "remove each patch, or each named one, and expect its test to fail" },
    library: { type: "string", help: "with --against: openpgm, norm or libsodium instead of libzmq" },
  },
  positionals: true,
});
if (flags.positionals.length > 0 && !flags.prove) fail(`${flags.positionals[0]}: only --prove takes names.`);

// Packed sources lack the tests of libzmq.
const whole = ["fetch", "pack", "against", "test", "prove"].some((name) => flags[name]);
await fetchSources(pins, whole);
collectHeaders();
if (flags.pack) {
  packSources(pins, archiveOf);
  for (const [name, pin] of pins) collectPackedLicences(name, pin);
}
if (!flags.fetch && !flags.pack) {
  for (const [name, pin] of pins) {
    unpack(name, pin);
    collectLicences(name, pin);
  }
}

// Imported when asked for: the published package does not have them.
if (flags.against || flags.test) {
  const { tryUpgrade } = await import("./upgrade/against.mjs");
  process.exitCode = await tryUpgrade(flags);
}
if (flags.prove) {
  const { prove } = await import("./upgrade/prove.mjs");
  process.exitCode = await prove(flags.positionals);
}
