// Memory that the system refuses, and calls of Node-API and libzmq that fail, are errors and never a signal. Needs the
// build of `npm run sanitize -- asan`, in which each such call can be made to fail (test/failing).

import { join } from "node:path";
import { expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import { sanitizer } from "../helpers/program.js";

const reason = sanitizer !== "asan" && "only the build of `npm run sanitize -- asan` can make calls fail";
if (reason) console.warn(`SKIP failing calls: ${reason}`);

test.skipIf(reason)(
  "each call that can fail does so in turn, and what comes next is intact",
  { timeout: 300_000 },
  () => {
    const { status, signal, stdout, stderr } = executeSync(process.execPath, [
      join(__dirname, "../failing/program.cjs"),
    ]);
    expect({ status, signal }, stderr).toEqual({ status: 0, signal: null });
    const tried = JSON.parse(stdout) as Record<string, number>;
    const total = Object.values(tried).reduce((sum, count) => sum + count, 0);
    console.log(`${total} calls failed in turn: ${stdout}`);
    for (const name of ["a copy of the library", "a context", "a socket", "an observer", "a proxy"]) {
      expect(tried[name], name).toBeGreaterThan(0);
    }
    expect(total).toBeGreaterThan(50);
  },
);
