// Runs public programs that depend on zeromq, on zeromq and on this package in its place, and prints a table of both
// results. Needs the npm registry and, for zeromq 5, a compiler and libzmq's headers: zeromq 5 has no binary for
// current versions of Node. Not a part of the tests.
//
//   npm run programs                  all of test/programs/list.mjs, some minutes
//   npm run programs -- jmp tslab     some of them
//   npm run programs -- --markdown    the table of docs/migrating.md

import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import { execaSync } from "execa";
import { command } from "../../scripts/command_line.mjs";
import { fail } from "../../scripts/terminal.mjs";
import { programs } from "./list.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const zeromq = { 5: "5.3.1", 6: "6.8.0" };
const longest = 180_000;

const line = command("npm run programs --", "Runs programs of others on zeromq and on zmq-native.")
  .argument("[names...]", `only these: ${programs.map(({ name }) => name).join(", ")}`)
  .option("--keep", "keep the temporary folder")
  .option("--markdown", "print the table as Markdown")
  .parse();
const { keep, markdown } = line.opts();
const unknown = line.args.filter((name) => !programs.some((program) => program.name === name));
if (unknown.length > 0) fail(`${unknown.join(", ")}: not in test/programs/list.mjs.`);
if (!existsSync(join(root, "dist/index.js"))) fail("The package is not built: run npm run build first.");

const nodeFolder = dirname(dirname(process.execPath));
const environment = {
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_loglevel: "error",
  npm_config_zmq_external: "true",
  // The headers that are installed with Node, so that node-gyp downloads none.
  ...(existsSync(join(nodeFolder, "include/node/node.h")) ? { npm_config_nodedir: nodeFolder } : {}),
};
const npm = (folder, ...args) => execaSync("npm", args, { cwd: folder, env: environment, reject: false });

if (npm(root, "ping").failed) {
  console.log("SKIPPED: the npm registry cannot be reached.");
  process.exit(0);
}

function writePackage(folder, contents, source) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ version: "1.0.0", ...contents }));
  if (source !== undefined) writeFileSync(join(folder, "index.js"), source);
}

/** The dependency that puts a library in the place of the package that the program loads. */
function replacement(folder, program, library) {
  if (library === "zeromq") {
    const version = zeromq[program.interface];
    return program.module === "zeromq" ? version : `npm:zeromq@${version}`;
  }
  if (program.interface === 6) return `file:${root}`;
  // As docs/migrating.md tells users.
  writePackage(
    join(folder, "zeromq-5"),
    { name: program.module, version: zeromq[5], dependencies: { "zmq-native": `file:${root}` } },
    'module.exports = require("zmq-native/v5-compat");\n',
  );
  return "file:./zeromq-5";
}

/** Installs a program with a library in its folder; answers what went wrong, if anything did. */
function install(folder, program, library) {
  mkdirSync(folder, { recursive: true });
  const empty = Object.entries(program.empty ?? {}).map(([name, source]) => {
    writePackage(join(folder, `empty-${name}`), { name }, source);
    return [name, `file:./empty-${name}`];
  });
  writePackage(folder, {
    private: true,
    dependencies: {
      ...program.extras,
      ...program.tests?.uses,
      ...Object.fromEntries(empty),
      [program.name]: program.version,
      [program.module]: replacement(folder, program, library),
    },
    overrides: { [program.module]: `$${program.module}` },
  });
  const installed = npm(folder, "install", "--ignore-scripts", ...(program.install ?? []));
  if (installed.failed) return `npm install failed: ${installed.stderr}`;
  if (library !== "zeromq" || program.interface !== 5) return;
  const built = npm(folder, "rebuild", "--ignore-scripts=false", program.module);
  if (built.failed) return `zeromq 5 does not build here: ${built.stderr}`;
}

/** The folder of the library that the program loads, so that no result is of another copy. */
function loaded(folder, program) {
  const load = createRequire(join(folder, "node_modules", program.name, "package.json"));
  return realpathSync(load.resolve(program.module));
}

function execute(folder, script, args) {
  const { exitCode, signal, all } = execaSync(process.execPath, [script, ...args], {
    cwd: folder,
    env: { NODE_ENV: "test" },
    timeout: longest,
    all: true,
    reject: false,
  });
  const output = stripVTControlCharacters(all);
  writeFileSync(join(folder, "output.txt"), output);
  const count = (pattern) => Number(pattern.exec(output)?.slice(1).find(Boolean) ?? 0);
  const passed = count(/(\d+) passing|Tests: .*?(\d+) passed|OK: (\d+) assertions/);
  const failed = count(/(\d+) failing|Tests: .*?(\d+) failed|FAILURES: (\d+)/);
  if (signal !== undefined) return `killed by ${signal} after ${passed} passed`;
  if (exitCode === 0 && passed > 0 && failed === 0) return `${passed} passed`;
  return failed > 0 ? `${passed} passed, ${failed} failed` : `exit code ${exitCode}, ${passed} passed`;
}

function results(folder, program, library) {
  const problem = install(folder, program, library);
  if (problem !== undefined) return { problem };
  const file = loaded(folder, program);
  if (file.startsWith(join(realpathSync(folder), "node_modules")) !== (library === "zeromq"))
    return { problem: `the program loads ${file}` };
  const found = {};
  if (program.tests) {
    const tool = join(folder, "node_modules", program.tests.tool);
    found.tests = execute(join(folder, "node_modules", program.name), tool, program.tests.args);
  }
  if (program.sample) found.sample = execute(folder, join(root, "test/programs", program.sample), []);
  return found;
}

const head = ["program", "uses", "what ran", `zeromq`, "zmq-native"];
const rows = [];
const base = mkdtempSync(join(tmpdir(), "zmq-native-programs-"));
for (const program of programs) {
  if (line.args.length > 0 && !line.args.includes(program.name)) continue;
  const folder = join(base, program.name.replace("/", "-"));
  const [theirs, ours] = ["zeromq", "zmq-native"].map((library) => {
    console.error(`${program.name} ${program.version} on ${library} …`);
    const found = results(join(folder, library), program, library);
    if (found.problem) console.error(found.problem);
    return found;
  });
  for (const [kind, title] of [
    ["tests", "its tests"],
    ["sample", "a sample"],
  ]) {
    if (!program[kind]) continue;
    const results = [theirs, ours].map((found) => found[kind] ?? "not run");
    rows.push([`${program.name} ${program.version}: ${program.about}`, program.asks, title, ...results]);
  }
}
if (keep) console.error(`kept: ${base}`);
else rmSync(base, { recursive: true, force: true });

if (markdown) {
  for (const row of [head, head.map(() => "---"), ...rows]) console.log(`| ${row.join(" | ")} |`);
} else {
  const table = new Table({ head, style: { head: [], border: [] } });
  table.push(...rows);
  console.log(table.toString());
}
const succeeded = (result) => /^\d+ passed$/.test(result);
process.exit(rows.some(([, , , theirs, ours]) => succeeded(theirs) && !succeeded(ours)) ? 1 : 0);
