// The third-party libraries that vendor/versions.json pins, and the folders that hold them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const vendor = join(root, "vendor");

/** Pairs of a library's name and its entry in vendor/versions.json. */
export const pins = Object.entries(JSON.parse(readFileSync(join(vendor, "versions.json"), "utf8")));
