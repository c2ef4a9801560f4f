// Fetches, verifies, unpacks and patches the third-party sources that vendor/versions.json pins. docs/building.md says
// where archives come from, and how to upgrade a library.

import { existsSync } from "node:fs";
import { fail } from "./terminal.mjs";
import { archiveOf, fetchSources } from "./vendor/fetch.mjs";
import { packSources } from "./vendor/packed.mjs";
import { pins } from "./vendor/pins.mjs";
import { collectHeaders, collectLicences, collectPackedLicences, unpack } from "./vendor/unpack.mjs";

// The published package has neither commander nor scripts/upgrade. There, this program runs without parameters.
const upgrade = new URL("./upgrade/command_line.mjs", import.meta.url);
if (process.argv.length > 2 && !existsSync(upgrade)) {
  fail(
    `${process.argv.slice(2).join(" ")}: options need a clone of the repository; the package has none of these scripts.`,
  );
}
const flags = process.argv.length > 2 ? (await import(upgrade.href)).parseVendor() : { names: [] };

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
if (flags.list) {
  const { listPatches } = await import("./upgrade/list.mjs");
  listPatches();
}
if (flags.prove) {
  const { prove } = await import("./upgrade/prove.mjs");
  process.exitCode = await prove(flags.names);
}
