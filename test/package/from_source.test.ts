// The package builds its binary from what it carries, without a network, and against a libzmq of the system's. Each takes
// minutes, so they have a command of their own: npm run test:package

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { succeeds } from "../helpers/execute.js";
import { root, Workshop } from "./pack.js";

const asked = process.env.ZMQ_NATIVE_LONG === "1";
if (!asked) console.warn("SKIPPED: builds from the packed sources: they take minutes; npm run test:package");
const pkgConfig = succeeds("pkg-config", ["--version"]);
if (asked && !pkgConfig) console.warn("SKIPPED: a libzmq of the system's: there is no pkg-config here");

const minutes = (count: number) => count * 60_000;
const program = `
  const { Pull, Push, version, capability } = require("zmq-native");
  (async () => {
    const pull = new Pull({ receiveTimeout: 5000 });
    await pull.bind("tcp://127.0.0.1:*");
    const push = new Push();
    push.connect(pull.lastEndpoint);
    await push.send(["built", version]);
    console.log((await pull.receive()).join(" "), capability.curve === true);
  })();`;

describe.skipIf(!asked)("from the packed sources", () => {
  const workshop = new Workshop();
  const installed = () => join(workshop.folder, "project/node_modules/zmq-native");

  /** Without a network where this may be had; elsewhere behind a proxy that is not there. */
  const alone = succeeds("unshare", ["--net", "true"]);
  const offline = (alone ? ["unshare", "--net"] : ["env"]) as [string, ...string[]];
  const build = (...flags: string[]) =>
    workshop.runFor(
      minutes(9),
      "project/node_modules/zmq-native",
      offline[0],
      ...offline.slice(1),
      ...[...["npm", "run", "build", "--", ...flags]],
    );
  const runProgram = () => workshop.run("project", "node", "program.cjs");

  beforeAll(async () => {
    const nowhere = "http://127.0.0.1:9";
    workshop.env = { http_proxy: nowhere, https_proxy: nowhere };
    workshop.write("project", {
      "package.json": { dependencies: { "zmq-native": `file:${await workshop.packOurs()}` } },
      "program.cjs": program,
    });
    await workshop.npm("project", "install");
    rmSync(join(installed(), "prebuilds"), { recursive: true });
  }, minutes(2));
  afterAll(() => workshop.remove());

  test("the vendored libzmq", { timeout: minutes(10) }, async () => {
    await expect(runProgram()).rejects.toThrow(/Build one with `npm explore zmq-native -- npm run build`/);
    await build();
    expect(existsSync(join(installed(), "build/Release/zmq_native.node"))).toBe(true);
    expect(await runProgram()).toBe("built 4.3.4 true\n");
  });

  // The license of libzmq asks for this: whoever has the program can replace the library in it.
  test("a vendored libzmq with a changed line", { timeout: minutes(10) }, async () => {
    const header = join(installed(), "vendor/src/libzmq/include/zmq.h");
    const text = readFileSync(header, "utf8");
    const changed = text.replace("#define ZMQ_VERSION_PATCH 4", "#define ZMQ_VERSION_PATCH 99");
    expect(changed).not.toBe(text);
    writeFileSync(header, changed);
    await build();
    expect(await runProgram()).toBe("built 4.3.99 true\n");
  });

  test.skipIf(!pkgConfig)("a libzmq that pkg-config finds", { timeout: minutes(20) }, async () => {
    const prefix = join(workshop.folder, "system");
    // Without CURVE, which tells it from the vendored one.
    const settings = [
      "ENABLE_DRAFTS=ON",
      "ENABLE_CURVE=OFF",
      "WITH_DOCS=OFF",
      "BUILD_TESTS=OFF",
      "BUILD_STATIC=OFF",
    ];
    await workshop.run(
      "",
      "cmake",
      "-S",
      join(root, "vendor/src/libzmq"),
      "-B",
      "libzmq",
      ...[
        ...settings.map((setting) => `-D${setting}`),
        ...["-DWITH_PERF_TOOL=OFF", "-DCMAKE_BUILD_TYPE=Release", `-DCMAKE_INSTALL_PREFIX=${prefix}`],
        "-DCMAKE_INSTALL_LIBDIR=lib",
      ],
    );
    await workshop.runFor(
      minutes(9),
      "",
      "cmake",
      "--build",
      "libzmq",
      "--target",
      "install",
      "--parallel",
      "2",
    );
    workshop.env = { ...workshop.env, PKG_CONFIG_PATH: join(prefix, "lib/pkgconfig") };
    await build("--system-libzmq");
    workshop.env = { ...workshop.env, LD_LIBRARY_PATH: join(prefix, "lib") };
    expect(await runProgram()).toBe("built 4.3.4 false\n");
  });
});
