// The package.json files of docs/migrating.md, installed by npm: a library that requires zeromq gets zmq-native.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, Workshop } from "./pack.js";

const page = readFileSync(join(root, "docs/migrating.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, code]) => code!);

const workshop = new Workshop();
let ours: string;
let library: Record<string, string>;

async function pack(
  manifest: { name: string; [field: string]: unknown },
  files: Record<string, string>,
): Promise<string> {
  workshop.write(manifest.name, { "package.json": { version: "1.0.0", ...manifest }, ...files });
  return `file:${await workshop.pack(`./${manifest.name}`)}`;
}

beforeAll(async () => {
  // Stands for the package, whose own installation test/package/install.test.ts tests.
  const exports = { ".": "./index.js", "./v5-compat": "./v5-compat.js" };
  const load = (file: string) => `module.exports = require(${JSON.stringify(join(root, "dist", file))});`;
  ours = await pack(
    { name: "zmq-native", exports },
    { "index.js": load("index.js"), "v5-compat.js": load("v5-compat.js") },
  );
  const program =
    'const zmq = require("zeromq"); console.log(zmq.version, typeof zmq.Push, typeof zmq.socket);';
  const written = { name: "written-for-zeromq", dependencies: { zeromq: "^6.0.0" } };
  library = { "written-for-zeromq": await pack(written, { "index.js": program }) };
});
afterAll(() => workshop.remove());

/** A package.json of the page, which installs the packed package instead of a published version. */
function manifest(index: number): Record<string, unknown> {
  const text = blocks("json")[index]!;
  return JSON.parse(text.replace(/npm:zmq-native@[^"]+|(?<="zmq-native": ")[^"]+/g, ours));
}

/** Installs a project with the library, and runs the library. */
async function run(folder: string, { dependencies, ...rest }: { dependencies?: object }): Promise<string> {
  workshop.write(folder, { "package.json": { dependencies: { ...dependencies, ...library }, ...rest } });
  await workshop.npm(folder, "install");
  return workshop.run(folder, "node", "-e", 'require("written-for-zeromq")');
}

test.each([0, 1])("the overrides of block %i replace zeromq 6 in a dependency", async (index) => {
  expect(await run(`version-6-${index}`, manifest(index))).toBe("4.3.4 function undefined\n");
});

test("a package of one's own replaces zeromq 5 in a dependency", async () => {
  const source = blocks("js").find((code) => code.startsWith("// zeromq-5/index.js"))!;
  workshop.write("version-5/zeromq-5", { "index.js": source, "package.json": manifest(2) });
  expect(await run("version-5", manifest(3))).toBe("4.3.4 undefined function\n");
});
