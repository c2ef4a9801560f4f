// Checks the patch series in vendor/patches: each file is listed once, and each header has the fields of DEP-3
// (https://dep-team.pages.debian.net/deps/dep3/) that docs/building.md describes. Part of `npm run check`.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hasTest, readTitles } from "./titles.mjs";
import { pins, root } from "./vendor/pins.mjs";
import { fieldsOf, patchFilesOf, patchFolder, seriesOf, testsOf } from "./vendor/series.mjs";

/** For each required field: a test of its value, and what it expects. `Applied-Upstream` is only for patches that upstream has. */
const fields = {
  Description: [/^\S.{9,}/, "a sentence, and below it symptom, cause and fix"],
  Origin: [
    /^(?:ours|(?:upstream|backport), \S+)$/,
    "`ours`, or `upstream, COMMIT` (unchanged), or `backport, COMMIT`",
  ],
  Forwarded: [/^(?:no|not-needed|https:\S+)/, "`no`, `not-needed` or a URL"],
  Test: [/\S/, "`FILE`, `FILE > TITLE` or `none: REASON`, one per line"],
  "Last-Update": [{ test: isDate }, "a date as YYYY-MM-DD"],
};
const optional = { "Applied-Upstream": [/^\S+/, "a version or a commit"] };

/** The titles of a test file, read once. */
const files = new Map();
function titlesIn(file) {
  if (!files.has(file)) files.set(file, readTitles(file, readFileSync(join(root, file), "utf8")));
  return files.get(file);
}

/** Whether a text is a date as YYYY-MM-DD, and not after tomorrow: time zones differ. */
function isDate(text) {
  const date = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date > Date.now() + 86_400_000) return false;
  return date.toISOString().slice(0, 10) === text;
}

/** Returns what is wrong with the tests that a header names. */
function checkTests(value) {
  return testsOf(value).flatMap(({ file, title, reason, unreadable }) => {
    if (reason) return [];
    if (unreadable) return [`Test: ${unreadable}: expected ${fields.Test[1]}`];
    if (!/^test\/.*\.test\.ts$/.test(file)) return [`Test: ${file} is not a test file`];
    if (!existsSync(join(root, file))) return [`Test: ${file} does not exist`];
    if (title === undefined || hasTest(titlesIn(file), title.split(" > "))) return [];
    return [
      `Test: ${file} has no test "${title}": expected all titles of its groups and its own, joined by " > "`,
    ];
  });
}

/** Returns what is wrong with a patch's header. */
function checkHeader(patch) {
  const header = fieldsOf(patch);
  const problems = Object.keys(header)
    .filter((name) => !(name in fields) && !(name in optional))
    .map((name) => `${name}: unknown field`);
  for (const [name, [pattern, wanted]] of Object.entries({ ...fields, ...optional })) {
    if (header[name] === undefined) {
      if (name in fields) problems.push(`${name} is missing: ${wanted}`);
    } else if (!pattern.test(header[name])) {
      problems.push(`${name}: expected ${wanted}, got "${header[name].split("\n")[0]}"`);
    }
  }
  if (/^(?:upstream|backport),/.test(header.Origin) && header["Applied-Upstream"] === undefined) {
    problems.push("Applied-Upstream is missing: the first upstream version with the change, or its commit");
  }
  return [...problems, ...checkTests(header.Test)];
}

/** Files that `patch` and editors leave behind: a patch that contains one carries a copy of a source file. */
const leftover = /^\+\+\+ (\S+(?:\.orig|\.rej|~))(?:\s|$)/gm;

const problems = pins.flatMap(([library]) => {
  const series = seriesOf(library);
  const files = patchFilesOf(library);
  const at = (patch, problem) => `vendor/patches/${library}/${patch}: ${problem}`;
  return [
    ...files.filter((file) => !series.includes(file)).map((file) => at(file, "not in the file `series`")),
    ...series
      .filter((patch, index) => series.indexOf(patch) !== index)
      .map((patch) => at(patch, "listed twice")),
    ...series.flatMap((patch) => {
      if (!/^[\w-]+\/[\w.-]+\.patch$/.test(patch)) return [at("series", `${patch} is not GROUP/NAME.patch`)];
      if (!files.includes(patch)) return [at("series", `${patch} does not exist`)];
      const text = readFileSync(join(patchFolder(library), patch), "utf8");
      const leftovers = Array.from(
        text.matchAll(leftover),
        ([, file]) => `${file} is a leftover, no source file`,
      );
      return [...checkHeader(text), ...leftovers].map((problem) => at(patch, problem));
    }),
  ];
});
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
