// Runs libzmq's own tests and pyzmq's on two trees of libzmq, and lists the tests that end differently.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";
import { runGroup } from "../process_group.mjs";
import { step } from "../step.mjs";
import { fail, jobs } from "../terminal.mjs";
import { root, vendor } from "../vendor/pins.mjs";

const folder = join(root, "out/upgrade");
const differencesFile = join(vendor, "patches/libzmq/differences.json");

/** libzmq's features as the addon has them (vendor/libzmq.cmake), in a shared and a static library with tests. */
const features = [
  ...["ENABLE_DRAFTS=ON", "ENABLE_WS=ON", "ENABLE_RADIX_TREE=ON", "ENABLE_CURVE=ON", "WITH_LIBSODIUM=ON"],
  ...["BUILD_SHARED=ON", "BUILD_STATIC=ON", "BUILD_TESTS=ON"],
  ...["WITH_TLS=OFF", "WITH_NSS=OFF", "WITH_LIBBSD=OFF", "WITH_DOCS=OFF", "WITH_PERF_TOOL=OFF"],
  ...["ENABLE_CPACK=OFF", "ENABLE_PRECOMPILED=OFF", "CMAKE_BUILD_TYPE=RelWithDebInfo"],
  ...["CMAKE_CXX_FLAGS=-w", "CMAKE_C_FLAGS=-w", "CMAKE_POLICY_DEFAULT_CMP0077=NEW"],
];

/** Builds the vendored libsodium as a shared library: libzmq and a test that calls libsodium itself need the same one. */
function buildSodium() {
  const build = join(folder, "sodium");
  // Without SODIUM_STATIC, libsodium exports its functions. A flag comes after the definitions of the target.
  const defines = ["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_C_FLAGS=-USODIUM_STATIC"];
  step("configuring libsodium", "cmake", ["-S", root, "-B", build, ...defines]);
  step("building libsodium", "cmake", ["--build", build, "--target", "sodium", "--parallel", jobs]);
  const archive = join(build, "vendor/libsodium.a");
  const library = join(build, "libsodium.so");
  const whole = ["-Wl,--whole-archive", archive, "-Wl,--no-whole-archive", "-pthread"];
  step("linking libsodium", process.env.CC ?? "cc", ["-shared", "-o", library, ...whole]);
  const headers = join(vendor, "src/libsodium/src/libsodium/include");
  return [
    // libzmq's FindSodium asks pkg-config first; `true` stands in for a system without it.
    "PKG_CONFIG_EXECUTABLE=/bin/true",
    `SODIUM_LIBRARIES=${library}`,
    `SODIUM_INCLUDE_DIRS=${headers};${join(headers, "sodium")};${join(build, "vendor/libsodium")}`,
  ];
}

/** Builds one tree of libzmq with its tests; returns the build's folder. */
function buildTree(name, source, sodium) {
  const build = join(folder, `build-${name}`);
  const defines = [...features, ...sodium].map((define) => `-D${define}`);
  step(`configuring ${name} libzmq`, "cmake", ["-S", source, "-B", build, ...defines]);
  step(`building ${name} libzmq`, "cmake", ["--build", build, "--parallel", jobs]);
  return build;
}

/** Runs a program until it ends or `seconds` are over; returns its output. */
async function outputOf(command, args, seconds, options) {
  const settings = { all: true, stripFinalNewline: false, ...options };
  const { all, pid, cause } = await runGroup(command, args, seconds, settings);
  if (pid === undefined) fail(`${command} could not be run: ${cause.message}.`);
  return all;
}

/** Runs libzmq's tests, or those named; returns the result of each by its name. */
async function runLibzmq(build, names, parallel = jobs) {
  const only = names ? ["-R", `^(${names.join("|")})$`] : [];
  const text = await outputOf("ctest", ["-j", parallel, "--timeout", "60", ...only], 1800, { cwd: build });
  const results = new Map();
  const line =
    /^\s*\d+\/\d+ Test\s+#\d+: (?<name>\S+) \.*\s*(?<result>[\w ]*\*{3}[A-Z][\w ]+?|Passed)(?=:|\s{2}|\s+\d)/gim;
  for (const { groups } of text.matchAll(line)) {
    const result = groups.result.replaceAll("*", "").toLowerCase();
    results.set(groups.name, result === "exception" ? "failed" : result);
  }
  return results;
}

