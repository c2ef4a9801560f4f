// Programs in C++ that the bench compiles for itself, when they are first wanted.

import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { execaSync } from "execa";
import { out, root } from "./paths.mjs";

const libzmq = join(root, "vendor/src/libzmq");

/** Compiles `source` to `out/bench/<name>`, unless that is there and newer. */
function compile(name, source, parameters) {
  const program = join(root, "out/bench", name);
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
  mkdirSync(dirname(program), { recursive: true });
  const flags = ["-O3", "-std=c++17", `-I${join(libzmq, "include")}`, source, "-o", program];
  const compiler = process.env.CXX ?? "c++";
  const { failed, stderr } = execaSync(compiler, [...flags, ...parameters], { reject: false });
  if (failed) throw new Error(`${source} could not be compiled: ${stderr}`);
  return program;
}

/** Returns the flags to link with the libzmq that is built here. */
function vendored() {
  const libraries = readdirSync(join(out, "vendor"), { recursive: true })
    .filter((name) => name.endsWith(".a"))
    .map((name) => join(out, "vendor", name));
  return ["-DZMQ_STATIC", "-Wl,--start-group", ...libraries, "-Wl,--end-group", "-lpthread", "-lm"];
}

/** bench/peers/patterns.cc. */
export const patternsProgram = () => compile("patterns", join(root, "bench/peers/patterns.cc"), vendored());

/** The system's libzmq, as its distribution built it; undefined where there is none. */
export const stockLibrary = /libzmq\.so\.5 .*=> (\S+)/.exec(
  execaSync("/sbin/ldconfig", ["-p"], { reject: false }).stdout,
)?.[1];

/** One of libzmq's own tools, such as local_thr, with the system's libzmq. */
export const stockTool = (name) => compile(`stock/${name}`, join(libzmq, `perf/${name}.cpp`), [stockLibrary]);

/** bench/peers/multicast.cc. */
export const multicastProgram = ({ stock = false } = {}) =>
  compile(
    stock ? "stock/multicast" : "multicast",
    join(root, "bench/peers/multicast.cc"),
    stock ? [stockLibrary] : vendored(),
  );
