// The sources that the published package carries: of each pinned archive, the files that a build or a relink needs.

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, run } from "../terminal.mjs";
import { vendor } from "./pins.mjs";

const folder = join(vendor, "packed");
const index = join(folder, "index.json");
const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const readIndex = () => (existsSync(index) ? JSON.parse(readFileSync(index, "utf8")) : {});

/** Identifies the content of a packed archive: the upstream archive and the choice of files. */
const contentOf = (pin) => sha256(JSON.stringify([pin.sha256, pin.packed]));

/** Returns the path of a library's packed archive if it was made from the pinned one. */
export function packedArchive(name, pin) {
  const entry = readIndex()[name];
  const path = join(folder, `${name}.tar.xz`);
  if (entry?.content !== contentOf(pin) || !existsSync(path)) return undefined;
  const hash = sha256(readFileSync(path));
  if (hash !== entry.sha256) {
    fail(`${path} has sha256 ${hash}, but ${index} says ${entry.sha256}: install the package again.`);
  }
  return path;
}

/** Whether a pattern of versions.json selects a path: `*` is any text without a slash, `**` any text. */
const selects = (pattern, path) =>
  new RegExp(
    `^${pattern
      .replace(/[.+]/g, "\\$&")
      .replaceAll("**", "\0")
      .replaceAll("*", "[^/]*")
      .replaceAll("\0", ".*")}$`,
  ).test(path);

/** Returns the regular files below a folder. NORM's archive has a link to a folder above it, which is not followed. */
function filesBelow(folder, prefix = "") {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) return filesBelow(folder, `${path}/`);
    return entry.isFile() ? [path] : [];
  });
}

/** Writes vendor/packed/NAME.tar.xz from the upstream archive; the same input gives the same bytes. */
function pack(name, pin, { path, strip }) {
  const tree = mkdtempSync(join(tmpdir(), `zmq-native-${name}-`));
  try {
    run("tar", ["-xf", path, `--strip-components=${strip}`, "-C", tree]);
    const wanted = pin.packed.filter((pattern) => !pattern.startsWith("!"));
    const unwanted = pin.packed.filter((pattern) => pattern.startsWith("!")).map((text) => text.slice(1));
    const files = filesBelow(tree)
      .filter((file) => wanted.some((pattern) => selects(pattern, file)))
      .filter((file) => !unwanted.some((pattern) => selects(pattern, file)))
      .sort();
    const target = join(folder, `${name}.tar.xz`);
    const list = join(tree, ".packed");
    writeFileSync(list, files.join("\n"));
    const same = ["--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rw,go=r"];
    run("tar", [...same, "-cJf", target, "-C", tree, "-T", list], {
      env: { ...process.env, XZ_OPT: "-9e" },
      install: "packing needs GNU tar and xz",
    });
    return { content: contentOf(pin), sha256: sha256(readFileSync(target)) };
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** Makes the packed archive of each library that has none for its pin. */
export function packSources(pins, archiveOf) {
  mkdirSync(folder, { recursive: true });
  const entries = readIndex();
  for (const [name, pin] of pins) {
    if (!packedArchive(name, pin)) entries[name] = pack(name, pin, archiveOf(name, pin));
  }
  writeFileSync(index, `${JSON.stringify(entries, undefined, 2)}\n`);
}
