// Finds and loads the addon, and explains why no binary loads. node-gyp-build is the fallback: it finds the same file in
// an installed package, but takes 2.4 ms of CPU time, a fifth of `require("zmq-native")`.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve, toNamespacedPath } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeno, runtime } from "../runtime/features.js";

/** The name of this platform in prebuilds/. */
const target = `${process.platform}-${process.arch}`;

/**
 * prebuildify's tag for the version of an ARM processor. Code for a later version crashes the process: a Raspberry Pi
 * Zero has ARMv6.
 */
function armTag(): string | undefined {
  if (process.arch === "arm64") return "armv8";
  const { arm_version: version } = (process.config?.variables ?? {}) as { arm_version?: string };
  return process.arch === "arm" && version ? `armv${version}` : undefined;
}

/**
 * The C library of this process, found among its mapped files: other distributions than Alpine use musl, and a program
 * may bring its own C library. Undefined on other systems than Linux.
 */
function libcOfProcess(): "glibc" | "musl" | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    // A file that an upgrade has replaced is "(deleted)".
    const glibc = /\/libc(\.so\.6|-2\.\d+\.so)( \(deleted\))?$/m;
    return glibc.test(readFileSync("/proc/self/maps", "utf8")) ? "glibc" : "musl";
  } catch {
    // Node's permission model hides the file.
    return libcOfReport();
  }
}

/** The C library by Node's diagnostic report: it has glibc's version. Takes milliseconds, so only where it must. */
function libcOfReport(): "glibc" | "musl" {
  const { report } = process;
  if (report === undefined) return "glibc";
  const excluded = (report as { excludeNetwork?: boolean }).excludeNetwork;
  try {
    // Network interfaces of the report have their names resolved, which can take seconds.
    (report as { excludeNetwork?: boolean }).excludeNetwork = true;
    const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime === undefined ? "musl" : "glibc";
  } catch {
    return "glibc";
  } finally {
    if (excluded !== undefined) (report as { excludeNetwork?: boolean }).excludeNetwork = excluded;
  }
}

/**
 * The folder of the ES module that a bundler has put this code into. `import.meta.url` would be a syntax error in
 * CommonJS, so the file name is read from the stack, in V8's form, which source maps do not change.
 */
function folderOfBundle(): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName();
    const name = new Error().stack as string | undefined;
    if (typeof name !== "string") return undefined;
    return dirname(name.startsWith("file:") ? fileURLToPath(name) : name);
  } catch {
    return undefined;
  } finally {
    // `Reflect.set` returns false with frozen intrinsics, where nothing was changed.
    Reflect.set(Error, "prepareStackTrace", prepareStackTrace);
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}

/** The folder of this file or of its bundle. As a last resort, the folder of the program. */
function here(): string {
  if (typeof __dirname === "string") return __dirname;
  return folderOfBundle() ?? dirname(process.argv[1] ?? process.execPath);
}

/** The folder of the package: the parent of dist/, or of lib/, where this file is one level deeper. */
function packageFolder(): string {
  const folder = here();
  return basename(folder) === "binding" ? dirname(dirname(folder)) : dirname(folder);
}

/**
 * Folders that may contain `build` or `prebuilds`: that of the package, that of a bundle with `prebuilds` beside it,
 * and that of an executable that contains the runtime. `ZMQ_NATIVE_PREBUILD` names another one.
 */
function folders(): string[] {
  const named = process.env.ZMQ_NATIVE_PREBUILD;
  return named ? [resolve(named)] : [...new Set([packageFolder(), here(), dirname(process.execPath)])];
}

/** Also returns false for a file that Node's permission model hides, for which `existsSync` throws. */
function exists(file: string): boolean {
  try {
    return existsSync(file);
  } catch {
    return false;
  }
}

/** Files in Electron's archives can be read but not loaded. A copy lies beside the archive. */
function unpacked(path: string): string {
  const beside = path.replace(/\.asar(?=[\\/])/, ".asar.unpacked");
  return beside !== path && exists(beside) ? beside : path;
}

/**
 * Whether a binary is for this process, by the tags in its name, such as `zmq-native.armv7.glibc.node` from
 * prebuildify. Binaries for Windows and macOS have the tag glibc as well.
 */
function fits(name: string, libc: string | undefined): boolean {
  const [stem, ...tags] = name.split(".");
  if (stem !== "zmq-native" || tags.pop() !== "node") return false;
  return tags.every((tag) => {
    if (tag === "glibc" || tag === "musl") return tag === (libc ?? "glibc");
    return !tag.startsWith("armv") || tag === armTag();
  });
}

