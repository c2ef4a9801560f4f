// Builds the addon and puts it where lib/binding/load.ts looks: build/Release/zmq_native.node.
// Vendored sources are fetched first; a second run compiles only what has changed.

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail, jobs, parseFlags, run } from "./terminal.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const flags = parseFlags({
  usage:
    "node scripts/build.mjs [--debug] [--sanitize NAME] [--wss] [--perf-tools] [--system-libzmq] [--lib] [--verbose]",
  options: {
    debug: { type: "boolean", help: "without optimisation, with symbols" },
    sanitize: { type: "string", help: "asan, ubsan or tsan; built to out/NAME" },
    wss: {
      type: "boolean",
      help: "with wss://, which needs the system's GnuTLS (on Debian, libgnutls28-dev)",
    },
    "perf-tools": { type: "boolean", help: "also libzmq's C perf tools, to out/NAME/perf" },
    "system-libzmq": {
      type: "boolean",
      help: "link the libzmq that pkg-config finds; built to out/system-libzmq",
    },
    lib: { type: "boolean", help: "also the JavaScript, where TypeScript and rolldown are installed" },
    verbose: { type: "boolean", help: "show what CMake and the compiler say" },
  },
});

/** What the compiler calls them. */
const sanitizers = { asan: "address,undefined", ubsan: "undefined", tsan: "thread" };
if (flags.sanitize !== undefined && !(flags.sanitize in sanitizers)) {
  fail(`--sanitize must be one of ${Object.keys(sanitizers).join(", ")}, got ${flags.sanitize}.`);
}

for (const tool of ["cmake", process.env.CXX ?? "c++"]) {
  if (spawnSync(tool, ["--version"]).status !== 0) {
    fail(
      `${tool} is needed to build from source and could not be run: install it (on Debian, ` +
        "`apt-get install g++ cmake make`; elsewhere a C++17 compiler and CMake 3.18 or later).",
    );
  }
}

run(process.execPath, ["scripts/vendor.mjs"], { what: "fetching the sources", shown: true });

const shown = flags.verbose === true;
const config = flags.debug ? "Debug" : "Release";
const variant = flags.sanitize ?? ["system-libzmq", "wss"].find((name) => flags[name]);
const out = join("out", variant ?? config.toLowerCase());
const defines = [
  ...(flags.sanitize ? [`ZMQ_NATIVE_SANITIZE=${sanitizers[flags.sanitize]}`] : []),
  ...(flags.wss ? ["ZMQ_NATIVE_WSS=ON"] : []),
  ...(flags["system-libzmq"] ? ["ZMQ_NATIVE_SYSTEM_LIBZMQ=ON"] : []),
];
const { resolve } = createRequire(import.meta.url);
/** A file of a package that is needed for development; undefined in the package, where none is installed. */
function installed(path) {
  try {
    return resolve(path);
  } catch {
    return undefined;
  }
}
if (!existsSync(join(root, out, "zmq_native.node"))) {
  console.log(`building the vendored libraries and the addon in ${out}: this takes two minutes or so`);
}
const cmakeJs = installed("cmake-js/bin/cmake-js");
if (cmakeJs) {
  // Not its `compile`, which builds everything anew after an error.
  const given = defines.map((define) => `--CD${define}`);
  run(process.execPath, [cmakeJs, "build", "--out", out, "--config", config, ...given], { shown });
} else {
  run(
    "cmake",
    ["-S", ".", "-B", out, `-DCMAKE_BUILD_TYPE=${config}`, ...defines.map((define) => `-D${define}`)],
    { shown },
  );
  run("cmake", ["--build", out, "--target", "zmq_native", "--parallel", jobs], { shown });
}
if (flags["perf-tools"]) run("cmake", ["--build", out, "--target", "perf_tools"], { shown });

// Where lib/binding/load.ts looks, in the package or below the folder that ZMQ_NATIVE_PREBUILD names.
const target = join(root, flags.sanitize ? out : "", "build", config);
mkdirSync(target, { recursive: true });
// Renamed into place: a process that runs with the old file keeps it, and one that starts now finds a whole file.
copyFileSync(join(root, out, "zmq_native.node"), join(target, "zmq_native.node.new"));
renameSync(join(target, "zmq_native.node.new"), join(target, "zmq_native.node"));
rmSync(join(root, "compile_commands.json"), { force: true });
symlinkSync(join(out, "compile_commands.json"), join(root, "compile_commands.json"));

if (flags.lib && installed("typescript") && installed("rolldown"))
  run(process.execPath, ["scripts/build_lib.mjs"], { what: "building dist/", shown: true });
