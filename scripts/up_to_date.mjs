// Skips a step of the build when nothing that it reads or writes has changed: CMake and tsc take seconds to find out.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** A hash of the names, sizes and modification times of files, and of all files in folders except `node_modules`. */
function stateOf(paths) {
  const hash = createHash("sha1");
  const add = (path) => {
    const status = statSync(path, { throwIfNoEntry: false });
    hash.update(`${path}\0${status?.size}\0${status?.mtimeMs}\n`);
  };
  const addFolder = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) add(path);
      // Thousands of files, which change with the lock file only.
      else if (entry.name !== "node_modules") addFolder(path);
    }
  };
  for (const path of paths.map((name) => join(root, name))) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) addFolder(path);
    else add(path);
  }
  return hash.digest("hex");
}

/**
 * Runs `build`, unless its last run had the same `settings` and neither `inputs` nor `outputs` have changed since. Paths
 * are relative to the project's folder; folders count with all their files. `record` is the file that remembers this.
 */
export function unlessUpToDate(record, { inputs, outputs, settings = "" }, build) {
  const file = join(root, record);
  const before = stateOf(inputs);
  const state = () => JSON.stringify({ settings, inputs: before, outputs: stateOf(outputs) });
  if (existsSync(file) && readFileSync(file, "utf8") === state()) return;
  build();
  mkdirSync(dirname(file), { recursive: true });
  // With the inputs as they were before: a file that is saved while `build` runs counts as changed.
  writeFileSync(file, state());
}
