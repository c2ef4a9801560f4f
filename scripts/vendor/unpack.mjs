// Unpacks the sources into vendor/src, applies our patches, and collects licenses and Node-API headers.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../terminal.mjs";
import { archiveOf } from "./fetch.mjs";
import { packedArchive } from "./packed.mjs";
import { root, vendor } from "./pins.mjs";
import { patchFolder, seriesOf } from "./series.mjs";

/** Empties `folder` and extracts an archive into it. */
export function extract({ path, strip }, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run("tar", ["-xf", path, `--strip-components=${strip}`, "-C", folder]);
}

/**
 * Unpacks into vendor/src/NAME, once for each pair of archive and patches, so that builds stay incremental. The folder
 * appears when it is complete: another run may do the same at that time.
 */
export function unpack(name, pin) {
  const patches = seriesOf(name).map((patch) => join(patchFolder(name), patch));
  const folder = join(vendor, "src", name);
  const stamp = join(folder, ".stamp");
  const content = [pin.sha256, ...patches.map((patch) => readFileSync(patch))].join("\n");
  const wanted = createHash("sha256").update(content).digest("hex");
  const isDone = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (isDone()) return;
  const fresh = join(vendor, "src", `.${name}-${process.pid}`);
  extract(archiveOf(name, pin), fresh);
  for (const patch of patches) {
    run("patch", ["-p1", "--silent", "-i", patch], { cwd: fresh, what: `applying ${patch}` });
  }
  writeFileSync(join(fresh, ".stamp"), wanted);
  try {
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!isDone()) throw error;
  }
  console.log(`unpacked ${name} ${pin.version}${patches.length ? `, ${patches.length} patched` : ""}`);
}

/** Writes a library's license texts to `vendor/licences`; `read` returns a file of its sources. */
function writeLicences(name, pin, read) {
  const file = join(vendor, "licences", `${name}.txt`);
  const text = pin.licenceFiles.map(read).join("\n\n");
  // A file with the same content keeps its time: it is an input of the build.
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  mkdirSync(join(vendor, "licences"), { recursive: true });
  writeFileSync(file, text);
}

/** Collects a library's license texts, whose list may be newer than its unpacked sources. */
export const collectLicences = (name, pin) =>
  writeLicences(name, pin, (file) => readFileSync(join(vendor, "src", name, file), "utf8"));

/** The same from the packed archive: the package needs the texts, also if nothing was unpacked. */
export const collectPackedLicences = (name, pin) =>
  writeLicences(name, pin, (file) =>
    execFileSync("tar", ["-xOf", packedArchive(name, pin), file], { encoding: "utf8" }),
  );

/** Copies the headers of Node-API into vendor/headers, so that the published package builds on its own. */
export function collectHeaders() {
  const packages = {
    "node-addon-api": /^napi.*\.h$/,
    "node-api-headers/include": /\.h$/,
    "node-api-headers/def": /\.def$/,
  };
  for (const [folder, wanted] of Object.entries(packages)) {
    const from = join(root, "node_modules", folder);
    if (!existsSync(from)) continue;
    const to = join(vendor, "headers", folder);
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from).filter((name) => wanted.test(name))) {
      const content = readFileSync(join(from, name));
      // A file with the same content keeps its time, so that nothing that includes it is compiled again.
      if (existsSync(join(to, name)) && readFileSync(join(to, name)).equals(content)) continue;
      writeFileSync(join(to, name), content);
    }
  }
}
