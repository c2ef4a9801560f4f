// Finding the binary: wherever the package lies, on whatever C library, and what is said where there is none.

import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";

const root = join(__dirname, "../..");
const binary = join(root, "build/Release/zmq_native.node");
const target = `${process.platform}-${process.arch}`;

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "zmq-native-addon-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the package without a binary, in a folder of this name. */
function install(name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const part of ["dist", "package.json", "node_modules/node-gyp-build"])
    cpSync(join(root, part), join(path, part), { recursive: true });
  return path;
}

function put(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  cpSync(binary, file);
}

/** Runs a program that is given, after what pretends another machine. */
function run(source: string, env: NodeJS.ProcessEnv = {}) {
  const child = executeSync(process.execPath, ["-e", source], {
    cwd: folder,
    env: { ZMQ_NATIVE_PREBUILD: undefined, ...env },
  });
  return { code: child.status, stdout: child.stdout, stderr: child.stderr };
}

const load = (path: string) => `
  const { Pull, Push } = require(${JSON.stringify(path)});
  const [pull, push] = [new Pull(), new Push()];
  pull.bindSync("inproc://here");
  push.connect("inproc://here");
  push.trySend("loaded");
  console.log(String(pull.tryReceive()));`;
const loaded = { code: 0, stdout: "loaded\n", stderr: "" };

const mapping = (file: string) => `
  const fs = require("node:fs");
  const { readFileSync } = fs;
  fs.readFileSync = (path, ...rest) =>
    path === "/proc/self/maps"
      ? "7f0000000000-7f0000001000 r-xp 00000000 08:01 42 ${file}\\n"
      : readFileSync(path, ...rest);`;
const musl = mapping("/lib/ld-musl-x86_64.so.1");

const hidden = `
  const fs = require("node:fs");
  const { readFileSync } = fs;
  fs.readFileSync = (path, ...rest) => {
    if (path === "/proc/self/maps") throw new Error("Access to this API has been restricted");
    return readFileSync(path, ...rest);
  };`;

const arm = (version: string) => `
  Object.defineProperty(process, "arch", { value: "arm" });
  Object.defineProperty(process, "config", { value: { variables: { arm_version: "${version}" } } });`;

/** What Linux has one of for each C library. */
const own = process.platform === "linux" ? "zmq-native.glibc.node" : "zmq-native.node";
const onLinux = process.platform === "linux";
if (!onLinux) console.warn("SKIPPED: binaries by C library: not on Linux");

