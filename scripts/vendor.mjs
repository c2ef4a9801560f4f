// Fetches, verifies and unpacks the third-party sources pinned in vendor/versions.json.
//
//   node scripts/vendor.mjs            fetch what is missing, verify all, unpack and patch into vendor/src
//   node scripts/vendor.mjs --fetch    fetch and verify only (what a packed tarball carries)
//
// Sources come from, in this order: vendor/sources, the folder named by ZMQ_NATIVE_SOURCES, Debian through apt.

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail, parseFlags, run } from "./terminal.mjs";

const vendor = fileURLToPath(new URL("../vendor/", import.meta.url));
const sources = join(vendor, "sources");
const aptFolder = join(vendor, "apt");

const sha256 = (data) => createHash("sha256").update(data).digest("hex");

/** The archive's path in `folder` if it is there with the pinned hash; any other hash is refused, not replaced. */
function verified(folder, pin) {
  const path = join(folder, pin.archive);
  if (!existsSync(path)) return undefined;
  const hash = sha256(readFileSync(path));
  if (hash !== pin.sha256) {
    fail(
      `${path} has sha256 ${hash}, but vendor/versions.json pins ${pin.sha256}: delete the file to fetch it again, or correct the pin if you meant to change the version.`,
    );
  }
  return path;
}

/** apt with sources, state and cache of its own: the system's lists stay as they are, and no root is needed. */
function aptOptions() {
  for (const folder of ["lists/partial", "archives/partial"]) {
    mkdirSync(join(aptFolder, folder), { recursive: true });
  }
  const targets = execFileSync("apt-get", [
    ...["indextargets", "Created-By: Packages", "--format", "$(REPO_URI) $(RELEASE) $(ORIGIN)"],
  ]).toString();
  const lines = [...new Set(targets.trim().split("\n"))]
    .map((target) => target.split(" "))
    .filter(([, , origin]) => ["Debian", "Ubuntu", "$(ORIGIN)"].includes(origin))
    // The pinned sha256 is what decides, so the list's own signature need not.
    .map(([uri, release]) => `deb-src [trusted=yes] ${uri} ${release} main universe`);
  writeFileSync(join(aptFolder, "sources.list"), `${lines.join("\n")}\n`);
  const settings = {
    "Dir::Etc::SourceList": join(aptFolder, "sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State": aptFolder,
    "Dir::State::status": "/var/lib/dpkg/status",
    "Dir::Cache": aptFolder,
    "APT::Sandbox::User": "root",
  };
  return Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
}

/** Fetches with apt from whichever served Debian revision carries the pinned hash. */
function fetchFromDebian(missing) {
  const names = missing.map(([name]) => name).join(", ");
  const otherWay = `set ZMQ_NATIVE_SOURCES to a folder that holds ${missing.map(([, pin]) => pin.archive).join(", ")}`;
  if (spawnSync("apt-get", ["--version"]).status !== 0) {
    fail(`The sources of ${names} are fetched with apt, which this system lacks: ${otherWay}.`);
  }
  const options = aptOptions();
  const apt = (command, ...args) =>
    spawnSync(command, [...options, "-q", ...args], { cwd: sources, encoding: "utf8" });
  apt("apt-get", "update");
  for (const [name, pin] of missing) {
    const records = apt("apt-cache", "showsrc", pin.debianSource).stdout.split("\n\n");
    const revisions = records
      .filter((record) => record.includes(pin.sha256))
      .map((record) => /^Version: (.*)$/m.exec(record)?.[1]);
    const fetched = revisions.some((revision) => {
      const source = `${pin.debianSource}=${revision}`;
      apt("apt-get", "source", "--download-only", "--tar-only", source);
      return verified(sources, pin);
    });
    if (!fetched) {
      fail(
        revisions.length === 0
          ? `Debian's archive could not be reached, or no longer serves ${pin.archive}: check the network, or ${otherWay}.`
          : `${pin.archive} could not be downloaded: check the network, or ${otherWay}.`,
      );
    }
    console.log(`fetched ${name} ${pin.version}`);
  }
}

function fetch(pins) {
  mkdirSync(sources, { recursive: true });
  const named = process.env.ZMQ_NATIVE_SOURCES;
  const missing = pins.filter(([, pin]) => {
    if (verified(sources, pin)) return false;
    const given = named && verified(named, pin);
    if (given) copyFileSync(given, join(sources, pin.archive));
    return !given;
  });
  if (missing.length > 0) fetchFromDebian(missing);
  rmSync(aptFolder, { recursive: true, force: true });
}

/** Our patches to one dependency, in the order of vendor/patches/NAME/series: one path a line, `#` begins a comment. */
function patchesOf(name) {
  const folder = join(vendor, "patches", name);
  if (!existsSync(folder)) return [];
  return readFileSync(join(folder, "series"), "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "")
    .map((line) => join(folder, line));
}

/** Collects its licences, whose list may be newer than what is unpacked. */
function collectLicences(name, pin) {
  mkdirSync(join(vendor, "licences"), { recursive: true });
  const licences = pin.licenceFiles.map((file) => readFileSync(join(vendor, "src", name, file), "utf8"));
  writeFileSync(join(vendor, "licences", `${name}.txt`), licences.join("\n\n"));
}

/** Unpacks into vendor/src/NAME, once for each pair of archive and patches, so that builds stay incremental. */
function unpack(name, pin) {
  const patches = patchesOf(name);
  const folder = join(vendor, "src", name);
  const stamp = join(folder, ".stamp");
  const wanted = sha256([pin.sha256, ...patches.map((patch) => readFileSync(patch))].join("\n"));
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Nearly every archive holds one folder with everything in it.
  const strip = `--strip-components=${pin.topFolders ?? 1}`;
  run("tar", ["-xf", join(sources, pin.archive), strip, "-C", folder]);
  for (const patch of patches) run("patch", ["-p1", "--silent", "-i", patch], { cwd: folder });
  writeFileSync(stamp, wanted);
  console.log(`unpacked ${name} ${pin.version}${patches.length ? `, ${patches.length} patched` : ""}`);
}

/** Headers of Node-API, so that the package can be built with nothing installed beside it. */
function collectHeaders() {
  const packages = {
    "node-addon-api": /^napi.*\.h$/,
    "node-api-headers/include": /\.h$/,
    "node-api-headers/def": /\.def$/,
  };
  for (const [folder, wanted] of Object.entries(packages)) {
    const from = join(vendor, "../node_modules", folder);
    if (!existsSync(from)) continue;
    const to = join(vendor, "headers", folder);
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from).filter((name) => wanted.test(name))) {
      const content = readFileSync(join(from, name));
      // One that is as it was keeps its time, and whatever includes it is not compiled again.
      if (existsSync(join(to, name)) && readFileSync(join(to, name)).equals(content)) continue;
      writeFileSync(join(to, name), content);
    }
  }
}

const flags = parseFlags({
  usage: "node scripts/vendor.mjs [--fetch]",
  options: { fetch: { type: "boolean", help: "fetch and verify only, unpack nothing" } },
});
const pins = Object.entries(JSON.parse(readFileSync(join(vendor, "versions.json"), "utf8")));
fetch(pins);
collectHeaders();
if (!flags.fetch) {
  for (const [name, pin] of pins) {
    unpack(name, pin);
    collectLicences(name, pin);
  }
}
