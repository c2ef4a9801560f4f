// Makes prebuilt binaries with prebuildify: prebuilds/PLATFORM-ARCH/zmq-native….node. prebuildify runs node-gyp, binding.gyp
// runs scripts/build.mjs, and that runs CMake with zig's compiler, also for this machine: its binary needs an older glibc.
//
//   npm run prebuilds -- --all
//   npm run prebuilds -- linux-x64-glibc linux-arm64-musl

import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { command, wholeNumber } from "../command_line.mjs";
import { step } from "../step.mjs";
import { fail } from "../terminal.mjs";
import { targets, targetsOf } from "./targets.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = command("npm run prebuilds --", "Makes prebuilt binaries.")
  .argument("[targets...]", Object.keys(targets).join(", "))
  .option("--all", "every target")
  .option("--clean", "begin each anew")
  .option(
    "--jobs <number>",
    "how many files to compile at a time (default: one for each processor)",
    wholeNumber(),
  )
  .parse();
const flags = program.opts();
const chosen = targetsOf(program.args, flags.all, fail);
if (chosen.length === 0) {
  fail(`Name targets, or --all: there are ${Object.keys(targets).join(", ")}.`);
}

const prebuildify = createRequire(import.meta.url).resolve("prebuildify/bin.js");
// node-gyp needs Node's headers, although nothing is compiled with them. Those of this Node spare a download.
const installation = dirname(dirname(process.execPath));
const headers = existsSync(join(installation, "include/node/common.gypi"))
  ? { npm_config_nodedir: installation }
  : {};
const resultsFile = join(root, "out/prebuild/builds.json");
const results = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, "utf8")) : {};

// node-gyp empties build/. At the end, also after an error, this machine's own build is put back.
const native = join(root, "out/release/zmq_native.node");
process.on("exit", () => {
  if (!existsSync(native)) return;
  mkdirSync(join(root, "build/Release"), { recursive: true });
  copyFileSync(native, join(root, "build/Release/zmq_native.node"));
});

for (const [name, target] of chosen) {
  const began = performance.now();
  if (flags.clean) rmSync(join(root, "out/prebuild", name), { recursive: true, force: true });
  const { platform, arch, libc, armv } = target;
  step(
    `building ${name}`,
    process.execPath,
    [
      ...[prebuildify, "--napi", "--target", process.versions.node, "--platform", platform, "--arch", arch],
      ...(libc ? ["--libc", libc, "--tag-libc"] : []),
      ...(armv ? ["--armv", armv, "--tag-armv"] : []),
      // The linker strips the others: stripping a Mach-O file afterwards would break its signature.
      ...(platform === "linux" ? ["--strip"] : []),
    ],
    {
      env: {
        ...headers,
        ZMQ_NATIVE_TARGET: name,
        PREBUILD_STRIP_BIN: "llvm-strip",
        ...(flags.jobs ? { CMAKE_BUILD_PARALLEL_LEVEL: String(flags.jobs) } : {}),
      },
    },
  );
  const file = join(root, target.file);
  if (!existsSync(file)) fail(`prebuildify made no ${target.file}: the target table and its names differ.`);
  const seconds = Math.round((performance.now() - began) / 1000);
  const bytes = statSync(file).size;
  results[name] = { seconds, bytes };
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`${target.file}: ${bytes.toLocaleString("en")} bytes, ${seconds} s`);
}
