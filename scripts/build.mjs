// Builds the addon with CMake and puts it where node-gyp-build looks: build/Release/zmq_native.node. binding.gyp calls
// this script, so node-gyp and prebuildify do the same. Vendored sources are fetched first; a second run compiles only
// what has changed, and ends at once when nothing has.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { askedByPrebuildify, toolchainOf } from "./prebuild/toolchain.mjs";
import { execute, fail, jobs, run } from "./terminal.mjs";
import { unlessUpToDate } from "./up_to_date.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));

// Node's own parser, where all other programs use commander (scripts/command_line.mjs): users of the published package,
// which does not have it, build with `npm run build -- --system-libzmq`.
const usage =
  "usage: node scripts/build.mjs [--debug] [--sanitize NAME] [--tools] [--system-libzmq] [--target NAME] [--lib] [--verbose]";
const options = {
  debug: { type: "boolean", help: "without optimization, with symbols" },
  sanitize: { type: "string", help: "asan, ubsan or tsan; built to out/NAME" },
  tools: {
    type: "boolean",
    help: "also the programs in C of the tests, to out/NAME/perf and out/NAME/examples",
  },
  "system-libzmq": {
    type: "boolean",
    help: "link the libzmq that pkg-config finds; built to out/system-libzmq",
  },
  target: {
    type: "string",
    help: "for another platform, with zig; default: what prebuildify asks for, or this machine",
  },
  lib: { type: "boolean", help: "also the JavaScript, where TypeScript and rolldown are installed" },
  verbose: { type: "boolean", help: "show what CMake and the compiler say" },
  help: { type: "boolean", short: "h", help: "print this text" },
};
function parseFlags() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(`${error.message}\n${usage}`);
  }
}
const flags = parseFlags();
if (flags.help) {
  const rows = Object.entries(options).map(([name, { help }]) => `  --${name.padEnd(14)} ${help}`);
  console.log(`${usage}\n\n${rows.join("\n")}`);
  process.exit(0);
}

/** Names of the sanitizers in compiler flags. */
const sanitizers = { asan: "address,undefined", ubsan: "undefined", tsan: "thread" };
if (flags.sanitize !== undefined && !(flags.sanitize in sanitizers)) {
  fail(`--sanitize must be one of ${Object.keys(sanitizers).join(", ")}, got ${flags.sanitize}.`);
}

const name = flags.target ?? process.env.ZMQ_NATIVE_TARGET ?? askedByPrebuildify();
const target = name === undefined ? undefined : toolchainOf(name);

const shown = flags.verbose === true;
const config = flags.debug ? "Debug" : "Release";
const variant = flags.sanitize ?? (flags["system-libzmq"] ? "system-libzmq" : undefined);
const out = target ? join("out/prebuild", name) : join("out", variant ?? config.toLowerCase());
const defines = [
  `CMAKE_BUILD_TYPE=${config}`,
  ...(flags.sanitize ? [`ZMQ_NATIVE_SANITIZE=${sanitizers[flags.sanitize]}`] : []),
  ...(flags["system-libzmq"] ? ["ZMQ_NATIVE_SYSTEM_LIBZMQ=ON"] : []),
  ...(target?.defines ?? []),
];
const { resolve } = createRequire(import.meta.url);
/** Whether a package is installed that is needed for development: not so in the package. */
function installed(path) {
  try {
    return resolve(path) !== undefined;
  } catch {
    return false;
  }
}

/** Environment variables that affect the compiler and CMake. */
const influential =
  /^(?:CC|CXX|AR|LD|C(?:PP|XX)?FLAGS|LDFLAGS|CPATH|C(?:PLUS)?_INCLUDE_PATH|LIBRARY_PATH|MACOSX_DEPLOYMENT_TARGET|CMAKE_(?!BUILD_PARALLEL).*)$/;
const environment = Object.entries(process.env)
  .filter(([key]) => influential.test(key))
  .sort();
/** Where node-gyp-build looks, in the package or below the folder that ZMQ_NATIVE_PREBUILD names. */
const installedTo = join(flags.sanitize ? out : "", "build", config);

