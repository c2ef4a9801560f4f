// What the addon needs of the system at run time: a library that was left out shows only when something calls it.

import { join } from "node:path";
import { expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";

const binary = join(__dirname, "../../build/Release/zmq_native.node");
const symbols = executeSync("nm", ["-D", "--undefined-only", binary]);
const missing =
  process.platform !== "linux" ? "not on Linux" : symbols.status !== 0 ? "there is no nm here" : undefined;
if (missing) console.warn(`SKIPPED: symbols of the binary: ${missing}`);

test.skipIf(missing)("every symbol comes from libc or from Node", () => {
  const unknown = symbols.stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(" "))
    // Weak ones need not be there; those of glibc have a version.
    .filter(([kind, name]) => kind === "U" && !/@GLIBC|^napi_|^node_api_/.test(name as string))
    .map(([, name]) => name);
  expect(unknown).toEqual([]);
});
