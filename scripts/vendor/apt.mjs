// Downloads a source archive with Debian's apt.

import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute } from "../terminal.mjs";
import { vendor } from "./pins.mjs";

const folder = join(vendor, "apt");

/**
 * Returns options for apt with sources, state and cache of its own: the lists of the system do not change, and root is not
 * needed. The sources are those of the system's releases and, if given, of another suite on the same mirror.
 */
function aptOptions(suite) {
  for (const name of ["lists/partial", "archives/partial"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const format = "$(REPO_URI) $(RELEASE) $(ORIGIN)";
  const { stdout: targets } = execute("apt-get", [
    "indextargets",
    "Created-By: Packages",
    "--format",
    format,
  ]);
  const known = [...new Set(targets.trim().split("\n"))]
    .map((target) => target.split(" "))
    .filter(([, , origin]) => ["Debian", "Ubuntu", "$(ORIGIN)"].includes(origin));
  const mirror = known.find(([uri]) => /\/debian\/?$/.test(uri));
  const others = suite && mirror ? [[mirror[0], suite]] : [];
  const lines = [...known, ...others].map(
    // The pinned sha256 decides, so the signature of the list is not needed.
    ([uri, release]) => `deb-src [trusted=yes] ${uri} ${release} main universe`,
  );
  writeFileSync(join(folder, "sources.list"), `${lines.join("\n")}\n`);
  const settings = {
    "Dir::Etc::SourceList": join(folder, "sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State": folder,
    "Dir::State::status": "/var/lib/dpkg/status",
    "Dir::Cache": folder,
    "APT::Sandbox::User": "root",
  };
  return Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
}

/** The options, and the suite that their lists have in addition to those of the system. */
let lists;

/** Downloads the pinned archive into `target`. Returns undefined, or the reason why there is no file. */
export function downloadWithApt(pin, target) {
  if (execute("apt-get", ["--version"]).status !== 0) return "apt: this system has no apt-get";
  const apt = (command, ...args) => execute(command, [...lists.options, "-q", ...args], { cwd: target });
  const { debianSuite: suite } = pin;
  if (lists === undefined || (suite !== undefined && lists.suite !== suite)) {
    lists = { suite, options: aptOptions(suite) };
    apt("apt-get", "update");
  }
  const records = apt("apt-cache", "showsrc", pin.debianSource).stdout.split("\n\n");
  // Any revision whose record has the pinned hash.
  const revisions = records
    .filter((record) => record.includes(pin.sha256))
    .map((record) => /^Version: (.*)$/m.exec(record)?.[1]);
  for (const revision of revisions) {
    apt("apt-get", "source", "--download-only", "--tar-only", `${pin.debianSource}=${revision}`);
    if (existsSync(join(target, pin.archive))) return undefined;
  }
  return revisions.length === 0
    ? `apt: no source list has ${pin.archive} with this hash, or Debian's archive cannot be reached`
    : `apt: ${pin.archive} cannot be downloaded`;
}

/** Removes apt's lists of this run. */
export function cleanUpApt() {
  rmSync(folder, { recursive: true, force: true });
}
