// The package as users get it: packed, installed with npm, loaded in every way.

import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, nodeTypes } from "./compile.js";
import { root, Workshop } from "./pack.js";
import { block } from "./readme.js";

const workshop = new Workshop();
const inWorkshop = (...path: string[]) => join(workshop.folder, ...path);
let tarball: string;

/** A tiny library that was written for zeromq. */
const library = {
  "package.json": { name: "written-for-zeromq", version: "1.0.0", dependencies: { zeromq: "^6.0.0" } },
  "index.js": `
    const zmq = require("zeromq");
    exports.Push = zmq.Push;
    exports.send = async (address, message) => {
      const push = new zmq.Push({ sendTimeout: 5000 });
      push.connect(address);
      await push.send(message);
      push.close();
    };`,
};

/** Projects that depend on this package only, and the name under which they install it. */
const projects = [
  { folder: "plain", name: "zmq-native", flags: [] },
  { folder: "alias", name: "zeromq", flags: ["--ignore-scripts"] },
];

beforeAll(async () => {
  tarball = await workshop.packOurs();
  workshop.write("written-for-zeromq", library);
  const written = await workshop.pack("./written-for-zeromq");
  const ours = `file:${tarball}`;
  for (const { folder, name } of projects) {
    workshop.write(folder, { "package.json": { dependencies: { [name]: ours } } });
  }
  workshop.write("overridden", {
    "package.json": {
      dependencies: { "written-for-zeromq": `file:${written}` },
      overrides: { zeromq: ours },
    },
  });
  await Promise.all([
    ...projects.map(({ folder, flags }) => workshop.npm(folder, "install", ...flags)),
    workshop.npm("overridden", "install"),
  ]);
  for (const { folder } of projects) {
    workshop.write(folder, { "node_modules/@types/README": "" });
    symlinkSync(nodeTypes, inWorkshop(folder, "node_modules/@types/node"));
  }
}, 400_000);
afterAll(() => workshop.remove());

