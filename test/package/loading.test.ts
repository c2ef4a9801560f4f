// The number of files and the modules of Node that the package loads.

import { execaSync } from "execa";
import { describe, expect, it } from "vitest";
import { packagePath } from "../helpers/program.js";

/** Runs code in a process that has loaded the package, and parses its output as JSON. */
function after(code: string): { files: string[]; modules: string[] } {
  const program = `
    const before = new Set(process.moduleLoadList);
    const zmq = require(${JSON.stringify(packagePath)});
    ${code}
    const modules = process.moduleLoadList.filter((name) => !before.has(name));
    process.stdout.write(JSON.stringify({ files: Object.keys(require.cache), modules }));
    process.exit();`;
  return JSON.parse(execaSync(process.execPath, ["-e", program]).stdout);
}

/** Modules of Node that take 1 ms or more to load, or that load such modules. */
const slow = ["child_process", "dns", "http", "net", "perf_hooks", "stream", "url", "worker_threads"];
const slowOf = (modules: string[]) => slow.filter((name) => modules.includes(`NativeModule ${name}`));

describe("loading the package", () => {
  const names = (files: string[]) => files.map((file) => file.split(/[\\/]/).slice(-2).join("/"));
  const needed = ["dist/index.js", "dist/library.js"];

  // The addon is not in `require.cache`, and node-gyp-build is for binaries that the library does not find.
  it("reads two files of the package and no other package", () => {
    expect(names(after("").files)).toEqual(needed);
  });

  // A file may be unreachable later: without a free descriptor, or after setuid.
  it("leaves no file to load for a rarely used function", () => {
    const { files } = after("new zmq.Publisher().multicast;");
    expect(names(files)).toEqual(needed);
  });

  it("loads none of Node's slow modules", () => {
    expect(slowOf(after("").modules)).toEqual([]);
  });

  it("loads none of them for a connect, a bind or a send", () => {
    const { files, modules } = after(`
      const push = new zmq.Push({ linger: 0 });
      push.bindSync("tcp://127.0.0.1:*");
      push.connect("tcp://127.0.0.1:5555");
      push.connect("tcp://[::1]:5555");
      push.send("message");`);
    expect(slowOf(modules)).toEqual([]);
    expect(names(files)).toEqual(needed);
  });
});
