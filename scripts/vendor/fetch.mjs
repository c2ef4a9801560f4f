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

/** Copies the archive from the folder ZMQ_NATIVE_SOURCES. Returns the reasons why vendor/sources lacks it, or undefined. */
function copyGiven(pin) {
  const named = process.env.ZMQ_NATIVE_SOURCES;
  const given = named && verified(named, pin);
  if (given) {
    copyFileSync(given, join(sources, pin.archive));
    return undefined;
  }
  return [
    "vendor/sources: not there",
    named ? `ZMQ_NATIVE_SOURCES: not in ${named}` : "ZMQ_NATIVE_SOURCES: not set",
  ];
}

/** The URLs of an archive: on the mirror, if one is set, and then those of its pin. */
function urlsOf(pin) {
  const mirror = process.env.ZMQ_NATIVE_MIRROR;
  const name = encodeURIComponent(pin.archive);
  return [...(mirror ? [`${mirror.replace(/\/$/, "")}/${name}`] : []), ...pin.urls];
}

async function* downloads(pin) {
  for (const url of urlsOf(pin)) yield await download(url, join(sources, pin.archive), pin.sha256);
}

async function* aptSource(pin) {
  yield downloadWithApt(pin, sources);
}

/**
 * Makes the source of each library available: packed with the published package, or as an archive in vendor/sources,
 * copied from the folder ZMQ_NATIVE_SOURCES, downloaded by HTTPS, or fetched with apt, in this order. Ends the process
 * with the reason of each origin if a library is in none. With `whole`, packed sources do not count.
 */
export async function fetchSources(pins, whole) {
  const lacking = pins.filter(
    ([name, pin]) => (whole || !packedArchive(name, pin)) && !verified(sources, pin),
  );
  if (lacking.length === 0) return;
  mkdirSync(sources, { recursive: true });
  let missing = lacking
    .map(([name, pin]) => ({ name, pin, reasons: copyGiven(pin) }))
    .filter(({ reasons }) => reasons !== undefined);
  // apt blocks the event loop, so it runs after all downloads: servers close a connection that is idle meanwhile.
  for (const attempts of [downloads, aptSource]) {
    const failed = [];
    for (const library of missing) if (!(await fetchBy(attempts, library))) failed.push(library);
    missing = failed;
  }
  cleanUpApt();
  if (missing.length === 0) return;
  const texts = missing.map(
    ({ name, pin, reasons }) =>
      `${name} ${pin.version} (${pin.archive}) is not available:\n${reasons.map((reason) => `  ${reason}`).join("\n")}`,
  );
  const archives = missing.map(({ pin }) => pin.archive).join(", ");
  fail(
    `${texts.join("\n")}\nCheck the network, or set ZMQ_NATIVE_SOURCES to a folder that holds ${archives}.`,
  );
}

/** Whether one of the attempts has put the archive into vendor/sources. Adds the reason of each other to `reasons`. */
async function fetchBy(attempts, { name, pin, reasons }) {
  for await (const reason of attempts(pin)) {
    if (reason === undefined && verified(sources, pin)) {
      console.log(`fetched ${name} ${pin.version}`);
      return true;
    }
    reasons.push(reason);
  }
  return false;
}

/** Returns the fetched archive of a library and how many leading folders of its paths to strip. */
export function archiveOf(name, pin) {
  const upstream = join(sources, pin.archive);
  // Nearly every archive holds one folder with everything in it.
  if (existsSync(upstream)) return { path: upstream, strip: pin.topFolders ?? 1 };
  return { path: packedArchive(name, pin), strip: 0 };
}
