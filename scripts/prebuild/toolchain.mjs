// How scripts/build.mjs builds for another platform: zig's compiler by CMake's toolchain file.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../terminal.mjs";
import { targets, targetsOf } from "./targets.mjs";
import { zig } from "./zig.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));

/** Settings of CMake, and the environment, for a target. */
export function toolchainOf(name) {
  const [[, { triple }]] = targetsOf([name], false, fail);
  const compiler = zig();
  return {
    defines: [
      `CMAKE_TOOLCHAIN_FILE=${join(folder, "toolchain.cmake")}`,
      `ZIG=${compiler.path}`,
      `ZIG_TOOLS=${compiler.tools}`,
      `ZIG_TARGET=${triple}`,
    ],
    // CMake must not find libraries of this machine.
    env: { ...compiler.env, ZIG_TARGET: triple, PKG_CONFIG_LIBDIR: "/nonexistent" },
  };
}

const libcOfThis = () => {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
};

/**
 * The target that prebuildify's flags --platform, --arch and --libc name, which it passes in the environment. Undefined
 * for this machine, and without prebuildify.
 */
export function askedByPrebuildify() {
  const { PREBUILD_PLATFORM: platform, PREBUILD_ARCH: arch, PREBUILD_LIBC: libc } = process.env;
  if (platform === undefined) return undefined;
  const same = platform === process.platform && arch === process.arch;
  if (same && (platform !== "linux" || libc === libcOfThis())) return undefined;
  const found = Object.entries(targets).find(
    ([, target]) =>
      target.platform === platform && target.arch === arch && (!target.libc || target.libc === libc),
  );
  if (!found) {
    const known = Object.keys(targets).join(", ");
    fail(`There is no target for --platform ${platform} --arch ${arch} --libc ${libc}: there are ${known}.`);
  }
  return found[0];
}
