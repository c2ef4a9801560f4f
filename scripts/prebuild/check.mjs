// Looks at prebuilt binaries without running them: processor, C library, what they need, what they show, size.
//
//   npm run prebuilds:check                       those that there are
//   npm run prebuilds:check -- linux-x64-glibc    these, and they must be there

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "../command_line.mjs";
import { fail } from "../terminal.mjs";
import { readBinary } from "./readobj.mjs";
import { budget, targets, targetsOf } from "./targets.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const entryPoints = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];

const older = (version, than) => {
  const [a, b] = [version, than].map((text) => text.split(".").map(Number));
  const index = a.findIndex((part, at) => part !== b[at]);
  return index >= 0 && a[index] < b[index];
};

/** Checks of a single format. */
const formats = {
  elf: ({ glibc, libc }, binary) => {
    const newest = binary.versions.filter((version) => {
      const [, number] = /^GLIBC_([\d.]+)$/.exec(version) ?? [];
      return number === undefined || glibc === undefined || older(glibc, number);
    });
    const foreign = binary.imported.filter((name) => /^(uv_|_Z)/.test(name));
    return [
      ...(newest.length > 0
        ? [`it wants ${newest.join(", ")}, and ${libc} ${glibc ?? ""} is the floor`]
        : []),
      ...(foreign.length > 0 ? [`it imports ${foreign.join(", ")}`] : []),
      ...(binary.exported.length > entryPoints.length ? [`it exports ${binary.exported.join(", ")}`] : []),
      ...(binary.stays ? [] : ["it may be unloaded while libzmq's threads run: link with -z nodelete"]),
      ...(binary.executableStack ? ["its stack can be run: some assembly lacks .note.GNU-stack"] : []),
      ...(binary.textRelocations
        ? ["its code is changed as it is loaded: something was compiled without -fPIC"]
        : []),
    ];
  },
  // libunwind marks its functions as exports, and zig's linker takes no list.
  pe: (_, binary) => [
    ...(binary.exported.every(
      (name) => entryPoints.includes(name) || /^_*(unw_|Unwind_|gxx_|GCC_specific_handler)/.test(name),
    )
      ? []
      : [`it exports ${binary.exported.join(", ")}`]),
    ...(binary.hardened ? [] : ["it has a fixed address, or data that can be run"]),
  ],
  macho: ({ arch, minimum }, binary) => [
    ...(older(minimum, binary.minimum)
      ? [`it wants macOS ${binary.minimum}, and ${minimum} is the floor`]
      : []),
    // Where weak ones of C++ and libzmq's interface cannot be hidden, two-level names keep them apart.
    ...(binary.imported.some((name) => name.startsWith("uv_")) ? ["it imports functions of libuv"] : []),
    ...(arch === "arm64" && !binary.signed ? ["it has no signature, without which no arm64 loads it"] : []),
  ],
};

/** The settings of libzmq in a build; undefined where there was none. */
function settings(build) {
  const file = join(root, "out", build, "vendor/libzmq/platform.hpp");
  if (!existsSync(file)) return undefined;
  return readFileSync(file, "utf8").match(/^(#define|\/\* #undef) \w+.*$/gm);
}

/** Returns the settings of the native build that a cross build for this machine lacks. */
function lost(name) {
  const [cross, native] = [settings(`prebuild/${name}`), settings("release")];
  if (name !== "linux-x64-glibc" || cross === undefined || native === undefined) return [];
  const missing = native.filter((line) => !cross.includes(line));
  return missing.length === 0 ? [] : [`libzmq was not told ${missing.join(", ")}, as in the native build`];
}

/** Returns the faults of a binary, a sentence each, and remarks about it. */
function examine(name, target) {
  const file = join(root, target.file);
  const { size } = statSync(file);
  const binary = readBinary(file);
  if (binary.format !== target.format) {
    return {
      wrong: [`it is an ${binary.format} file`],
      facts: { bytes: size, needs: [], exports: 0, floor: "" },
    };
  }
  const surplus = binary.libraries.filter(
    (name) =>
      !target.libraries.some((known) => (known instanceof RegExp ? known.test(name) : known === name)),
  );
  const lacking = entryPoints.filter((name) => !binary.exported.includes(name));
  const wrong = [
    ...(binary.arch === target.arch ? [] : [`it is for ${binary.arch}`]),
    ...(surplus.length > 0 ? [`it needs ${surplus.join(", ")}`] : []),
    ...(lacking.length > 0 ? [`it does not export ${lacking.join(", ")}`] : []),
    ...(size < budget ? [] : [`it has ${size} bytes, and ${budget} are its budget`]),
    ...(binary.stripped ? [] : ["it is not stripped"]),
    ...formats[target.format](target, binary),
    ...lost(name),
  ];
  const floor = binary.versions
    ?.map((version) => version.replace("GLIBC_", ""))
    .sort((a, b) => (older(a, b) ? -1 : 1))
    .at(-1);
  return {
    wrong,
    facts: {
      bytes: size,
      needs: binary.libraries,
      exports: binary.exported.length,
      floor: floor === undefined ? (binary.minimum ?? "") : `GLIBC_${floor}`,
    },
  };
}

const program = command("npm run prebuilds:check --", "Looks at prebuilt binaries without running them.")
  .argument("[targets...]", Object.keys(targets).join(", "))
  .option("--all", "every target, and none may be missing")
  .parse();
const named = targetsOf(program.args, program.opts().all, fail);
const chosen =
  named.length > 0 ? named : Object.entries(targets).filter(([, { file }]) => existsSync(join(root, file)));
if (chosen.length === 0) fail("There are no prebuilt binaries: make them with `npm run prebuilds -- --all`.");

const reportFile = join(root, "out/prebuild/checks.json");
const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, "utf8")) : {};
let failed = false;
for (const [name, target] of chosen) {
  let wrong;
  if (!existsSync(join(root, target.file))) {
    wrong = [`${target.file} does not exist: make it with \`npm run prebuilds -- ${name}\``];
  } else {
    let result;
    try {
      result = examine(name, target);
    } catch (error) {
      fail(`${target.file} cannot be read: ${error.message}.`);
    }
    wrong = result.wrong;
    report[name] = { ...result.facts, wrong };
    const { bytes, floor, exports, needs } = result.facts;
    console.log(
      `${name.padEnd(18)} ${bytes} bytes, ${floor || "no floor"}, ${exports} exports, needs ${needs.join(" ")}`,
    );
  }
  for (const sentence of wrong) console.error(`${name}: ${sentence}.`);
  failed ||= wrong.length > 0;
}
mkdirSync(dirname(reportFile), { recursive: true });
writeFileSync(reportFile, `${JSON.stringify(report, null, 2)}\n`);
if (failed) process.exit(1);
