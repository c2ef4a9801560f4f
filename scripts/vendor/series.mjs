// The patches to one library: their order, and the fields of their DEP-3 headers.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { vendor } from "./pins.mjs";

/** The folder with a library's patches. */
export const patchFolder = (library) => join(vendor, "patches", library);

/**
 * Returns the patches to a library in the order of vendor/patches/LIBRARY/series, as `group/name.patch`. The file lists
 * one path per line; `#` begins a comment.
 */
export function seriesOf(library) {
  const file = join(patchFolder(library), "series");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
}

/** Returns every patch file below a library's folder, as `group/name.patch`, whether the series lists it or not. */
export function patchFilesOf(library) {
  if (!existsSync(patchFolder(library))) return [];
  return readdirSync(patchFolder(library), { recursive: true })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".patch"))
    .sort();
}

/** Returns the text of a patch before its first hunk. */
const headerOf = (patch) => patch.slice(0, /^(?:---|diff |Index: )/m.exec(patch)?.index ?? patch.length);

/** Returns the DEP-3 fields of a patch by name. A line that begins with a space continues the field above it. */
export function fieldsOf(patch) {
  const fields = {};
  let name;
  for (const line of headerOf(patch).split("\n")) {
    const field = /^(?<name>\S+?): ?(?<value>.*)$/.exec(line)?.groups;
    if (field) {
      name = field.name;
      fields[name] = fields[name] === undefined ? field.value : `${fields[name]}\n${field.value}`;
    } else if (line !== "" && name !== undefined) {
      fields[name] += `\n${line.trim()}`;
    }
  }
  return fields;
}

/**
 * Returns the tests that a `Test` field names, one per line: `file`, `file > title` or `none: reason`. A suffix in
 * brackets names the build that notices: `[asan]`, `[ubsan]` or `[tsan]`.
 */
export function testsOf(field = "") {
  const lines = field
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.map((line) => {
    const none = /^none:\s*(?<reason>.+)$/.exec(line)?.groups;
    if (none) return { reason: none.reason };
    const { file, title, build } =
      /^(?<file>[^\s>]+)(?:\s+>\s+(?<title>.*?))?(?:\s+\[(?<build>asan|ubsan|tsan)\])?$/.exec(line)?.groups ??
      {};
    return file ? { file, title, build } : { unreadable: line };
  });
}
