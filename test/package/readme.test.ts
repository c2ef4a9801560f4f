// README: its program is the site's, and its badges and commands agree with the project's files. The program itself runs in
// install.test.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./pack.js";
import { block } from "./readme.js";

const read = (file: string) => readFileSync(join(root, file), "utf8");
const readme = read("README.md");
const manifest = JSON.parse(read("package.json"));

test.each(["js", "console"])("the landing page of the documentation has README's %s block", (language) => {
  expect(block("docs/README.md", language)).toBe(block("README.md", language));
});

test("the badges name the license and the Node.js versions of package.json", () => {
  expect(readme).toContain(`https://img.shields.io/badge/license-${manifest.license}-`);
  const versions = encodeURIComponent(manifest.engines.node);
  expect(readme).toContain(`https://img.shields.io/badge/node-${versions}-`);
  expect(readme).toContain(`Node.js: ${manifest.engines.node.replace("||", "or")}`);
});

test("README shows the command that CI runs", () => {
  const command = /&& exec (.+)$/m.exec(read(".ci/run"))?.[1];
  expect(command).toMatch(/npm test$/);
  expect(readme).toMatch(new RegExp(`^    ${command}$`, "m"));
});

test("README names the version of libzmq that the binary contains", () => {
  const { version } = JSON.parse(read("vendor/versions.json")).libzmq;
  expect(readme).toContain(`contains libzmq ${version} `);
});