/** The prebuilt binaries of a folder that fit this process, those with the most tags first. */
function prebuilt(folder: string, libc: string | undefined): string[] {
  const prebuilds = join(folder, "prebuilds", target);
  const names = list(prebuilds).filter((name) => fits(name, libc));
  names.sort((a, b) => b.split(".").length - a.split(".").length);
  return names.map((name) => join(prebuilds, name));
}

/** Files of a folder that may be the addon: a local build first. */
function* candidates(folder: string): Generator<string> {
  // The variable is node-gyp-build's.
  const configurations = process.env.PREBUILDS_ONLY ? [] : ["Release", "Debug"];
  for (const config of configurations) yield join(folder, "build", config, "zmq_native.node");
  yield* prebuilt(folder, libcOfProcess());
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function diagnose(libc: string | undefined, failures: Map<string, unknown>): Error {
  const tags = [libc, armTag()].filter((tag) => tag !== undefined).join(", ");
  const where = tags === "" ? target : `${target} (${tags})`;
  const lines = folders().map((folder) => {
    const built = list(join(folder, "build", "Release"));
    const own = list(join(folder, "prebuilds", target));
    const others = list(join(folder, "prebuilds")).filter((name) => name !== target);
    const found = [
      ...(built.length > 0 ? [`build/Release with ${built.join(", ")}`] : []),
      ...(own.length > 0 ? [`prebuilds/${target} with ${own.join(", ")}`] : []),
      ...(others.length > 0 ? [`prebuilds for ${others.join(", ")}`] : []),
    ];
    return `${folder} has ${found.join("; ") || "neither build/Release nor prebuilds"}`;
  });
  for (const [file, error] of failures) {
    lines.push(`${file} does not load: ${error instanceof Error ? error.message : String(error)}`);
  }
  const remedies = [
    // The permission cannot be queried: `process.permission.has("addon")` is false even when it was granted.
    ...("permission" in process
      ? [
          `Node's permission model is on: it needs \`--allow-addons\`, and \`--allow-fs-read=${packageFolder()}\`.`,
        ]
      : []),
    ...(isDeno && failures.size > 0
      ? ["Deno loads addons with `--allow-ffi --allow-read --allow-env --allow-sys` or `-A` only."]
      : []),
    "Build one with `npm explore zmq-native -- npm run build`, or `npm run build` in a checkout; " +
      "a bundle needs the package's folder `prebuilds` beside it (docs/platforms.md).",
  ];
  const text = [`zmq-native has no binary that loads on ${where}, ${runtime}:`, ...lines, ...remedies];
  const [cause] = failures.values();
  return new Error(text.join("\n  "), failures.size > 0 ? { cause } : {});
}

/** Loads a file as `require` does, without Node's search for modules and packages, which takes 1 ms. */
function open(file: string): unknown {
  const module = { exports: {} };
  process.dlopen(module, toNamespacedPath(file));
  return module.exports;
}

/** Searches all folders for the binary. Adds the error of each file that does not load to `failures`. */
function search(failures: Map<string, unknown>): unknown {
  for (const folder of folders()) {
    for (const candidate of candidates(folder)) {
      const file = unpacked(candidate);
      if (!exists(file)) continue;
      try {
        const addon = open(file);
        if (typeof (addon as { instantiate?: unknown }).instantiate === "function") return addon;
        failures.set(file, new Error("it is not the addon of zmq-native"));
      } catch (error) {
        failures.set(file, error);
      }
    }
  }
  return undefined;
}

/** The addon that node-gyp-build loads, if any: it knows tags and names that `search` does not. */
function askNodeGypBuild(): unknown {
  // An ES module has no `__dirname`, and not always a `require`. node-gyp-build knows musl by Alpine's release file: on
  // other systems with musl it takes the binary for glibc, which loads where gcompat is installed, and crashes later.
  if (typeof __dirname !== "string" || (libcOfProcess() === "musl" && !exists("/etc/alpine-release"))) {
    return undefined;
  }
  try {
    const { addon } = require("./binary.js");
    // In a bundle, the folder above may hold the build of another addon, which node-gyp-build takes by its extension.
    return typeof addon?.instantiate === "function" ? addon : undefined;
  } catch {
    // Its error names no file. `diagnose` names those of `search`.
    return undefined;
  }
}

/** The addon's exports. */
export function loadAddon(): unknown {
  const failures = new Map<string, unknown>();
  const addon = search(failures) ?? askNodeGypBuild();
  if (addon === undefined) throw diagnose(libcOfProcess(), failures);
  return addon;
}
