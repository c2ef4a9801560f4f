// Runs the smoke suite (test/smoke) against prebuilt binaries, each in the runtimes that can be had here.
//
//   npm run prebuilds:run                       every binary that there is
//   npm run prebuilds:run -- linux-x64-musl     these
//
// A runtime or emulator that is missing is told, and its runs are left out; exit code 1 only when one failed.

import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { command, wholeNumber } from "../command_line.mjs";
import { runGroup } from "../process_group.mjs";
import { fail } from "../terminal.mjs";
import { runs } from "./runtimes.mjs";
import { targets, targetsOf } from "./targets.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = command("npm run prebuilds:run --", "Runs the smoke suite against prebuilt binaries.")
  .argument("[targets...]", Object.keys(targets).join(", "))
  .option("--runtime <word>", "only runs whose description has this in it, for instance Bun")
  .option("--minutes <number>", "kill a run after so many", wholeNumber(), 10)
  .parse();
const { minutes, runtime } = program.opts();
const named = targetsOf(program.args, program.args.length === 0, fail);
const chosen = new Map(named.filter(([, { file }]) => existsSync(join(root, file))));

/** A package with this one binary, beside the suite. */
function stage(name, target) {
  const folder = join(root, "out/prebuild/stage", name);
  rmSync(folder, { recursive: true, force: true });
  for (const path of ["dist", "package.json", "node_modules/node-gyp-build", target.file]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  cpSync(join(root, "test/smoke"), join(folder, "smoke"), { recursive: true });
  return folder;
}

/** Both outputs and how it ended. Input and output are files: wine's console wants no pipes. */
async function execute([command, ...parameters], cwd, env) {
  const log = join(cwd, "log.txt");
  const [input, output] = [openSync("/dev/null", "r"), openSync(log, "w")];
  const settings = { cwd, env, stdio: [input, output, output] };
  const { exitCode, signal, cause } = await runGroup(command, parameters, minutes * 60, settings);
  closeSync(input);
  closeSync(output);
  return { ended: exitCode ?? signal ?? cause.message, text: readFileSync(log, "utf8") };
}

const resultsFile = join(root, "out/prebuild/runs.json");
const results = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, "utf8")) : {};
let failed = false;
let last;
for (const { target: name, how, prepare } of runs) {
  if (!chosen.has(name) || (runtime && !how.includes(runtime))) continue;
  const target = chosen.get(name);
  const folder = stage(name, target);
  let prepared;
  try {
    prepared = prepare();
  } catch (error) {
    console.log(`${name}, ${how}: left out: ${error.message.split("\n")[0]}`);
    continue;
  }
  const env = { ...process.env, SMOKE_CAPABILITIES: target.capabilities.join(","), ...prepared.env };
  const began = performance.now();
  const { ended, text } = await execute([...prepared.command, "smoke/main.cjs", "."], folder, env);
  const seconds = Math.round((performance.now() - began) / 1000);
  const count = /^\d+ passed, \d+ failed$/m.exec(text)?.[0];
  const good = ended === 0 && count?.endsWith(" 0 failed");
  const result = good
    ? count.replace(/, 0 failed$/, "")
    : `failed (${count ?? "no count"}, ended with ${ended})`;
  console.log(`${name}, ${how}: ${result}, ${seconds} s`);
  if (!good) {
    failed = true;
    last = text;
  }
  results[name] = { ...results[name], [how]: { result, good } };
  mkdirSync(dirname(resultsFile), { recursive: true });
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
}
if (failed) {
  console.error(last);
  process.exit(1);
}
