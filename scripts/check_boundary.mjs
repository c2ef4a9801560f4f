// Checks the rules of docs/boundary.md that can be seen in the text of a file. Part of `npm run check`.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "./command_line.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
command(
  "node scripts/check_boundary.mjs",
  "Checks the rules of docs/boundary.md that the text of a file shows.",
).parse();

/** Node-API calls whose failure nobody can do anything about. Every other result must be used. */
const unchecked = [
  "napi_adjust_external_memory",
  "napi_close_handle_scope",
  // JavaScript gets undefined then.
  "napi_create_int32",
  "napi_create_int64",
  "napi_delete_reference",
  "napi_fatal_exception",
  "napi_get_and_clear_last_exception",
  "napi_ref_threadsafe_function",
  "napi_reference_ref",
  "napi_reference_unref",
  "napi_release_threadsafe_function",
  "napi_remove_async_cleanup_hook",
  "napi_set_instance_data",
  // Of the module's exports; lib/binding/index.ts finds nothing then.
  "napi_set_named_property",
  "napi_throw_error",
  "napi_throw_type_error",
  "napi_unref_threadsafe_function",
];

/** For each rule: which files it is about, what must not be in them, and why. */
const rules = [
  {
    folder: "native",
    files: /\.(?:cc|h)$/,
    but: ["napi_setup.h"],
    pattern: /#include <napi\.h>|#include <node_api\.h>/,
    reason: "include napi_setup.h, which sets what a failed call does in a thread that is being terminated",
  },
  {
    folder: "native",
    files: /\.(?:cc|h)$/,
    but: [],
    pattern: /\bnapi_(?:get|set|has|delete)_(?:named_)?property\b|\.(?:Get|Set)\(/,
    // The module's exports are not an object of the user.
    allowed: /napi_set_named_property\(env, exports,/,
    reason: "native code reads and writes no property of an object, since that may run user code (rule 2)",
  },
  {
    folder: "native",
    files: /\.(?:cc|h)$/,
    but: [],
    pattern: /^\s*(?<name>napi_\w+)\(.*;\s*$/,
    allowed: new RegExp(`^\\s*(?:${unchecked.join("|")})\\(`),
    reason: "the result of a Node-API call is used, since each may fail (rule 5)",
  },
  {
    folder: "lib",
    files: /\.ts$/,
    but: [],
    pattern: /instanceof (?:Uint8Array|Buffer|ArrayBuffer|SharedArrayBuffer|AbortSignal)\b/,
    reason:
      "bytes and signals of another realm are as good: use the types of node:util, or operationOptions (rule 1)",
  },
  {
    folder: "lib",
    files: /\.ts$/,
    but: ["operation-options.ts"],
    pattern: /options\??\.(?:timeout|signal)\?\.aborted/,
    reason: "options are read once, by operationOptions (rule 1)",
  },
];

let broken = 0;
for (const { folder, files, but, pattern, allowed, reason } of rules) {
  for (const name of readdirSync(join(root, folder), { recursive: true })) {
    if (!files.test(name) || but.includes(name)) continue;
    const lines = readFileSync(join(root, folder, name), "utf8").split("\n");
    for (const [index, line] of lines.entries()) {
      const before = lines[index - 1] ?? "";
      if (!pattern.test(line) || allowed?.test(line)) continue;
      // The rest of a statement that began on the line before.
      if (/[=(?:]$|&&$|\|\|$/.test(before)) continue;
      console.error(`${folder}/${name}:${index + 1}: ${line.trim()}\n    ${reason}`);
      broken++;
    }
  }
}
if (broken > 0) {
  console.error(`${broken} lines break a rule of docs/boundary.md.`);
  process.exit(1);
}
