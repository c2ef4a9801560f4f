// Programs in C++ that the bench compiles for itself, when they are first wanted.

import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { execaSync } from "execa";
import { out, root } from "./paths.mjs";

const libzmq = join(root, "vendor/src/libzmq");

const peers = join(root, "bench/peers");
const changed = (file) => statSync(file).mtimeMs;

/** Compiles `source` to `out/bench/<name>`, unless that is there and newer than the source, the libraries and the `headers`. */
function compile(name, source, parameters, headers = []) {
  const program = join(root, "out/bench", name);
  const libraries = parameters.filter((parameter) => isAbsolute(parameter));
  const newest = Math.max(...[source, ...headers, ...libraries].map(changed));
  if (existsSync(program) && changed(program) > newest) return program;
  mkdirSync(dirname(program), { recursive: true });
  // Renamed at the end: a run that is interrupted meanwhile leaves no half of a program.
  const made = `${program}.${process.pid}`;
  const flags = ["-O3", "-std=c++17", `-I${join(libzmq, "include")}`, source, "-o", made];
  const compiler = process.env.CXX ?? "c++";
  const { failed, stderr } = execaSync(compiler, [...flags, ...parameters], { reject: false });
  if (failed) throw new Error(`${source} could not be compiled: ${stderr}`);
  renameSync(made, program);
  return program;
}

/** Returns the flags to link with the libzmq that is built here, optimized as the addon is. */
function vendored() {
  if (!existsSync(join(out, "vendor")))
    throw new Error("The library is not built: run `npm run build` first.");
  const libraries = readdirSync(join(out, "vendor"), { recursive: true })
    .filter((name) => name.endsWith(".a"))
    .map((name) => join(out, "vendor", name));
  return [
    "-DZMQ_STATIC",
    "-flto=auto",
    "-Wl,--start-group",
    ...libraries,
    "-Wl,--end-group",
    "-lpthread",
    "-lm",
  ];
}

/** bench/peers/patterns.cc. */
export const patternsProgram = () => compile("patterns", join(peers, "patterns.cc"), vendored());

const toolSource = (name) => join(libzmq, `perf/${name}.cpp`);

/** One of libzmq's own tools, such as local_thr. */
export const vendoredTool = (name) =>
  // For platform.hpp, which CMake writes.
  compile(name, toolSource(name), [`-I${join(out, "vendor/libzmq")}`, ...vendored()]);

/** The system's libzmq, as its distribution built it; undefined where there is none. */
export const stockLibrary = /libzmq\.so\.5 .*=> (\S+)/.exec(
  execaSync("/sbin/ldconfig", ["-p"], { reject: false }).stdout,
)?.[1];

/** As `vendoredTool`, with the system's libzmq. */
export const stockTool = (name) => compile(`stock/${name}`, toolSource(name), [stockLibrary]);

/** bench/peers/multicast.cc. */
export const multicastProgram = ({ stock = false } = {}) =>
  compile(
    stock ? "stock/multicast" : "multicast",
    join(peers, "multicast.cc"),
    stock ? [stockLibrary] : vendored(),
  );

/** The header and the package of the library that a stream without libzmq needs, by its name. */
const libraries = {
  nng: { header: "/usr/include/nng/nng.h", needs: "libnng-dev" },
  nanomsg: { header: "/usr/include/nanomsg/nn.h", needs: "libnanomsg-dev" },
};

/** bench/peers/writev.cc, nng.cc or nanomsg.cc. */
export const streamProgram = (name) =>
  compile(name, join(peers, `${name}.cc`), name in libraries ? [`-l${name}`] : [], [join(peers, "stream.h")]);

/** Streams that cannot take part, with the reason. */
export function missingStreams() {
  return Object.entries(libraries)
    .filter(([, { header }]) => !existsSync(header))
    .map(([name, { needs }]) => [name, `${needs} is not installed`]);
}
