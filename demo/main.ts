// The demo's command line: from the options to the exit code. 0: every digest agrees; 1: not so, or it could not be
// done; 2: wrong options; 130: Ctrl-C.

import { constants } from "node:os";
import { CommanderError } from "commander";
import { Failure } from "./failure.js";
import { type Options, parseOptions } from "./options.js";
import { distribute } from "./pipeline.js";
import { openProgress } from "./progress.js";
import { exitCodeOf, render } from "./report.js";
import { counted } from "./text.js";
import { listFiles } from "./tree.js";
import { verify } from "./verify.js";

async function demo(options: Options, signal: AbortSignal): Promise<number> {
  const tree = await listFiles(options.path, signal);
  using progress = openProgress(process.stdout);

  const kind = options.transport === "inproc" ? "threads" : "processes";
  const files = counted(tree.files.length, "file");
  progress.note(
    `Sending ${files} of ${options.path} over ${options.transport}. Worker ${kind}: ${options.workers}.`,
  );
  progress.begin("hashing ", tree.files.length);
  const outcome = await distribute(options, tree.files, progress, signal);

  progress.begin("checking", outcome.results.length);
  const verification = await verify(options.path, outcome.results, signal, (bytes) =>
    progress.advance(bytes),
  );
  progress.end();

  console.log(render(tree, outcome, verification));
  return exitCodeOf(verification);
}

async function main(): Promise<number> {
  const interruption = new AbortController();
  // Not `once`: started by npm, the process gets Ctrl-C from the terminal and again from npm, and the second one must
  // not end it before it has cleaned up.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => interruption.abort(constants.signals[name]));
  }
  try {
    return await demo(await parseOptions(process.argv), interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) return 128 + interruption.signal.reason;
    // Commander has told the user already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(error instanceof Failure ? `error: ${error.message}` : error);
    return 1;
  }
}

main().then((code) => {
  process.exitCode = code;
});
