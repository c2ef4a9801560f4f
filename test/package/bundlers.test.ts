// The packed package in bundles and in what tracers copy, by each tool at its defaults. The tools come from npm, into the
// cache folder of scripts/prebuild; where they cannot be had, the tests are left out.

import { copyFileSync, cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
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
    "@vercel/ncc": "0.45.0",
    "@vercel/nft": "1.11.5",
    esbuild: "0.28.2",
    postject: "1.0.0-alpha.6",
    rollup: "4.68.8",
    vite: "8.4.0",
    webpack: "5.113.0",
  }),
);
const esbuild = orSkip(() => program("@esbuild/linux-x64", "0.28.2", "bin/esbuild"));

const body = `
  async function main() {
    const pull = new Pull({ receiveTimeout: 10_000 });
    await pull.bind("tcp://127.0.0.1:*");
    const push = new Push();
    push.connect(pull.lastEndpoint);
    await push.send("arrived");
    // The library loads the code of \`multicast\` with its first use.
    const { rate } = new Publisher().multicast;
    console.log(String(await pull.receive()), typeof Server, typeof v5.socket, rate);
    push.close();
    pull.close();
  }
  main();`;
const sources = {
  "program.mjs": `
  import { Publisher, Pull, Push } from "zmq-native";
  import { Server } from "zmq-native/draft";
  import v5 from "zmq-native/v5-compat";
  ${body}`,
  "program.cjs": `
  const { Publisher, Pull, Push } = require("zmq-native");
  const { Server } = require("zmq-native/draft");
  const v5 = require("zmq-native/v5-compat");
  ${body}`,
};
const printed = "arrived function function 100\n";
const run = (...file: string[]) => workshop.run("elsewhere", process.execPath, inWorkshop(...file));

beforeAll(async () => {
  const tarball = await workshop.packOurs();
  workshop.env = { NODE_NO_WARNINGS: "1", ...(esbuild ? { ESBUILD_BINARY_PATH: esbuild } : {}) };
  workshop.write("project", {
    "package.json": { name: "project", private: true, dependencies: { "zmq-native": `file:${tarball}` } },
    ...sources,
  });
  workshop.write("elsewhere", { "package.json": {} });
  await workshop.npm("project", "install");
});
// Two folders with all of Next.js: minutes on a busy machine.
afterAll(() => workshop.remove(), 300_000);

const prebuilds = () => inWorkshop("project/node_modules/zmq-native/prebuilds");

/** Bundles a program of the project; the warnings. */
async function bundle(tool: string, format: "esm" | "cjs", input: string, output: string): Promise<unknown> {
  const script = join(root, "test/package/programs/bundle.mjs");
  const parameters = [tool, format, tools!, inWorkshop("project", input), output];
  return JSON.parse(await workshop.run("project", process.execPath, script, ...parameters));
}

