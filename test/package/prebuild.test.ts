// Prebuilt binaries: settings that a cross build could lose, the readers of their formats, the checks, the workflows.

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import { fromNpm, orSkip, readBinary } from "../helpers/tools.js";
import { root } from "./pack.js";

const folder = mkdtempSync(join(tmpdir(), "zmq-native-prebuild-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const onLinux = process.platform === "linux" && process.arch === "x64";
if (!onLinux) console.warn("SKIPPED: cross builds: not on Linux x64");

test.skipIf(!onLinux)(
  "a cross build sets for libzmq the features that a native build detects",
  () => {
    // The same compiler as a cross compiler, so that CMake runs none of its test programs.
    const out = join(folder, "cross");
    const { status, stderr } = executeSync("cmake", [
      ...["-S", root, "-B", out, "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_SYSTEM_NAME=Linux"],
      "-DCMAKE_SYSTEM_PROCESSOR=x86_64",
    ]);
    expect(status, stderr).toBe(0);
    expect(readFileSync(join(out, "CMakeCache.txt"), "utf8")).toMatch(/^ZMQ_HAVE_SO_KEEPALIVE:INTERNAL=1$/m);
    const header = (build: string) => readFileSync(join(build, "vendor/libzmq/platform.hpp"), "utf8");
    expect(header(out)).toBe(header(join(root, "out/release")));
  },
  120_000,
);

test.skipIf(!onLinux)(
  "the native binary has two exports and no executable stack, and stays loaded when it is closed",
  () => {
    const binary = readBinary(join(root, "build/Release/zmq_native.node"));
    expect(binary).toMatchObject({
      arch: "x64",
      stripped: true,
      stays: true,
      executableStack: false,
      textRelocations: false,
    });
    expect(binary.exported.sort()).toEqual(["napi_register_module_v1", "node_api_module_get_api_version_v1"]);
    expect(binary.imported.filter((name) => name.startsWith("uv_"))).toEqual([]);
  },
);

describe.skipIf(!onLinux)("npm run prebuilds:check", () => {
  /** Its exit code and output, on a copy of the project with this file as the binary of a target. */
  function check(target: string, file: string, content?: Buffer) {
    const copy = join(folder, `check-${target}`);
    cpSync(join(root, "scripts"), join(copy, "scripts"), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    if (content !== undefined) {
      mkdirSync(join(copy, file, ".."), { recursive: true });
      writeFileSync(join(copy, file), content);
    }
    const child = executeSync(process.execPath, [join(copy, "scripts/prebuild/check.mjs"), target]);
    return { code: child.status, text: child.stdout + child.stderr };
  }
  const native = () => readFileSync(join(root, "build/Release/zmq_native.node"));

  test("reports a missing binary", () => {
    const { code, text } = check("win32-x64", "");
    expect(code).toBe(1);
    expect(text).toBe(
      "win32-x64: prebuilds/win32-x64/zmq-native.node does not exist: make it with `npm run prebuilds -- win32-x64`.\n",
    );
  });

  test("reports a binary for another processor, a newer libc or other libraries", () => {
    const { code, text } = check("linux-arm64-musl", "prebuilds/linux-arm64/zmq-native.musl.node", native());
    expect(code).toBe(1);
    expect(text).toContain("linux-arm64-musl: it is for x64.\n");
    expect(text).toMatch(/it needs .*libc\.so\.6/);
    expect(text).toContain("GLIBC_2.");
  });

  test("reports a binary that is too large", () => {
    const large = Buffer.concat([native(), Buffer.alloc(2_000_000)]);
    const { code, text } = check("linux-x64-glibc", "prebuilds/linux-x64/zmq-native.glibc.node", large);
    expect(code).toBe(1);
    expect(text).toMatch(/it has \d+ bytes, and 2000000 are its budget/);
  });

  test("reports an unknown target", () => {
    const { code, text } = check("linux-mips", "");
    expect(code).toBe(1);
    expect(text).toMatch(/^There is no target linux-mips: there are linux-x64-glibc, /);
  });
});

describe.skipIf(!onLinux)("prebuildify, through binding.gyp", () => {
  /** The output of scripts/build.mjs when prebuildify runs it with these flags. */
  const build = (env: NodeJS.ProcessEnv) =>
    executeSync(process.execPath, [join(root, "scripts/build.mjs")], {
      env: { ...env },
    });

  test("reports a platform that is not a target", () => {
    const { status, stderr } = build({
      PREBUILD_PLATFORM: "linux",
      PREBUILD_ARCH: "riscv64",
      PREBUILD_LIBC: "glibc",
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^There is no target for --platform linux --arch riscv64 --libc glibc: there are linux-x64-glibc, /,
    );
  });

  const headers = join(process.execPath, "../../include/node/common.gypi");
  if (!existsSync(headers)) console.warn("SKIPPED: prebuildify: this Node has no headers beside it");

  test.skipIf(!existsSync(headers))(
    "builds the binary of this machine under the name that node-gyp-build expects",
    () => {
      // A copy, since node-gyp empties the folder build. CMake's folder is shared, so nothing is compiled again.
      const copy = join(folder, "project");
      cpSync(root, copy, {
        recursive: true,
        filter: (path) => !/\/(node_modules|out|build|prebuilds|dist|\.git|vendor\/src)$/.test(path),
      });
      writeFileSync(
        join(copy, "scripts/build.mjs"),
        `import { cpSync } from "node:fs";
         cpSync(${JSON.stringify(join(root, "build/Release"))}, "build/Release", { recursive: true });`,
      );
      const flags = ["--napi", "--strip", "--tag-libc", "--tag-armv"];
      const child = executeSync(
        "npm",
        ["exec", "--", "prebuildify", ...flags, "--cwd", copy, "--out", copy],
        {
          cwd: root,
          env: { npm_config_nodedir: join(process.execPath, "../..") },
        },
      );
      expect(child.status, child.stderr).toBe(0);
      expect(readdirSync(join(copy, "prebuilds/linux-x64"))).toEqual(["zmq-native.glibc.node"]);
    },
    120_000,
  );
});

describe("prepack", () => {
  /** The output of the script for a copy of the project with these files. */
  function prepack(name: string, files: string[], command: "pack" | "publish" = "pack") {
    const copy = join(folder, name);
    for (const part of ["scripts", "package.json"])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    for (const file of files) {
      mkdirSync(join(copy, file, ".."), { recursive: true });
      writeFileSync(join(copy, file), "binary");
    }
    // npm tells the script which command it runs.
    const child = executeSync(process.execPath, ["scripts/prebuild/prepack.mjs"], {
      cwd: copy,
      env: { npm_command: command },
    });
    return { code: child.status, text: child.stdout + child.stderr };
  }
  const dist = ["index", "draft", "streams", "opentelemetry", "inspector", "v5-compat"].flatMap((name) =>
    ["js", "mjs", "d.ts", "d.mts"].map((extension) => `dist/${name}.${extension}`),
  );
  const binary = "prebuilds/linux-x64/zmq-native.glibc.node";

  test("rejects a tree without dist", () => {
    const { code, text } = prepack("no-dist", [binary]);
    expect(code).toBe(1);
    expect(text).toMatch(
      /cannot be packed: \.\/dist\/\S+ does not exist\. Make dist\/ with `npm run build:lib`/,
    );
  });

  test("rejects a tree without prebuilds", () => {
    const { code, text } = prepack("no-prebuilds", dist);
    expect(code).toBe(1);
    expect(text).toContain(
      "cannot be packed: prebuilds/ holds no binary. Make the binaries with `npm run prebuilds",
    );
  });

  test("lets npm pack but not publish a tree with the binary of one machine", () => {
    expect(prepack("one", [...dist, binary])).toMatchObject({ code: 0 });
    const { code, text } = prepack("one", [], "publish");
    expect(code).toBe(1);
    expect(text).toMatch(/cannot be published: prebuilds\/ has no binary for linux-x64-musl, .*win32-arm64/);
  });
});

test("all prebuilt binaries in this tree pass their checks", () => {
  const prebuilds = join(root, "prebuilds");
  const files = existsSync(prebuilds) ? readdirSync(prebuilds, { recursive: true, encoding: "utf8" }) : [];
  if (!files.some((file) => file.endsWith(".node"))) {
    console.warn("SKIPPED: checks of prebuilt binaries: there are none here");
    return;
  }
  const child = executeSync(process.execPath, [join(root, "scripts/prebuild/check.mjs")]);
  expect(child).toMatchObject({ status: 0, stderr: "" });
});

describe("workflows of the repository", () => {
  const workflows = readdirSync(join(root, ".github/workflows"));
  interface Validator {
    validateWorkflow(text: string): { errors: unknown[] };
  }
  const validator = orSkip(() => join(fromNpm("@action-validator/core", "0.6.0"), "action_validator.js"));

  test.skipIf(!validator).each(workflows)("have the form that GitHub requires: %s", async (name) => {
    const { validateWorkflow } = ((await import(validator!)) as { default: Validator }).default;
    const text = readFileSync(join(root, ".github/workflows", name), "utf8");
    expect(validateWorkflow(text).errors).toEqual([]);
    // It is a validator: a job without a runner fails.
    const broken = text.replace(/^ {4}runs-on:.*\n/m, "");
    expect(validateWorkflow(broken).errors).not.toEqual([]);
  });

  test("run only scripts and files that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    for (const name of workflows) {
      const text = readFileSync(join(root, ".github/workflows", name), "utf8");
      for (const [, script] of text.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([script!]);
      for (const [, file] of text.matchAll(/\b((?:scripts|test)\/[\w./-]+)/g)) {
        expect(existsSync(join(root, file!)), file).toBe(true);
      }
    }
  });
});
