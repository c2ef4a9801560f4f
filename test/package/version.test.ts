// The version that the library reports, and that of package.json.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspector } from "zmq-native/inspector";
import { root } from "./pack.js";

test("the library has the version of package.json", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(inspector.snapshot().process.library).toBe(version);
});
