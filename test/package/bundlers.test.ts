// The packed package in a bundle that is an ES module, by each bundler at its defaults. The bundlers come from npm, into
// the cache folder of scripts/prebuild; where they cannot be had, the tests are left out.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { orSkip, program, treeOf } from "../helpers/tools.js";
import { root, Workshop } from "./pack.js";

const workshop = new Workshop();
const inWorkshop = (...path: string[]) => join(workshop.folder, ...path);

const tools = orSkip(() =>
  treeOf({
    "@rollup/plugin-commonjs": "29.0.3",
    "@rollup/plugin-node-resolve": "16.0.3",
    "@rspack/core": "2.3.3",
    esbuild: "0.28.2",
    rollup: "4.68.8",
    vite: "8.4.0",
    webpack: "5.113.0",
  }),
);
const esbuild = orSkip(() => program("@esbuild/linux-x64", "0.28.2", "bin/esbuild"));

const source = `
  import { Pull, Push } from "zmq-native";
  import { Server } from "zmq-native/draft";
  import v5 from "zmq-native/v5-compat";
  const pull = new Pull({ receiveTimeout: 10_000 });
  await pull.bind("tcp://127.0.0.1:*");
  const push = new Push();
  push.connect(pull.lastEndpoint);
  await push.send("arrived");
  console.log(String(await pull.receive()), typeof Server, typeof v5.socket);
  push.close();
  pull.close();`;

beforeAll(async () => {
  const tarball = await workshop.packOurs();
  workshop.env = { NODE_NO_WARNINGS: "1", ...(esbuild ? { ESBUILD_BINARY_PATH: esbuild } : {}) };
  workshop.write("project", {
    "package.json": { name: "project", private: true, dependencies: { "zmq-native": `file:${tarball}` } },
    "program.mjs": source,
  });
  await workshop.npm("project", "install");
});
afterAll(() => workshop.remove());

describe.skipIf(!tools || !esbuild)("an ES module by", () => {
  test.each(["esbuild", "rollup", "rolldown", "vite", "webpack", "rspack"])(
    "%s finds prebuilds beside itself, whatever program imports it",
    async (tool) => {
      const output = inWorkshop(tool, "bundle.mjs");
      workshop.write("", { [`${tool}/program/main.mjs`]: 'import "../bundle.mjs";' });
      const parameters = [tool, tools!, inWorkshop("project/program.mjs"), output];
      const script = join(root, "test/package/programs/bundle.mjs");
      const warnings = await workshop.run("project", process.execPath, script, ...parameters);
      expect(JSON.parse(warnings)).toEqual([]);

      const failed = workshop.run("project", process.execPath, join(output, "../program/main.mjs"));
      await expect(failed).rejects.toThrow(/a bundle needs the package's folder `prebuilds` beside it/);
      await expect(failed).rejects.not.toThrow(/\[cause\]: undefined/);

      cpSync(inWorkshop("project/node_modules/zmq-native/prebuilds"), join(output, "../prebuilds"), {
        recursive: true,
      });
      for (const main of ["bundle.mjs", "program/main.mjs"]) {
        const printed = await workshop.run("project", process.execPath, join(output, "..", main));
        expect(printed).toBe("arrived function function\n");
      }
    },
  );
});