describe("it is found", () => {
  test.each([
    "plain",
    "with spaces, and more",
    "ünïcödé-日本語-ключ",
    "a#b%20c?d",
    "node_modules/.store/zmq-native@1.0.0_abc/node_modules/zmq-native",
  ])("in a folder called %s", (name) => {
    const path = install(name);
    put(join(path, "prebuilds", target, own));
    expect(run(load(path))).toEqual(loaded);
  });

  test("through a link, as pnpm lays packages", () => {
    const path = install("store/zmq-native");
    put(join(path, "prebuilds", target, own));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(path, join(folder, "node_modules/zmq-native"));
    expect(run(load("zmq-native"))).toEqual(loaded);
  });

  test("beside an archive of Electron's, out of which nothing can be loaded", () => {
    const path = install("app.asar/node_modules/zmq-native");
    const inside = join("node_modules/zmq-native/prebuilds", target, own);
    mkdirSync(join(folder, "app.asar", inside, ".."), { recursive: true });
    writeFileSync(join(folder, "app.asar", inside), "as bytes of an archive");
    put(join(folder, "app.asar.unpacked", inside));
    expect(run(load(path))).toEqual(loaded);
  });

  test("where ZMQ_NATIVE_PREBUILD says, and nowhere else then", () => {
    const path = install("plain");
    put(join(path, "prebuilds", target, own));
    const elsewhere = join(folder, "else where");
    const env = { ZMQ_NATIVE_PREBUILD: elsewhere };
    expect(run(load(path), env).stderr).toContain(`${elsewhere} has neither build/Release nor prebuilds`);
    put(join(elsewhere, "build/Release/zmq_native.node"));
    expect(run(load(path), env)).toEqual(loaded);
    expect(run(load(path), { ZMQ_NATIVE_PREBUILD: relative(folder, elsewhere) })).toEqual(loaded);
  });

  test("as what was built here before what came along; and what does not load is passed over", () => {
    const path = install("plain");
    put(join(path, "prebuilds", target, own));
    const built = join(path, "build/Release/zmq_native.node");
    mkdirSync(dirname(built), { recursive: true });
    writeFileSync(built, "not a binary");
    expect(run(load(path))).toEqual(loaded);
  });

  test("by node-gyp-build, which takes what node-gyp built by any name", () => {
    const path = install("plain");
    put(join(path, "build/Release/addon.node"));
    expect(run(load(path))).toEqual(loaded);
  });

  test("without node-gyp-build, for instance where files were copied one by one", () => {
    const path = install("plain");
    put(join(path, "prebuilds", target, own));
    rmSync(join(path, "node_modules"), { recursive: true });
    expect(run(load(path))).toEqual(loaded);
  });

  test.skipIf(!onLinux)("on musl without asking node-gyp-build, which takes the binary for glibc", () => {
    const path = install("plain");
    put(join(path, "prebuilds", target, "zmq-native.musl.node"));
    put(join(path, "prebuilds", target, "zmq-native.glibc.node"));
    const files = `console.log(require("node:fs").readFileSync("/proc/self/maps", "utf8").match(/zmq-native\\.\\w+/)[0]);`;
    expect(run(`${load(path)} ${files}`).stdout).toBe("loaded\nzmq-native.glibc\n");
    const ofProcess = files.replace('require("node:fs").readFileSync', "readFileSync");
    expect(run(`${musl} ${load(path)} ${ofProcess}`).stdout).toBe("loaded\nzmq-native.musl\n");
  });

  test.skipIf(!onLinux)("by the C library of the process, not the distribution", () => {
    const path = install("plain");
    const prebuilds = join(path, "prebuilds", target);
    put(join(prebuilds, "zmq-native.musl.node"));
    mkdirSync(join(prebuilds, "zmq-native.glibc.node"));
    // The only process at hand has glibc: its binary stands in for musl's.
    expect(run(musl + load(path))).toEqual(loaded);
  });

  test.skipIf(!onLinux)("by a C library that an upgrade has replaced", () => {
    const path = install("plain");
    const prebuilds = join(path, "prebuilds", target);
    put(join(prebuilds, "zmq-native.glibc.node"));
    mkdirSync(join(prebuilds, "zmq-native.musl.node"));
    const replaced = mapping("/usr/lib/x86_64-linux-gnu/libc.so.6 (deleted)");
    expect(run(replaced + load(path))).toEqual(loaded);
  });

  test.skipIf(!onLinux)("by Node's report where the permission model hides the process's files", () => {
    const path = install("plain");
    const prebuilds = join(path, "prebuilds", target);
    put(join(prebuilds, "zmq-native.musl.node"));
    put(join(prebuilds, "zmq-native.glibc.node"));
    const name = `console.log(readFileSync("/proc/self/maps", "utf8").match(/zmq-native\\.\\w+/)[0]);`;
    expect(run(`${hidden} ${load(path)} ${name}`).stdout).toBe("loaded\nzmq-native.glibc\n");
    const onMusl = `process.report.getReport = () => ({ header: {} });`;
    expect(run(`${hidden} ${onMusl} ${load(path)} ${name}`).stdout).toBe("loaded\nzmq-native.musl\n");
  });

  test.skipIf(!onLinux)("by the version of a 32-bit ARM", () => {
    const path = install("plain");
    put(join(path, "prebuilds/linux-arm/zmq-native.armv7.glibc.node"));
    expect(run(arm("7") + load(path))).toEqual(loaded);
  });
});

