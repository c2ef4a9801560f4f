// What a runtime runs: all files of the core, or those whose names hold the argument.

import { files } from "virtual:core";
import { runFiles } from "./vitest.mjs";

const part = process.argv[2] ?? "";
const chosen = Object.entries(files).filter(([name]) => name.includes(part));
runFiles(Object.fromEntries(chosen)).then((good) => process.exit(good ? 0 : 1));
