// Packages with all that they depend on, for tests: installed into a cache folder outside of the project, without running
// anything of theirs.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, env, run } from "./npm.mjs";

/** The folder whose `node_modules` has the packages, by name and version. */
export function treeOf(dependencies) {
  const text = JSON.stringify({ private: true, dependencies });
  const folder = join(cache, "trees", createHash("sha256").update(text).digest("hex").slice(0, 16));
  if (existsSync(folder)) return folder;
  mkdirSync(join(cache, "trees"), { recursive: true });
  // Another process may do the same meanwhile.
  const fresh = mkdtempSync(`${folder}.`);
  try {
    writeFileSync(join(fresh, "package.json"), text);
    run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: fresh,
      env,
    });
    if (!existsSync(folder)) renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}
