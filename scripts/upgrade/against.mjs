// Tries our patches on another version of a library: `npm run vendor -- --against PATH`.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fail } from "../terminal.mjs";
import { archiveOf } from "../vendor/fetch.mjs";
import { pins, root, vendor } from "../vendor/pins.mjs";
import { patchFolder, seriesOf } from "../vendor/series.mjs";
import { extract } from "../vendor/unpack.mjs";
import { applyPatch } from "./apply.mjs";
import { compareHeaders, versionOf } from "./header.mjs";
import { compareSuites } from "./suites.mjs";

const states = {
  applied: "applies",
  offset: "applies with an offset",
  fuzz: "applies with fuzz: read the result",
  upstream: "already upstream: drop it from the series",
  partly: "rejected in part",
  rejected: "rejected",
};

/** Copies a folder, or extracts an archive, to `target`. */
function copySource(path, target) {
  rmSync(target, { recursive: true, force: true });
  if (statSync(path).isDirectory()) {
    mkdirSync(target, { recursive: true });
    const unwanted = new Set([".git", ".stamp"]);
    cpSync(path, target, {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
      filter: (file) => !unwanted.has(basename(file)),
    });
    return;
  }
  extract({ path, strip: 0 }, target);
  // An archive usually holds one folder with everything in it.
  const entries = readdirSync(target);
  if (entries.length === 1) extract({ path, strip: 1 }, target);
}

/** Applies the series to `folder`, prints the state of each patch, and returns whether none is rejected. */
function report(library, folder) {
  const counts = {};
  for (const patch of seriesOf(library)) {
    const { state, notes } = applyPatch(folder, join(patchFolder(library), patch));
    counts[state] = (counts[state] ?? 0) + 1;
    console.log(`${patch.padEnd(64)} ${states[state]}`);
    for (const note of notes) console.log(`    ${note}`);
  }
  const summary = Object.entries(states).map(
    ([state, text]) => `${counts[state] ?? 0} ${text.split(":")[0]}`,
  );
  console.log(`\n${seriesOf(library).length} patches: ${summary.join(", ")}.`);
  if (counts.partly || counts.rejected) {
    console.log(
      "Hunks that fit were applied, so a later patch may fail because of one that is rejected above.",
    );
  }
  return !counts.partly && !counts.rejected;
}

/** Prints the constants and functions of another zmq.h that lib/binding/constants.ts does not have, and the reverse. */
function reportHeader(unpatched) {
  const header = readFileSync(join(unpatched, "include/zmq.h"), "utf8");
  const ours = readFileSync(join(vendor, "src/libzmq/include/zmq.h"), "utf8");
  const lines = compareHeaders(ours, header);
  console.log(`\nzmq.h of ${versionOf(header)}, compared with our patched ${versionOf(ours)}:`);
  console.log(lines.length > 0 ? lines.map((line) => `  ${line}`).join("\n") : "  no difference");
}

/** Carries out --against and --test; returns the exit code. */
export async function tryUpgrade({ against, test, library = "libzmq" }) {
  const pin = Object.fromEntries(pins)[library];
  if (!pin) fail(`--library must be one of ${pins.map(([name]) => name).join(", ")}, got ${library}.`);
  if (test && library !== "libzmq") fail("--test runs the tests of libzmq: leave out --library.");
  if (against && !existsSync(resolve(against)))
    fail(`${against} does not exist: name a folder or an archive.`);

  const folder = join(root, "out/upgrade", library);
  const unpatched = join(folder, "unpatched");
  const patched = join(folder, "patched");
  // These folders are emptied, so the version to try must be elsewhere.
  const path = resolve(against ?? "/");
  const overlaps =
    against && [relative(folder, path), relative(path, folder)].some((way) => !way.startsWith(".."));
  if (overlaps) fail(`${against} overlaps ${folder}, which this command overwrites: copy it elsewhere.`);
  if (against) copySource(resolve(against), unpatched);
  else extract(archiveOf(library, pin), unpatched);
  copySource(unpatched, patched);
  if (!against) copySource(join(vendor, "src", library), patched);
  if (library === "libzmq" && !existsSync(join(unpatched, "include/zmq.h")))
    fail(`${against} does not look like libzmq: it has no include/zmq.h.`);
  let clean = true;
  if (against) {
    clean = report(library, patched);
    if (library === "libzmq") reportHeader(unpatched);
  }
  const same = test ? await compareSuites({ unpatched, patched }) : true;
  return clean && same ? 0 : 1;
}
