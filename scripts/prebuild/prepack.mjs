// npm runs this before `npm pack` and `npm publish` (the script `prepack`): it refuses a tree without dist/ or prebuilds/.

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../terminal.mjs";
import { targets } from "./targets.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Files that conditions of `exports` lead to, however deep. */
const filesOf = (entry) => (typeof entry === "string" ? [entry] : Object.values(entry).flatMap(filesOf));
/** The files of dist/ that its files load. */
const loaded = filesOf(exports).flatMap((file) => {
  if (!/\.m?js$/.test(file) || !existsSync(join(root, file))) return [];
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/(?:require\(|from )"\.\/([\w-]+\.m?js)"/g)].map(([, name]) => `./dist/${name}`);
});
const lacking = [...filesOf(exports), ...loaded].find((file) => !existsSync(join(root, file)));
if (lacking !== undefined) {
  fail(`The package cannot be packed: ${lacking} does not exist. Make dist/ with \`npm run build:lib\`.`);
}

const missing = Object.entries(targets).filter(
  ([, { file }]) => !statSync(join(root, file), { throwIfNoEntry: false })?.size,
);
const remedy =
  "Make the binaries with `npm run prebuilds -- --all`, or those of this machine with `npx prebuildify`.";
if (missing.length === Object.keys(targets).length) {
  fail(`The package cannot be packed: prebuilds/ holds no binary. ${remedy}`);
}
// A package for tests needs the binary of one machine only.
if (process.env.npm_command === "publish" && missing.length > 0) {
  fail(
    `The package cannot be published: prebuilds/ has no binary for ${missing.map(([name]) => name).join(", ")}. ${remedy}`,
  );
}
