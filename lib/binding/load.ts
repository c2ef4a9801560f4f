// Finds the addon's file and loads it, or says in words why none loads, and what to do.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeno, runtime } from "../runtime/features.js";

/** What prebuilds/ calls this platform. */
const target = `${process.platform}-${process.arch}`;

/** 32-bit ARM has versions, and a process dies of code for a later one than its own: a Raspberry Pi Zero has ARMv6. */
const { arm_version: armVersion } = (process.config?.variables ?? {}) as { arm_version?: string };
const processor = process.arch === "arm" && armVersion ? `armv${armVersion}` : undefined;

/** What files are named by besides platform and processor. */
const tagsOf = (libc: string | undefined) => [libc, processor].filter((tag) => tag !== undefined);

/**
 * The C library that this process runs on, by what is mapped into it: musl is not only Alpine's, and a program may have
 * brought another than the system's. Undefined elsewhere than on Linux.
 */
function libcOfProcess(): "glibc" | "musl" | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return /\/libc(\.so\.6|-2\.\d+\.so)$/m.test(readFileSync("/proc/self/maps", "utf8")) ? "glibc" : "musl";
  } catch {
    return "glibc";
  }
}

/**
 * The folder of the ES module that a bundler has made this code part of. `import.meta.url` would be a syntax error in
 * CommonJS, so the file's name is taken from the stack: as V8 has it, which source maps do not change.
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
    // False with frozen intrinsics, where nothing was changed.
    Reflect.set(Error, "prepareStackTrace", prepareStackTrace);
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}

/** The folder of this file, of the bundle that it is part of, or, if there is no telling, of the program. */
const here =
  typeof __dirname === "string"
    ? __dirname
    : (folderOfBundle() ?? dirname(process.argv[1] ?? process.execPath));

/** The package's folder: dist/ lies directly in it, and so does lib/, where this file is one folder deeper. */
const packageFolder = basename(here) === "binding" ? dirname(dirname(here)) : dirname(here);

/**
 * Folders that may hold `build` or `prebuilds`: the package's, a bundle's, that
 * has `prebuilds` beside it; that of a program with the runtime inside. `ZMQ_NATIVE_PREBUILD` names another.
 */
function folders(): string[] {
  const named = process.env.ZMQ_NATIVE_PREBUILD;
  return named ? [resolve(named)] : [...new Set([packageFolder, here, dirname(process.execPath)])];
}

/** False, too, for a file that Node's permission model hides: `existsSync` throws then. */
function exists(file: string): boolean {
  try {
    return existsSync(file);
  } catch {
    return false;
  }
}

/** In Electron's archives files can be read but not loaded; a copy lies beside the archive. */
function unpacked(path: string): string {
  const beside = path.replace(/\.asar(?=[\\/])/, ".asar.unpacked");
  return beside !== path && exists(beside) ? beside : path;
}

/** Files of a folder that may be the addon, the likeliest first: one that was built here, then one that came along. */
function candidates(folder: string, libc: string | undefined): string[] {
  const prebuilds = join(folder, "prebuilds", target);
  const tags = tagsOf(libc);
  return [
    join(folder, "build", "Release", "zmq_native.node"),
    join(folder, "build", "Debug", "zmq_native.node"),
    ...(tags.length === 0 ? [] : [join(prebuilds, ["zmq-native", ...tags, "node"].join("."))]),
    join(prebuilds, "zmq-native.node"),
  ].map(unpacked);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function diagnose(libc: string | undefined, failures: Map<string, unknown>): Error {
  const tags = tagsOf(libc).join(", ");
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
    // There is no asking for the right to load addons: `process.permission.has("addon")` is false even with it.
    ...("permission" in process
      ? [
          `Node's permission model is on: it needs \`--allow-addons\`, and \`--allow-fs-read=${packageFolder}\`.`,
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

/** The addon's exports. */
export function loadAddon(): unknown {
  const libc = libcOfProcess();
  const failures = new Map<string, unknown>();
  for (const folder of folders()) {
    for (const file of candidates(folder, libc)) {
      if (!exists(file)) continue;
      try {
        // Not the module's own `require`, which bundlers would follow.
        return createRequire(file)(file);
      } catch (error) {
        failures.set(file, error);
      }
    }
  }
  throw diagnose(libc, failures);
}
