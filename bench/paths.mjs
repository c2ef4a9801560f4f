// Where things are.

import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../", import.meta.url));
/** The build folder of CMake. */
export const out = join(root, "out/release");
