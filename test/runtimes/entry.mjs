// What a runtime runs: one file of the core, by its name.

import { files } from "virtual:core";
import { runFile } from "./vitest.mjs";

const name = process.argv[2];
if (!files[name]) throw new Error(`"${name}" is none of ${Object.keys(files).join(", ")}`);
runFile(name, files[name]).then((good) => process.exit(good ? 0 : 1));
