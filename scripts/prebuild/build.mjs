// Builds the addon for other platforms, and puts it where it is looked for: prebuilds/PLATFORM-ARCH/zmq-native….node
//
//   npm run prebuild -- --all
//   npm run prebuild -- linux-x64-glibc linux-arm64-musl
//
// Without a target it does nothing: npm runs a script of this name before each `npm run build`.

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail, jobs, parseFlags, run } from "../terminal.mjs";
import { targets, targetsOf } from "./targets.mjs";
import { zig } from "./zig.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const flags = parseFlags({
  usage: `npm run prebuild -- [--all] [--clean] [TARGET ...]\n\nTargets: ${Object.keys(targets).join(", ")}`,
  options: {
    all: { type: "boolean", help: "every target" },
    clean: { type: "boolean", help: "begin each anew" },
    jobs: {
      type: "string",
      help: "compile so many files at a time; default: as many as there are processors",
    },
  },
  positionals: true,
});
const chosen = targetsOf(flags.positionals, flags.all, fail);
if (chosen.length === 0) process.exit(0);

const compiler = zig();
run(process.execPath, ["scripts/vendor.mjs"], { what: "fetching the sources" });
const ninja = spawnSync("ninja", ["--version"]).status === 0;
const resultsFile = join(root, "out/prebuild/builds.json");
const results = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, "utf8")) : {};

for (const [name, target] of chosen) {
  const began = performance.now();
  const out = join("out/prebuild", name);
  if (flags.clean) rmSync(join(root, out), { recursive: true, force: true });
  // Whatever the machine has installed is not to be found.
  const env = { ...process.env, ...compiler.env, PKG_CONFIG_LIBDIR: "/nonexistent" };
  run(
    "cmake",
    [
      ...["-S", ".", "-B", out, "-G", ninja ? "Ninja" : "Unix Makefiles"],
      "-DCMAKE_BUILD_TYPE=Release",
      `-DCMAKE_TOOLCHAIN_FILE=${join(root, "scripts/prebuild/toolchain.cmake")}`,
      `-DZIG=${compiler.path}`,
      `-DZIG_TOOLS=${compiler.tools}`,
      `-DZIG_TARGET=${target.triple}`,
    ],
    { what: `configuring ${name}`, env },
  );
  run("cmake", ["--build", out, "--target", "zmq_native", "--parallel", flags.jobs ?? jobs], {
    what: `building ${name}`,
    env,
  });
  const file = join(root, target.file);
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(join(root, out, "zmq_native.node"), file);
  const seconds = Math.round((performance.now() - began) / 1000);
  const bytes = statSync(file).size;
  results[name] = { seconds, bytes };
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`${target.file}: ${bytes.toLocaleString("en")} bytes, ${seconds} s`);
}
