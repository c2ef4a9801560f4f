// Builds the addon with one patch removed from the vendored sources.

import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";
import { sanitizers } from "../../test/sanitizers/sanitizers.mjs";
import { fail, jobs } from "../terminal.mjs";
import { archiveOf } from "../vendor/fetch.mjs";
import { pins, root, vendor } from "../vendor/pins.mjs";
import { patchFolder, seriesOf } from "../vendor/series.mjs";
import { extract } from "../vendor/unpack.mjs";
import { revertPatch } from "./apply.mjs";

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

/** Makes a tree of the library without the patch; returns how that was possible, or why it is not. */
function removePatch(library, patch, tree) {
  const pin = Object.fromEntries(pins)[library];
  extract(archiveOf(library, pin), tree);
  const rest = seriesOf(library).filter((other) => other !== patch);
  const needing = rest.find((other) => {
    const args = ["-p1", "--force", "--silent", "--reject-file=-", "-i", join(patchFolder(library), other)];
    return execaSync("patch", args, { cwd: tree, reject: false }).failed;
  });
  if (needing === undefined) return { how: "removed from the series" };
  rmSync(tree, { recursive: true, force: true });
  cpSync(join(vendor, "src", library), tree, { recursive: true, verbatimSymlinks: true });
  const { reverted, total } = revertPatch(tree, join(patchFolder(library), patch));
  if (reverted === 0) return { skipped: `${needing} needs its text, and none of its hunks can be reverted` };
  return { partial: true, how: `${needing} needs its text: ${reverted} of ${total} hunks reverted` };
}

/** Builds `sources` into the folder of `variant`; returns the folder for ZMQ_NATIVE_PREBUILD, or the first error. */
function build(sources, variant) {
  const out = join(folder, variant);
  const defines = [
    // Not Release: its link-time optimization takes half a minute for each patch.
    "CMAKE_BUILD_TYPE=RelWithDebInfo",
    `VENDOR_SOURCES=${sources}`,
    ...(variant in sanitizers ? [`ZMQ_NATIVE_SANITIZE=${sanitizers[variant].flag}`] : []),
    ...(variant === "wss" ? ["ZMQ_NATIVE_WSS=ON"] : []),
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

/** Builds the addon without one patch. Returns `folder` and `how`, or `error`, or `skipped` with the reason. */
export function buildWithout(library, patch, variant = "plain") {
  const tree = join(folder, "tree");
  const removed = removePatch(library, patch, tree);
  if (removed.skipped) return removed;
  const sources = join(folder, `src-${variant}`);
  for (const [name] of pins) {
    synchronize(name === library ? tree : join(vendor, "src", name), join(sources, name));
  }
  writeFileSync(join(sources, "libzmq/.stamp"), "");
  return { ...removed, ...build(sources, variant) };
}

/** Returns the folder of a build with all patches; undefined for the build that lib/binding/load.ts finds. */
export function buildBaseline(variant) {
  if (!variant) return undefined;
  const built = build(join(vendor, "src"), variant);
  if (built.error) fail(`The ${variant} build with all patches fails: ${built.error}`);
  return built.folder;
}