/** Paths of all files below a folder. */
const filesOf = (...folder: string[]) =>
  readdirSync(inWorkshop(...folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(inWorkshop(...folder).length + 1))
    .sort();

describe("the tarball", () => {
  test("contains the files needed to use, build and license it, and nothing else", () => {
    const files = filesOf("plain/node_modules/zmq-native");
    const tops = new Set(files.map((file) => file.split("/")[0]));
    expect([...tops].sort()).toEqual(
      [
        "CHANGELOG.md CMakeLists.txt LICENSE README.md THIRD-PARTY-NOTICES.md",
        "dist lib native package.json prebuilds scripts tsconfig.build.json tsconfig.json vendor",
      ].flatMap((line) => line.split(" ")),
    );
    const pins = JSON.parse(readFileSync(join(root, "vendor/versions.json"), "utf8"));
    for (const name of Object.keys(pins)) {
      expect(files).toContain(`vendor/licences/${name}.txt`);
      expect(files).toContain(`vendor/packed/${name}.tar.xz`);
    }
  });

  test("contains declarations for each source, few JavaScript files, working source maps, and no stale files", () => {
    const files = filesOf("plain/node_modules/zmq-native");
    const stems = files.flatMap((file) => file.match(/^lib\/(.*(?<!\.d)\.m?ts)$/)?.[1] ?? []);
    const declarations = stems.map((stem) => stem.replace(/\.(m?)ts$/, ".d.$1ts"));
    const entries = ["index", "draft", "streams", "opentelemetry", "inspector", "v5-compat"].flatMap(
      (name) => [`${name}.js`, `${name}.mjs`],
    );
    const shared = ["auth.js", "binary.js", "library.js", "v5-library.js"];
    const built = [...declarations, ...entries, ...shared].flatMap((file) => [file, `${file}.map`]);
    const inDist = files.filter((file) => file.startsWith("dist/") && !file.startsWith("dist/command/"));
    expect(inDist).toEqual(built.map((file) => `dist/${file}`).sort());
    for (const map of built.filter((file) => file.endsWith(".map"))) {
      const { sources } = JSON.parse(readFileSync(inWorkshop("package/dist", map), "utf8"));
      for (const source of sources) {
        expect(existsSync(join(inWorkshop("package/dist", map), "..", source)), `${map}: ${source}`).toBe(
          true,
        );
      }
    }
  });

  test("contains the command, and the licenses of the packages in it", async () => {
    const { stdout } = await execa(inWorkshop("plain/node_modules/.bin/zmq"), ["--version"], {
      stripFinalNewline: false,
    });
    const { version } = JSON.parse(
      readFileSync(inWorkshop("plain/node_modules/zmq-native/package.json"), "utf8"),
    );
    expect(stdout).toBe(`${version}\n`);
    const licenses = readFileSync(
      inWorkshop("plain/node_modules/zmq-native/dist/command/LICENSES.txt"),
      "utf8",
    );
    for (const name of ["@msgpack/msgpack", "cborg", "commander", "fast-string-truncated-width"])
      expect(licenses).toContain(`${name} `);
  });

  test("passes publint", async () => {
    const { buffer } = new Uint8Array(readFileSync(tarball));
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg as object, { color: false }))).toEqual([]);
  });

  test("passes attw: types resolve wherever code does", async () => {
    const cli = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
    const { stdout } = await execa(process.execPath, [cli, tarball, "--format=json"]);
    const { problems, analysis } = JSON.parse(stdout);
    expect(problems).toEqual({});
    const entrypoints = Object.keys(analysis.entrypoints);
    expect(entrypoints).toEqual([
      ".",
      "./draft",
      "./draft.js",
      "./v5-compat",
      "./v5-compat.js",
      "./streams",
      "./opentelemetry",
      "./inspector",
      "./lib",
      "./lib/index",
      "./lib/index.js",
      "./package.json",
    ]);
  });
});

describe.each(projects)("installed as $name", ({ folder, name }) => {
  test("contains the packed files unchanged, runs no install script and builds nothing", () => {
    expect(filesOf(folder, "node_modules", name)).toEqual(filesOf("plain/node_modules/zmq-native"));
    expect(existsSync(inWorkshop(folder, "node_modules", name, "build"))).toBe(false);
    expect(JSON.parse(readFileSync(inWorkshop(folder, "package-lock.json"), "utf8"))).not.toHaveProperty([
      "packages",
      `node_modules/${name}`,
      "hasInstallScript",
    ]);
  });

  test("gives CommonJS and ES modules the same classes", async () => {
    workshop.write(folder, {
      "same.mjs": `
        import assert from "node:assert/strict";
        import { createRequire } from "node:module";
        import zmq, { Push, ZmqError, context } from "${name}";
        import * as draft from "${name}/draft";
        import * as compat from "${name}/v5-compat.js";
        const require = createRequire(import.meta.url);
        assert.equal(require("${name}"), zmq);
        assert.equal(require("${name}").Push, Push);
        assert.equal(require("${name}").ZmqError, ZmqError);
        assert.equal(require("${name}").context, context);
        for (const path of ["draft", "draft.js"]) assert.equal(require("${name}/" + path).Server, draft.Server);
        for (const path of ["v5-compat", "v5-compat.js"]) assert.equal(require("${name}/" + path).socket, compat.socket);
        assert.ok(new draft.Client() instanceof zmq.Socket);
        assert.throws(() => require("${name}/dist/socket.js"), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
        console.log(require("${name}/package.json").name);`,
    });
    expect(await workshop.run(folder, "node", "same.mjs")).toBe("zmq-native\n");
  });

  test("works in a CommonJS program", async () => {
    workshop.write(folder, {
      "program.cjs": `
        const { Pull, Push } = require("${name}");
        (async () => {
          const pull = new Pull({ receiveTimeout: 5000 });
          await pull.bind("tcp://127.0.0.1:*");
          const push = new Push();
          push.connect(pull.lastEndpoint);
          await push.send(["a", "b"]);
          console.log((await pull.receive()).join("+"));
        })();`,
    });
    expect(await workshop.run(folder, "node", "program.cjs")).toBe("a+b\n");
  });
});

