// Finds the source archive of each library: on this machine, by HTTPS, or with apt.

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../terminal.mjs";
import { cleanUpApt, downloadWithApt } from "./apt.mjs";
import { download } from "./download.mjs";
import { packedArchive } from "./packed.mjs";
import { vendor } from "./pins.mjs";

const sources = join(vendor, "sources");

/** Returns the archive's path in `folder` if it exists. Ends the process if its hash is not the pinned one. */
function verified(folder, pin) {
  const path = join(folder, pin.archive);
  if (!existsSync(path)) return undefined;
  const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
  if (hash !== pin.sha256) {
    fail(
      `${path} has sha256 ${hash}, but vendor/versions.json pins ${pin.sha256}: delete the file to fetch it again, or correct the pin if you meant to change the version.`,
    );
  }
  return path;
}

/** Puts the archive into vendor/sources. Returns the reasons why each origin does not have it, or undefined. */
async function fetchOne(name, pin) {
  const target = join(sources, pin.archive);
  const named = process.env.ZMQ_NATIVE_SOURCES;
  const given = named && verified(named, pin);
  if (given) {
    copyFileSync(given, target);
    return undefined;
  }
  const reasons = [
    "vendor/sources: not there",
    named ? `ZMQ_NATIVE_SOURCES: not in ${named}` : "ZMQ_NATIVE_SOURCES: not set",
  ];
  const origins = [
    ...pin.urls.map((url) => () => download(url, target, pin.sha256)),
    () => downloadWithApt(pin, sources),
  ];
  for (const origin of origins) {
    const reason = await origin();
    if (reason === undefined && verified(sources, pin)) {
      console.log(`fetched ${name} ${pin.version}`);
      return undefined;
    }
    reasons.push(reason);
  }
  return reasons;
}

/**
 * Makes the source of each library available: packed with the published package, or as an archive in vendor/sources,
 * copied from the folder ZMQ_NATIVE_SOURCES, downloaded from one of the pinned URLs, or fetched with apt, in this order.
 * Ends the process with the reason of each origin if a library is in none. With `whole`, packed sources do not count.
 */
export async function fetchSources(pins, whole) {
  const missing = pins.filter(
    ([name, pin]) => (whole || !packedArchive(name, pin)) && !verified(sources, pin),
  );
  if (missing.length === 0) return;
  mkdirSync(sources, { recursive: true });
  const failures = [];
  for (const [name, pin] of missing) {
    const reasons = await fetchOne(name, pin);
    if (reasons) failures.push([name, pin, reasons]);
  }
  cleanUpApt();
  if (failures.length === 0) return;
  const texts = failures.map(
    ([name, pin, reasons]) =>
      `${name} ${pin.version} (${pin.archive}) is not available:\n${reasons.map((reason) => `  ${reason}`).join("\n")}`,
  );
  const archives = failures.map(([, pin]) => pin.archive).join(", ");
  fail(
    `${texts.join("\n")}\nCheck the network, or set ZMQ_NATIVE_SOURCES to a folder that holds ${archives}.`,
  );
}

/** Returns the fetched archive of a library and how many leading folders of its paths to strip. */
export function archiveOf(name, pin) {
  const upstream = join(sources, pin.archive);
  // Nearly every archive holds one folder with everything in it.
  if (existsSync(upstream)) return { path: upstream, strip: pin.topFolders ?? 1 };
  return { path: packedArchive(name, pin), strip: 0 };
}
