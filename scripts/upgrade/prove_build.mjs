// Builds the addon with one patch removed from the vendored sources.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { execaSync } from "execa";
import { sanitizers } from "../../test/sanitizers/sanitizers.mjs";
import { fail, jobs } from "../terminal.mjs";
import { archiveOf } from "../vendor/fetch.mjs";
import { pins, root, vendor } from "../vendor/pins.mjs";
import { patchFolder, seriesOf } from "../vendor/series.mjs";
import { extract } from "../vendor/unpack.mjs";

const folder = join(root, "out/prove");

/** Returns paths of the regular files below a folder; links are not followed. */
function filesBelow(top, prefix = "") {
  return readdirSync(join(top, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) return filesBelow(top, `${path}/`);
    return entry.isFile() ? [path] : [];
  });
}

/** Makes `to` equal to `from`. A file with the same content keeps its time and is not compiled again. */
function synchronize(from, to) {
  const wanted = new Set(filesBelow(from));
  if (existsSync(to)) {
    for (const file of filesBelow(to)) if (!wanted.has(file)) rmSync(join(to, file));
  }
  for (const file of wanted) {
    const content = readFileSync(join(from, file));
    const target = join(to, file);
    if (existsSync(target) && readFileSync(target).equals(content)) continue;
    mkdirSync(join(target, ".."), { recursive: true });
    writeFileSync(target, content);
  }
}

/** Extracts the library and applies patches; returns those that do not apply, since they need one that is left out. */
function makeTree(library, patches, tree) {
  extract(archiveOf(library, Object.fromEntries(pins)[library]), tree);
  return patches.filter((patch) => {
    const args = ["-p1", "--force", "--silent", "--reject-file=-", "-i", join(patchFolder(library), patch)];
    const fits = !execaSync("patch", [...args, "--dry-run"], { cwd: tree, reject: false }).failed;
    if (fits) execaSync("patch", args, { cwd: tree });
    return !fits;
  });
}

/** Returns the words of C++ code, file names included, without those in comments. */
const wordsOf = (code) => code.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, "").match(/[\w.~]+/g) ?? [];

/** Returns the words of the lines that a patch adds, by file. */
function addedWords(library, patch) {
  const files = readFileSync(join(patchFolder(library), patch), "utf8").split(/^--- .*\n\+\+\+ b\//m);
  return files.slice(1).map((text) => {
    const added = text.match(/^\+.*/gm) ?? [];
    return {
      file: text.slice(0, text.indexOf("\n")).split("\t")[0],
      words: wordsOf(added.map((line) => line.slice(1)).join("\n")).filter((word) => word.length > 3),
    };
  });
}

/** Returns the words of the sources in a tree, by file; under "", those of all files. */
function knownWords(tree) {
  const files = filesBelow(tree).filter((file) => /\.(?:c|cpp|h|hpp)$/.test(file));
  const known = new Map(
    files.map((file) => [file, new Set(wordsOf(readFileSync(join(tree, file), "utf8")))]),
  );
  const all = [...known.values()].flatMap((words) => [...words]);
  return known.set("", new Set([...all, ...files.map((file) => basename(file))]));
}

/** Adds to `dropped` the patches that use a name which a dropped patch introduces, in its file or in the whole library. */
function dropUsers(library, dropped, known) {
  const missing = new Set();
  for (const patch of seriesOf(library)) {
    const added = addedWords(library, patch);
    const uses = ({ file, words }) =>
      words.some((word) => missing.has(word) || missing.has(`${file} ${word}`));
    if (added.some(uses)) dropped.add(patch);
    if (!dropped.has(patch)) continue;
    for (const { file, words } of added) {
      for (const word of words) {
        if (!known.get("").has(word)) missing.add(word);
        if (!known.get(file)?.has(word)) missing.add(`${file} ${word}`);
      }
    }
  }
}

/** Makes a tree without a patch, and without later ones that cannot be applied or compiled without it; returns all these. */
function removePatch(library, patch, tree) {
  const series = seriesOf(library);
  makeTree(library, series.slice(0, series.indexOf(patch)), tree);
  const known = knownWords(tree);
  const dropped = new Set([patch]);
  for (;;) {
    dropUsers(library, dropped, known);
    const rest = series.filter((other) => !dropped.has(other));
    const needing = makeTree(library, rest, tree);
    if (needing.length === 0) return dropped;
    for (const other of needing) dropped.add(other);
  }
}

/** Builds `sources` into the folder of `variant`; returns the folder for ZMQ_NATIVE_PREBUILD, or the first error. */
function build(sources, variant) {
  const out = join(folder, variant);
  const defines = [
    // Not Release: its link-time optimization takes half a minute for each patch. Debugging symbols take time as well.
    "CMAKE_BUILD_TYPE=RelWithDebInfo",
    "CMAKE_C_FLAGS_RELWITHDEBINFO=-O1 -DNDEBUG",
    "CMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -DNDEBUG",
    `VENDOR_SOURCES=${sources}`,
    ...(variant in sanitizers ? [`ZMQ_NATIVE_SANITIZE=${sanitizers[variant].flag}`] : []),
  ];
  const cmake = (...parameters) =>
    execaSync("cmake", parameters, { cwd: root, maxBuffer: 2 ** 28, reject: false });
  let result = cmake("-S", ".", "-B", out, ...defines.map((text) => `-D${text}`));
  if (!result.failed) result = cmake("--build", out, "--target", "zmq_native", "--parallel", jobs);
  const { failed, stdout, stderr } = result;
  if (failed) {
    const lines = `${stdout}\n${stderr}`.split("\n");
    return { error: lines.find((line) => /\berror\b/i.test(line))?.trim() ?? "the build failed" };
  }
  const release = join(out, "build/Release");
  mkdirSync(release, { recursive: true });
  copyFileSync(join(out, "zmq_native.node"), join(release, "zmq_native.node"));
  return { folder: out };
}

/**
 * Builds the addon without one patch, and without later patches that cannot be applied or compiled without it. Returns
 * `folder` and `how`, or `error`.
 */
export function buildWithout(library, patch, variant = "plain") {
  const tree = join(folder, "tree");
  const sources = join(folder, `src-${variant}`);
  const dropped = removePatch(library, patch, tree);
  for (const [name] of pins) {
    synchronize(name === library ? tree : join(vendor, "src", name), join(sources, name));
  }
  writeFileSync(join(sources, "libzmq/.stamp"), "");
  const others = [...dropped].slice(1).join(", ");
  return { how: others ? `removed with ${others}` : "removed alone", ...build(sources, variant) };
}

/** Returns the folder of a build with all patches; undefined for the build that lib/binding/load.ts finds. */
export function buildBaseline(variant) {
  if (!variant) return undefined;
  const built = build(join(vendor, "src"), variant);
  if (built.error) fail(`The ${variant} build with all patches fails: ${built.error}`);
  return built.folder;
}
