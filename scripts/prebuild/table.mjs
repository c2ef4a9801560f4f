// Makes the table in docs/platforms.md of what the last builds, checks and runs have found (out/prebuild/*.json).

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../terminal.mjs";
import { targets } from "./targets.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const document = join(root, "docs/platforms.md");
const [begin, end] = ["<!-- begin of the table -->", "<!-- end of the table -->"];

function read(name) {
  const file = join(root, "out/prebuild", `${name}.json`);
  if (!existsSync(file))
    fail(`${file} does not exist: run prebuilds -- --all, prebuilds:check and prebuilds:run first.`);
  return JSON.parse(readFileSync(file, "utf8"));
}
const [builds, checks, runs] = ["builds", "checks", "runs"].map(read);

const rows = Object.keys(targets).flatMap((name) => {
  const [build, check] = [builds[name], checks[name]];
  if (build === undefined || check === undefined) return [`| ${name} | **not built yet** | | | |`];
  const looked =
    check.wrong.length === 0 ? `good${check.floor ? `; ${check.floor}` : ""}` : check.wrong.join("; ");
  const ran = Object.entries(runs[name] ?? {});
  const first = ran.length === 0 ? "**built, not run**" : ran.map(([how]) => how).join("<br>");
  const results = ran.map(([, { result }]) => result).join("<br>");
  return [
    `| ${name} | ${(check.bytes / 1e6).toFixed(2)} MB, ${build.seconds} s | ${looked} | ${first} | ${results} |`,
  ];
});
const total = Object.values(builds).reduce((sum, { seconds }) => sum + seconds, 0);
const table = `${begin}

| target | built | checks | run in | result |
|---|---|---|---|---|
${rows.join("\n")}

Building all of them one after the other takes ${Math.round(total / 60)} minutes on two cores.

${end}`;

const text = readFileSync(document, "utf8");
writeFileSync(
  document,
  text.replace(new RegExp(`${begin}.*${end}`, "s"), () => table),
);
