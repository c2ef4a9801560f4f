// Builds the addon with one patch removed from the vendored sources.

import { spawnSync } from "node:child_process";
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
import { sanitizers } from "../sanitizers.mjs";
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

/**
 * Makes a tree of the library without the patches in `dropped`. Adds to `dropped` each later patch that needs the text of
 * one of them.
 */
function makeTree(library, dropped, tree) {
  const pin = Object.fromEntries(pins)[library];
  extract(archiveOf(library, pin), tree);
  for (const patch of seriesOf(library)) {
    if (dropped.includes(patch)) continue;
    const args = ["-p1", "--force", "--silent", "--reject-file=-", "-i", join(patchFolder(library), patch)];
    const fits = spawnSync("patch", [...args, "--dry-run"], { cwd: tree }).status === 0;
    if (fits) spawnSync("patch", args, { cwd: tree });
    else dropped.push(patch);
  }
}

/** Returns the names that a compiler's error lines quote, without their scopes. */
function namesIn(errors) {
  const quoted = errors.flatMap((line) => [
    ...line.matchAll(/[‘'](?<name>[^’']+)[’']/g),
    ...line.matchAll(/fatal error: (?<name>\S+): No such file/g),
  ]);
  const words = quoted.flatMap(({ groups }) => groups.name.match(/[\w.~]+/g) ?? []);
  return new Set(words.filter((word) => word.length > 3));
}

/** Returns the first patch after `patch` that adds a line with one of the names, and is not dropped yet. */
function nextNeeding(library, patch, names, dropped) {
  const series = seriesOf(library);
  const rest = series.slice(series.indexOf(patch) + 1).filter((other) => !dropped.includes(other));
  const score = (other) => {
    const text = readFileSync(join(patchFolder(library), other), "utf8");
    const added = text.split("\n").filter((line) => /^\+(?!\+\+ )/.test(line));
    const words = new Set(added.flatMap((line) => line.match(/[\w.~]+/g) ?? []));
    return [...names].filter((name) => words.has(name)).length;
  };
  const scored = rest.map((other) => ({ other, hits: score(other) })).filter(({ hits }) => hits > 0);
  return scored.sort((one, two) => two.hits - one.hits)[0]?.other;
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
    ...(variant === "wss" ? ["ZMQ_NATIVE_WSS=ON"] : []),
  ];
  const cmake = (...parameters) =>
    spawnSync("cmake", parameters, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 });
  let result = cmake("-S", ".", "-B", out, ...defines.map((text) => `-D${text}`));
  if (result.status === 0) result = cmake("--build", out, "--target", "zmq_native", "--parallel", jobs);
  const { status, stdout, stderr } = result;
  if (status !== 0) {
    const lines = `${stdout}\n${stderr}`.split("\n");
    return { errors: lines.filter((line) => /\berror:/i.test(line)).map((line) => line.trim()) };
  }
  const release = join(out, "build/Release");
  mkdirSync(release, { recursive: true });
  copyFileSync(join(out, "zmq_native.node"), join(release, "zmq_native.node"));
  return { folder: out };
}

/** How many patches are dropped together with one before its removal counts as impossible. */
const most = 12;

/**
 * Builds the addon without one patch, and without later patches that cannot be applied or compiled without it. Returns
 * `folder` and `how`, or `error`.
 */
export function buildWithout(library, patch, variant = "plain") {
  const tree = join(folder, "tree");
  const sources = join(folder, `src-${variant}`);
  const dropped = [patch];
  for (;;) {
    makeTree(library, dropped, tree);
    for (const [name] of pins) {
      synchronize(name === library ? tree : join(vendor, "src", name), join(sources, name));
    }
    writeFileSync(join(sources, "libzmq/.stamp"), "");
    const built = build(sources, variant);
    const others = dropped.slice(1).join(", ");
    if (!built.errors) {
      return { ...built, how: others ? `removed with ${others}` : "removed alone" };
    }
    const next = nextNeeding(library, patch, namesIn(built.errors), dropped);
    if (!next || dropped.length > most) {
      return {
        error: `${others ? `without ${others} as well: ` : ""}${built.errors[0] ?? "the build failed"}`,
      };
    }
    dropped.push(next);
  }
}

/** Returns the folder of a build with all patches; undefined for the build that lib/binding/load.ts finds. */
export function buildBaseline(variant) {
  if (!variant) return undefined;
  const built = build(join(vendor, "src"), variant);
  if (built.errors) fail(`The ${variant} build with all patches fails: ${built.errors[0]}`);
  return built.folder;
}