describe.skipIf(!tools || !esbuild)("prebuilds beside a bundle are found, whatever program loads it:", () => {
  test.each([
    ...["esbuild", "rollup", "rolldown", "vite", "webpack", "rspack"].map((tool) => ["esm", tool] as const),
    ...["esbuild", "rollup", "rolldown", "webpack", "rspack"].map((tool) => ["cjs", tool] as const),
  ])("%s by %s", async (format, tool) => {
    const folder = `${tool}-${format}`;
    const file = `bundle.${format === "esm" ? "mjs" : "cjs"}`;
    workshop.write(folder, { "program/main.mjs": `import "../${file}";` });
    // As ES modules from ES modules, or CommonJS from CommonJS: what a program of either kind is bundled as.
    const input = format === "esm" ? "program.mjs" : "program.cjs";
    expect(await bundle(tool, format, input, inWorkshop(folder, file))).toEqual([]);

    const failed = run(folder, "program/main.mjs");
    await expect(failed).rejects.toThrow(/a bundle needs the package's folder `prebuilds` beside it/);
    await expect(failed).rejects.not.toThrow(/\[cause\]: undefined/);

    cpSync(prebuilds(), inWorkshop(folder, "prebuilds"), { recursive: true });
    for (const main of [file, "program/main.mjs"]) expect(await run(folder, main)).toBe(printed);
  });
});

test.skipIf(!tools || !esbuild)(
  "a bundle does not take the addon of another package for its own",
  async () => {
    await bundle("esbuild", "cjs", "program.cjs", inWorkshop("foreign/dist/bundle.cjs"));
    // node-gyp-build takes whatever addon lies in build/Release. zeromq's is one.
    const builds = join(root, "node_modules/zeromq/build", process.platform, process.arch);
    const addons = readdirSync(builds, { recursive: true, encoding: "utf8" });
    const addon = addons.find((file) => file.endsWith(".node") && !file.includes("musl"));
    cpSync(join(builds, addon!), inWorkshop("foreign/build/Release/addon.node"));
    const failed = run("foreign/dist/bundle.cjs");
    await expect(failed).rejects.toThrow(/zmq-native has no binary that loads/);
    await expect(failed).rejects.toThrow(/build\/Release with addon\.node/);
    cpSync(prebuilds(), inWorkshop("foreign/dist/prebuilds"), { recursive: true });
    expect(await run("foreign/dist/bundle.cjs")).toBe(printed);
  },
);

test.skipIf(!tools).each(["program.cjs", "program.mjs"])(
  "@vercel/nft traces the binary of %s, and a copy of the files runs",
  async (name) => {
    const trace = join(root, "test/package/programs/trace.mjs");
    const output = await workshop.run(
      "project",
      process.execPath,
      trace,
      tools!,
      inWorkshop("project"),
      name,
    );
    const files: string[] = JSON.parse(output);
    expect(files.filter((file) => file.endsWith(".node"))).toEqual([
      expect.stringMatching(/^node_modules\/zmq-native\/prebuilds\/\w+-\w+\/zmq-native\.[.\w]*node$/),
    ]);
    const folder = `traced-${name}`;
    for (const file of files) cpSync(inWorkshop("project", file), inWorkshop(folder, file));
    expect(await run(folder, name)).toBe(printed);
  },
);

test.skipIf(!tools).each(["program.cjs", "program.mjs"])(
  "ncc puts the binary of %s beside the bundle, which runs by itself",
  async (name) => {
    const folder = `ncc-${name}`;
    expect(await bundle("ncc", "cjs", name, inWorkshop(folder, name))).toEqual([]);
    expect(await run(folder, name)).toBe(printed);
  },
);

// Signing and other formats are beyond a test: elsewhere the tool that injects the bundle needs more steps.
const single = process.platform === "linux";
if (!single) console.warn("SKIPPED: single executable applications: not on Linux");

test.skipIf(!tools || !esbuild || !single)(
  "a single executable application finds prebuilds beside itself",
  async () => {
    await bundle("esbuild", "cjs", "program.cjs", inWorkshop("single/bundle.cjs"));
    workshop.write("single", {
      "config.json": { main: "bundle.cjs", output: "bundle.blob", disableExperimentalSEAWarning: true },
    });
    await workshop.run("single", process.execPath, "--experimental-sea-config", "config.json");
    copyFileSync(process.execPath, inWorkshop("single/application"));
    await workshop.run(
      "single",
      process.execPath,
      ...[join(tools!, "node_modules/postject/dist/cli.js"), "application", "NODE_SEA_BLOB", "bundle.blob"],
      ...["--sentinel-fuse", "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2"],
    );
    const application = () => workshop.run("elsewhere", inWorkshop("single/application"));
    await expect(application()).rejects.toThrow(/zmq-native has no binary that loads/);
    cpSync(prebuilds(), inWorkshop("single/prebuilds"), { recursive: true });
    expect(await application()).toBe(printed);
  },
);

const long = process.env.ZMQ_NATIVE_LONG === "1";
if (!long) console.warn("SKIPPED: Next.js: it takes minutes and 350 MB; npm run test:package");
const next = long
  ? orSkip(() => treeOf({ next: "16.4.6", react: "19.3.1", "react-dom": "19.3.1" }))
  : undefined;

describe.skipIf(!next).each(["turbopack", "webpack"])("Next.js with output: standalone, by %s", (bundler) => {
  test("traces the binary, and the server exchanges a message", async () => {
    const folder = `next-${bundler}`;
    workshop.write(folder, {
      "package.json": { private: true },
      "next.config.mjs": `export default ${JSON.stringify({
        output: "standalone",
        serverExternalPackages: ["zmq-native"],
        outputFileTracingRoot: inWorkshop(folder),
        turbopack: { root: inWorkshop(folder) },
      })};`,
      "app/layout.js": "export default ({ children }) => <html><body>{children}</body></html>;",
      "app/page.js": "export default () => <p>page</p>;",
      "app/exchange/route.js": `
          import { Pull, Push } from "zmq-native";
          export const dynamic = "force-dynamic";
          export async function GET() {
            const pull = new Pull({ receiveTimeout: 10_000 });
            await pull.bind("tcp://127.0.0.1:*");
            const push = new Push();
            push.connect(pull.lastEndpoint);
            await push.send("arrived");
            return new Response(String(await pull.receive()));
          }`,
    });
    // Copies: Turbopack refuses links that lead out of its root.
    cpSync(join(next!, "node_modules"), inWorkshop(folder, "node_modules"), { recursive: true });
    for (const name of ["zmq-native", "node-gyp-build"]) {
      cpSync(inWorkshop("project/node_modules", name), inWorkshop(folder, "node_modules", name), {
        recursive: true,
      });
    }
    workshop.env = { ...workshop.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
    const cli = inWorkshop(folder, "node_modules/next/dist/bin/next");
    await workshop.runFor(400_000, folder, process.execPath, cli, "build", `--${bundler}`);
    const standalone = inWorkshop(folder, ".next/standalone");
    const binaries = readdirSync(join(standalone, "node_modules/zmq-native/prebuilds"), { recursive: true });
    expect(binaries.filter((name) => String(name).endsWith(".node"))).toHaveLength(1);
    expect(await answerOf(standalone, "/exchange")).toBe("arrived");
  }, 500_000);
});

/** What the server of a folder answers to a request. */
async function answerOf(folder: string, path: string): Promise<string> {
  const server = execa(process.execPath, ["server.js"], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: "0", HOSTNAME: "127.0.0.1", NODE_ENV: "production" },
    extendEnv: false,
    stdin: "ignore",
    stderr: "inherit",
    reject: false,
  });
  try {
    for await (const line of createInterface(server.stdout)) {
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (url) return await (await fetch(url + path)).text();
    }
    throw new Error("The server ended before it listened.");
  } finally {
    server.kill();
  }
}
