// Plays a program that the fuzzer kept, twenty times over: node test/fuzz/replay.mjs FILE
// Exit code 1 when it goes wrong.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fail } from "../../scripts/terminal.mjs";
import { play } from "./player.mjs";

const [file] = process.argv.slice(2);
if (file === undefined) fail("usage: node test/fuzz/replay.mjs FILE");
const { program } = JSON.parse(readFileSync(file, "utf8"));
const { fault } = await play(Array.from({ length: 20 }, () => program));
if (fault) fail(`${basename(file)}: ${fault.kind}\n${fault.text}`);
console.log(`${basename(file)}: nothing found`);
