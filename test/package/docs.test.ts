// The API reference: everything public is documented, and every link resolves.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import { root } from "./pack.js";

test("typedoc reports no warning", () => {
  const cli = join(root, "node_modules/typedoc/bin/typedoc");
  const { status, stdout, stderr } = executeSync(
    process.execPath,
    [cli, "--emit", "none", "--logLevel", "Warn"],
    {
      cwd: root,
    },
  );
  expect({ status, text: stdout + stderr }).toEqual({ status: 0, text: "" });
}, 60_000);

test("the API reference has the entry points of the package", () => {
  const text = readFileSync(join(root, "typedoc.jsonc"), "utf8").replace(/^\s*\/\/.*$/gm, "");
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // Several names lead to one file.
  const files = Object.values<{ require?: { default: string } }>(exports).flatMap(({ require }) =>
    require ? [require.default] : [],
  );
  const sources = [...new Set(files)].map((file) => file.replace(/^\.\/dist\/(.*)\.js$/, "lib/$1.ts"));
  expect(JSON.parse(text).entryPoints).toEqual(sources);
});
