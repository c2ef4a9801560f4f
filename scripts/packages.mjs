// Installs the packages of a folder that is a package of its own: they are large, and only needed there.

import { existsSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { shown, step } from "./step.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Installs the packages of a folder's lock file, unless they are there. */
export function installPackages(folder) {
  const installed = join(folder, "node_modules/.package-lock.json");
  const lock = join(folder, "package-lock.json");
  if (existsSync(installed) && statSync(lock).mtimeMs <= statSync(installed).mtimeMs) return;
  const title = `installing the packages of ${relative(root, folder)}`;
  console.log(title);
  // Not `npm ci`, which fails where a registry lacks an optional package for another platform.
  const install = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  step(title, "npm", install, { cwd: folder, ...shown });
}