/** Fails when something is missing that a build from source needs. */
function checkTools() {
  const compiler = process.env.CXX ?? "c++";
  // As in CMake, CXX may be a command with arguments, such as "ccache g++".
  const command = existsSync(compiler) ? [compiler] : compiler.split(/\s+/);
  for (const [tool, ...args] of [["cmake"], ...(target || process.platform === "win32" ? [] : [command])]) {
    if (execute(tool, [...args, "--version"]).status !== 0) {
      fail(
        `${[tool, ...args].join(" ")} is needed to build from source and could not be run: install it (on Debian, ` +
          "`apt-get install g++ cmake make`; elsewhere a C++17 compiler and CMake 3.18 or later).",
      );
    }
  }
}

/** CMake keeps the compiler and the flags of its first run. Deletes its cache if they came from another environment. */
function forgetOtherEnvironment() {
  const record = join(root, out, "environment.json");
  const text = JSON.stringify(environment);
  if (existsSync(record) && readFileSync(record, "utf8") !== text) {
    for (const name of ["CMakeCache.txt", "CMakeFiles"])
      rmSync(join(root, out, name), { recursive: true, force: true });
  }
  mkdirSync(join(root, out), { recursive: true });
  writeFileSync(record, text);
}

/** Compiles the vendored libraries and the addon. */
function compile() {
  if (!existsSync(join(root, out, "zmq_native.node"))) {
    console.log(`building the vendored libraries and the addon in ${out}: this takes two minutes or so`);
  }
  forgetOtherEnvironment();
  // A build folder keeps the generator that it was made with.
  const fresh = !existsSync(join(root, out, "CMakeCache.txt")) && process.env.CMAKE_GENERATOR === undefined;
  const ninja = fresh && process.platform !== "win32" && execute("ninja", ["--version"]).status === 0;
  // Of the make that runs binding.gyp's action: its job server is not for CMake's.
  const { MAKEFLAGS: _, MFLAGS: __, ...inherited } = process.env;
  const settings = { shown, env: { ...inherited, ...target?.env } };
  run(
    "cmake",
    [...["-S", ".", "-B", out, ...(ninja ? ["-G", "Ninja"] : [])], ...defines.map((define) => `-D${define}`)],
    { what: "configuring the build", ...settings },
  );
  const build = (...parameters) =>
    run("cmake", ["--build", out, "--config", config, ...parameters], { what: "the build", ...settings });
  build("--target", "zmq_native", "--parallel", jobs);
  if (flags.tools) build("--target", "tools", "--parallel", jobs);
}

/** Puts the addon where it is looked for. */
function install() {
  const folder = join(root, installedTo);
  mkdirSync(folder, { recursive: true });
  // Renamed into place: a process that runs with the old file keeps it, and one that starts now finds a whole file.
  copyFileSync(join(root, out, "zmq_native.node"), join(folder, "zmq_native.node.new"));
  renameSync(join(folder, "zmq_native.node.new"), join(folder, "zmq_native.node"));
  if (!target && existsSync(join(root, out, "compile_commands.json"))) {
    rmSync(join(root, "compile_commands.json"), { force: true });
    symlinkSync(join(out, "compile_commands.json"), join(root, "compile_commands.json"));
  }
}

function buildNative() {
  checkTools();
  run(process.execPath, ["scripts/vendor.mjs"], { what: "fetching the sources", shown: true });
  compile();
  install();
}

// CMake alone knows whether a library of the system or a tool has changed.
if (target || flags["system-libzmq"] || flags.tools || flags.verbose) buildNative();
else
  unlessUpToDate(
    join(out, "up-to-date.json"),
    {
      // The headers in vendor/headers come from node_modules.
      inputs: [
        ...["CMakeLists.txt", "native", "node_modules/.package-lock.json", "test/failing", "vendor"],
        ...["scripts/build.mjs", "scripts/terminal.mjs", "scripts/vendor", "scripts/vendor.mjs"],
      ],
      outputs: [
        join(out, "CMakeCache.txt"),
        join(out, "zmq_native.node"),
        join(installedTo, "zmq_native.node"),
      ],
      settings: { defines, environment },
    },
    buildNative,
  );

if (flags.lib && installed("typescript") && installed("rolldown"))
  unlessUpToDate(
    "out/lib-up-to-date.json",
    {
      inputs: [
        ...["command", "lib", "node_modules/.package-lock.json", "package.json"],
        ...["scripts/build_command.mjs", "scripts/build_lib.mjs"],
        ...["tsconfig.build.json", "tsconfig.json"],
      ],
      outputs: ["dist"],
    },
    () => run(process.execPath, ["scripts/build_lib.mjs"], { what: "building dist/", shown: true }),
  );
