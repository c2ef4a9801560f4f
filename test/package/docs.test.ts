// The reference of the interface: everything public is documented, and every link leads somewhere.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import { root } from "./pack.js";

test("typedoc has no warning", () => {
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

test("it begins at the entry points that the package has", () => {
  const text = readFileSync(join(root, "typedoc.jsonc"), "utf8").replace(/^\s*\/\/.*$/gm, "");
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // Several names lead to one file.
  const files = Object.values<{ require?: { default: string } }>(exports).flatMap(({ require }) =>
    require ? [require.default] : [],
  );
  const sources = [...new Set(files)].map((file) => file.replace(/^\.\/dist\/(.*)\.js$/, "lib/$1.ts"));
  expect(JSON.parse(text).entryPoints).toEqual(sources);
});
