// The packed package under other package managers and in a bundle. Those tools come from npm, into the cache folder of
// scripts/prebuild; where they cannot be had, their tests are left out.

import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bun, fromNpm, orSkip, program } from "../helpers/tools.js";
import { Workshop } from "./pack.js";

const workshop = new Workshop();
const inWorkshop = (...path: string[]) => join(workshop.folder, ...path);
let tarball: string;

const pnpm = orSkip(() => join(fromNpm("pnpm", "9.15.9"), "bin/pnpm.cjs"));
const yarn = orSkip(() => join(fromNpm("@yarnpkg/cli-dist", "4.18.1"), "bin/yarn.js"));
const esbuild = orSkip(() => program("@esbuild/linux-x64", "0.28.2", "bin/esbuild"));
const bunProgram = orSkip(bun);

const source = `
  const { Pull, Push } = require("zmq-native");
  const { Server } = require("zmq-native/draft");
  (async () => {
    const pull = new Pull({ receiveTimeout: 10_000 });
    await pull.bind("tcp://127.0.0.1:*");
    const push = new Push();
    push.connect(pull.lastEndpoint);
    await push.send("arrived");
    console.log(String(await pull.receive()), typeof Server);
    push.close();
    pull.close();
  })();`;
const printed = "arrived function\n";

/** A project that depends on the tarball alone. */
function project(folder: string, files: Record<string, unknown> = {}): void {
  workshop.write(folder, {
    "package.json": { name: folder, private: true, dependencies: { "zmq-native": `file:${tarball}` } },
    "program.cjs": source,
    ...files,
  });
}

beforeAll(async () => {
  tarball = await workshop.packOurs();
  // Each tool's own caches, and its state, in the workshop.
  workshop.env = {
    HOME: inWorkshop("home"),
    YARN_ENABLE_TELEMETRY: "0",
    YARN_ENABLE_GLOBAL_CACHE: "0",
    YARN_ENABLE_IMMUTABLE_INSTALLS: "0",
    BUN_INSTALL_CACHE_DIR: inWorkshop("bun"),
    NODE_NO_WARNINGS: "1",
  };
}, 400_000);
afterAll(() => workshop.remove());

test.skipIf(!pnpm)(
  "pnpm",
  async () => {
    project("pnpm");
    await workshop.run("pnpm", "node", pnpm!, "install", "--store-dir", inWorkshop("store"));
    expect(await workshop.run("pnpm", "node", "program.cjs")).toBe(printed);
  },
  60_000,
);

describe.skipIf(!yarn).each(["node-modules", "pnp", "pnpm"])("yarn, nodeLinker: %s", (linker) => {
  test("a program runs", async () => {
    const folder = `yarn-${linker}`;
    project(folder, { ".yarnrc.yml": `nodeLinker: ${linker}\n`, "yarn.lock": "" });
    await workshop.run(folder, "node", yarn!, "install");
    expect(existsSync(inWorkshop(folder, ".pnp.cjs"))).toBe(linker === "pnp");
    expect(await workshop.run(folder, "node", yarn!, "node", "program.cjs")).toBe(printed);
  }, 60_000);
});

test.skipIf(!bunProgram)(
  "Bun, and what it installed under Node",
  async () => {
    project("bun");
    await workshop.run("bun", bunProgram!, "install");
    expect(await workshop.run("bun", bunProgram!, "program.cjs")).toBe(printed);
    expect(await workshop.run("bun", "node", "program.cjs")).toBe(printed);
  },
  60_000,
);

describe.skipIf(!esbuild)("a bundle by esbuild, far from its package", () => {
  beforeAll(async () => {
    project("bundled");
    await workshop.npm("bundled", "install");
  }, 60_000);

  test.each([
    ["cjs", "program.cjs"],
    ["esm", "program.mjs"],
  ])("as %s, with prebuilds beside it", async (format, name) => {
    const out = inWorkshop(`bundle-${format}`);
    const flags = ["--bundle", "--platform=node", `--format=${format}`, `--outfile=${join(out, name)}`];
    await workshop.run("bundled", esbuild!, "program.cjs", ...flags);
    await expect(workshop.run(`bundle-${format}`, "node", name)).rejects.toThrow(
      /a bundle needs the package's folder `prebuilds` beside it/,
    );
    cpSync(inWorkshop("bundled/node_modules/zmq-native/prebuilds"), join(out, "prebuilds"), {
      recursive: true,
    });
    expect(await workshop.run(`bundle-${format}`, "node", name)).toBe(printed);
  });
});