const python = "/usr/bin/python3";
const testFolder = execaSync(python, ["-c", "import zmq.tests; print(zmq.tests.__path__[0])"], {
  reject: false,
}).stdout;

/** Runs pyzmq's tests, or those named, on a shared libzmq, one file per process, since a crash ends the whole process. */
async function runPyzmq(build, names) {
  const env = { LD_LIBRARY_PATH: join(build, "lib"), PYTHONDONTWRITEBYTECODE: "1" };
  const loaded = "import ctypes, zmq; zmq.zmq_version(); print(open('/proc/self/maps').read())";
  const maps = execaSync(python, ["-c", loaded], { env }).stdout;
  if (!maps.includes(join(build, "lib"))) fail(`pyzmq does not load libzmq from ${build}/lib.`);
  const targets = names ?? readdirSync(testFolder).filter((file) => /^test_\w+\.py$/.test(file));
  const results = new Map();
  for (const target of targets) {
    const args = ["-m", "pytest", "-v", "-p", "no:cacheprovider", "--rootdir", testFolder, "--tb=no", "-rN"];
    const text = await outputOf(python, [...args, join(testFolder, target)], 240, {
      cwd: folder,
      env,
    });
    let last;
    const line = /^(?:\S*\/)?(?<name>test_\w+\.py::\S+(?: ?\[[^\]]*\])?)(?: (?<result>[A-Z]+))?/gm;
    for (const { groups } of text.matchAll(line)) {
      last = groups.name;
      results.set(last, (groups.result ?? "crashed or timed out").toLowerCase());
    }
    if (!last) results.set(target, "no test ran");
  }
  return results;
}

const suites = { libzmq: runLibzmq, pyzmq: runPyzmq };

/** Returns the names of tests that end differently, and in the same way in three more runs of each tree. */
async function differences(runSuite, builds) {
  const first = [await runSuite(builds.unpatched), await runSuite(builds.patched)];
  const names = new Set(first.flatMap((results) => [...results.keys()]));
  const differing = [...names].filter((name) => first[0].get(name) !== first[1].get(name));
  const found = [];
  for (const name of differing) {
    const seen = [[first[0].get(name)], [first[1].get(name)]];
    for (let round = 0; round < 3; round++) {
      for (const [index, build] of [builds.unpatched, builds.patched].entries()) {
        seen[index].push((await runSuite(build, [name], "1")).get(name));
      }
    }
    const [unpatched, patched] = seen.map((results) => [...new Set(results)].map(String).sort().join(" or "));
    if (unpatched !== patched) found.push({ name, unpatched, patched });
  }
  const count = (results) => {
    const counts = {};
    for (const result of results.values()) counts[result] = (counts[result] ?? 0) + 1;
    return Object.entries(counts)
      .map(([result, number]) => `${number} ${result}`)
      .join(", ");
  };
  return { found, counts: { unpatched: count(first[0]), patched: count(first[1]) } };
}

/**
 * Builds both trees and runs both suites. Prints the tests that end differently with the reason that
 * vendor/patches/libzmq/differences.json gives. Returns whether each has one.
 */
export async function compareSuites(trees) {
  if (!testFolder) {
    fail(
      "--test needs pyzmq with its tests, and pytest: on Debian, `apt-get install python3-zmq python3-pytest`.",
    );
  }
  const reasons = existsSync(differencesFile) ? JSON.parse(readFileSync(differencesFile, "utf8")) : {};
  const sodium = buildSodium();
  const builds = {};
  for (const [name, source] of Object.entries(trees)) builds[name] = buildTree(name, source, sodium);
  let unexplained = 0;
  for (const [suite, runSuite] of Object.entries(suites)) {
    const { found, counts } = await differences(runSuite, builds);
    console.log(`\n${suite}: unpatched ${counts.unpatched}; patched ${counts.patched}`);
    for (const { name, unpatched, patched } of found) {
      const reason = reasons[suite]?.[name];
      if (!reason) unexplained++;
      console.log(
        `  ${name}: unpatched ${unpatched}, patched ${patched}\n    ${reason ?? "NO REASON GIVEN"}`,
      );
    }
    if (found.length === 0) console.log("  no difference");
  }
  if (unexplained > 0) {
    console.log(
      `\n${unexplained} differences without a reason: fix them, or give one in ${differencesFile}.`,
    );
  }
  return unexplained === 0;
}