test("npm's overrides install it in place of zeromq for a library", async () => {
  workshop.write("overridden", {
    "program.mjs": `
      import { createRequire } from "node:module";
      import { Push, send } from "written-for-zeromq";
      const require = createRequire(import.meta.resolve("written-for-zeromq"));
      const zmq = require("zeromq");
      const pull = new zmq.Pull({ receiveTimeout: 5000 });
      await pull.bind("tcp://127.0.0.1:*");
      await send(pull.lastEndpoint, "from the library");
      console.log(String(await pull.receive()), Push === zmq.Push, require("zeromq/package.json").name);`,
  });
  expect(await workshop.run("overridden", "node", "program.mjs")).toBe("from the library true zmq-native\n");
});

describe("a TypeScript program compiles with all declarations checked, and runs", () => {
  const source = readFileSync(join(__dirname, "programs/exchange.ts"), "utf8");
  const bundler = { module: "esnext", moduleResolution: "bundler" };
  const node10 = { module: "commonjs", moduleResolution: "node10" };

  test.each([
    ["5.0", "plain", "es.mts", {}],
    ["5.0", "plain", "node10.ts", node10],
    ["6.0", "plain", "es.mts", {}],
    ["6.0", "alias", "common.cts", {}],
    ["6.0", "plain", "module/bundler.ts", bundler],
    ["6.0", "alias", "node10.ts", { ...node10, ignoreDeprecations: "6.0" }],
  ] as const)("with TypeScript %s, in %s, as %s", async (version, folder, file, options) => {
    const name = folder === "plain" ? "zmq-native" : "zeromq";
    workshop.write(folder, {
      [file]: source.replaceAll('"zmq-native', `"${name}`),
      "module/package.json": { type: "module" },
    });
    expect(compile(version, inWorkshop(folder, file), options)).toEqual([]);
    const output = await workshop.run(folder, "node", file.replace(/ts$/, "js"));
    expect(output).toMatch(/^native, draft, version 5, 4\.3\.\d, true, true, true, number\n$/);
  });
});

describe("a program with the types of zeromq compiles and runs", () => {
  const source = readFileSync(join(__dirname, "programs/typed.ts"), "utf8");

  beforeAll(() => {
    workshop.write("theirs", { "node_modules/@types/README": "" });
    for (const name of ["@types/node", "zeromq"]) {
      symlinkSync(join(root, "node_modules", name), inWorkshop("theirs/node_modules", name));
    }
  });

  test.each([
    ["zeromq itself", "6.0", "theirs", { skipLibCheck: true }],
    ["this package", "6.0", "alias", {}],
    ["this package", "5.0", "alias", {}],
  ] as const)("with %s, TypeScript %s", async (_, version, folder, options) => {
    workshop.write(folder, { "typed.cts": source });
    expect(compile(version, inWorkshop(folder, "typed.cts"), options)).toEqual([]);
    expect(await workshop.run(folder, "node", "typed.cjs")).toBe("as typed\n");
  });
});

test("README's program runs in an empty folder, prints the output in README, and exits by itself", async () => {
  const [command, ...output] = block("README.md", "console").split(/(?<=\n)/);
  expect(command).toBe("$ node hello.mjs\n");
  workshop.write("pasted", { "hello.mjs": block("README.md", "js") });
  await workshop.npm("pasted", "install", tarball);
  const printed = await workshop.run("pasted", process.execPath, "hello.mjs");
  expect(printed).not.toBe("");
  expect(printed).toBe(output.join(""));
});