describe("it is not found, and the error says", () => {
  const remedy = "Build one with `npm explore zmq-native -- npm run build`, or `npm run build` in a checkout";
  const failing = (path: string, before = "") =>
    run(`${before} try { require(${JSON.stringify(path)}); } catch (error) { console.log(error.message); }`)
      .stdout;

  test("platform, processor, libc, runtime, where it looked, what to do", () => {
    const path = install("plain");
    const text = failing(path);
    const where = onLinux ? `${target} (glibc)` : target;
    expect(text).toMatch(`zmq-native has no binary that loads on ${where}, Node ${process.version}:\n`);
    expect(text).toContain(`${path} has neither build/Release nor prebuilds`);
    expect(text).toContain(remedy);
  });

  test("a platform that there is no binary for, and which there are", () => {
    const path = install("plain");
    put(join(path, "prebuilds/linux-x64/zmq-native.glibc.node"));
    put(join(path, "prebuilds/darwin-arm64/zmq-native.node"));
    const before = `
      Object.defineProperty(process, "platform", { value: "sunos" });
      Object.defineProperty(process, "arch", { value: "sparc" });`;
    const text = failing(path, before);
    expect(text).toMatch(/^zmq-native has no binary that loads on sunos-sparc, Node/);
    expect(text).toContain(`${path} has prebuilds for darwin-arm64, linux-x64\n`);
    expect(text).toContain(remedy);
  });

  test.skipIf(!onLinux)("musl, with a binary for glibc alone", () => {
    const path = install("plain");
    put(join(path, `prebuilds/${target}/zmq-native.glibc.node`));
    const text = failing(path, musl);
    expect(text).toContain(`no binary that loads on ${target} (musl)`);
    expect(text).toContain(`${path} has prebuilds/${target} with zmq-native.glibc.node`);
  });

  test.skipIf(!onLinux)("an ARMv6, with a binary for ARMv7 alone", () => {
    const path = install("plain");
    put(join(path, "prebuilds/linux-arm/zmq-native.armv7.glibc.node"));
    const text = failing(path, arm("6"));
    expect(text).toContain("no binary that loads on linux-arm (glibc, armv6)");
    expect(text).toContain(`${path} has prebuilds/linux-arm with zmq-native.armv7.glibc.node`);
  });

  test("what the loader said of each file", () => {
    const path = install("plain");
    for (const file of ["build/Release/zmq_native.node", `prebuilds/${target}/${own}`]) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), "not a binary at all");
    }
    const text = failing(path);
    expect(text).toMatch(
      /build\/Release\/zmq_native\.node does not load: .*(invalid ELF header|too short|not valid)/,
    );
    expect(text).toMatch(/prebuilds\/.*\.node does not load: /);
  });
});

describe("Node's permission model", () => {
  const program = (flags: string[]) =>
    executeSync(process.execPath, [...flags, "-e", load(join(root, "dist/index.js"))]);
  const permission = process.allowedNodeEnvironmentFlags.has("--permission")
    ? "--permission"
    : "--experimental-permission";
  const remedy = `it needs \`--allow-addons\`, and \`--allow-fs-read=${root}\``;

  test("an error without --allow-addons names the flags", () => {
    const { status, stderr } = program([permission, "--allow-fs-read=*"]);
    expect(status).toBe(1);
    expect(stderr).toContain(remedy);
  });

  test("so does one without the right to read the binary", () => {
    const { status, stderr } = program([
      permission,
      "--allow-addons",
      `--allow-fs-read=${join(root, "dist")}`,
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain(remedy);
    expect(stderr).toContain("zmq-native has no binary that loads");
  });

  test("with both flags it loads", () => {
    const { status, stdout } = program([permission, "--allow-addons", `--allow-fs-read=${root}`]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "loaded\n" });
  });

  test("without the model nothing is said of it", () => {
    const { stderr } = run(`require(${JSON.stringify(join(install("bare"), "dist/index.js"))})`);
    expect(stderr).toContain("zmq-native has no binary that loads");
    expect(stderr).not.toContain("permission");
  });
});
