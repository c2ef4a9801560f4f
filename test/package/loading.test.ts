// How many files and which of Node's modules the package loads.

import { execaSync } from "execa";
import { describe, expect, it } from "vitest";
import { packagePath } from "../helpers/program.js";

/** Runs code in a process that has loaded the package, and answers what it prints as JSON. */
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

/** Modules of Node's that take it 1 ms or more to load, or load such modules. */
const slow = ["child_process", "dns", "http", "net", "perf_hooks", "stream", "url", "worker_threads"];
const slowOf = (modules: string[]) => slow.filter((name) => modules.includes(`NativeModule ${name}`));

describe("loading the package", () => {
  const names = (files: string[]) => files.map((file) => file.split(/[\\/]/).slice(-2).join("/"));
  const needed = ["dist/index.js", "dist/library.js"];

  // The addon is not in `require.cache`, and node-gyp-build is for binaries that the library does not find.
  it("loads two files of its own, and no package", () => {
    expect(names(after("").files)).toEqual(needed);
  });

  // A file may be out of reach later: without a descriptor, or after setuid.
  it("loads nothing with the first use of a rare function", () => {
    const { files } = after("new zmq.Publisher().multicast;");
    expect(names(files)).toEqual(needed);
  });

  it("loads none of Node's modules that are slow to load", () => {
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
