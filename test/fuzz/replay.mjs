// Plays a program that the fuzzer kept, twenty times over: node test/fuzz/replay.mjs FILE
// Exit code 1 when it goes wrong.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { command } from "../../scripts/command_line.mjs";
import { fail } from "../../scripts/terminal.mjs";
import { play } from "./player.mjs";

const { args } = command("node test/fuzz/replay.mjs", "Plays a program of the fuzzer's twenty times.")
  .argument("<file>", "a file of test/hostile/regressions or out/fuzz/found")
  .parse();
const [file] = args;
const { program } = JSON.parse(readFileSync(file, "utf8"));
const { fault } = await play(Array.from({ length: 20 }, () => program));
if (fault) fail(`${basename(file)}: ${fault.kind}\n${fault.text}`);
console.log(`${basename(file)}: nothing found`);
